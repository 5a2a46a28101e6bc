// The pools as they are now, asked each second while the page is seen, and what they were.
import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import type { PoolsReply } from '../core/pool/pool-view.ts';
import { readAdmin } from './admin-api.ts';
import { addSamples, type History } from './history.ts';

const pollMs = 1_000;
/** While one pool's detail is open the others are only kept on record. */
const pollBesideMs = 5_000;

export interface PoolsState {
  readonly reply: PoolsReply | null;
  readonly problem: string | null;
  readonly history: History;
}

export function usePools(adminToken: string, isOverview: boolean): PoolsState {
  const history = useRef<History>(new Map());
  const query = useQuery({
    queryKey: ['pools', adminToken],
    queryFn: async ({ signal }) => {
      const reply = await readAdmin<PoolsReply>({ path: '/admin/v1/pools', token: adminToken, signal });
      history.current = addSamples(history.current, reply.pools);
      return { reply, history: history.current };
    },
    refetchInterval: isOverview ? pollMs : pollBesideMs,
    enabled: adminToken !== '',
  });
  const problem =
    adminToken === '' ? 'Give the admin token to see the pools.' : (query.error?.message ?? null);
  return { reply: query.data?.reply ?? null, problem, history: query.data?.history ?? new Map() };
}
