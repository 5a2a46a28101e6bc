// The pools as they are now, asked each second while the page is seen, and what they were.
import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import type { PoolsReply } from '../core/pool/pool-view.ts';
import { addSamples, type History } from './history.ts';

const pollMs = 1_000;

export interface PoolsState {
  readonly reply: PoolsReply | null;
  readonly problem: string | null;
  readonly history: History;
}

export function usePools(adminToken: string): PoolsState {
  const history = useRef<History>(new Map());
  const query = useQuery({
    queryKey: ['pools', adminToken],
    queryFn: async () => {
      const reply = await readPools(adminToken);
      history.current = addSamples(history.current, reply.pools);
      return { reply, history: history.current };
    },
    refetchInterval: pollMs,
    enabled: adminToken !== '',
  });
  const problem =
    adminToken === '' ? 'Give the admin token to see the pools.' : (query.error?.message ?? null);
  return { reply: query.data?.reply ?? null, problem, history: query.data?.history ?? new Map() };
}

async function readPools(adminToken: string): Promise<PoolsReply> {
  const response = await fetch('/admin/v1/pools', {
    headers: { authorization: `Bearer ${adminToken}` },
  }).catch(() => null);
  if (response === null) throw new Error('The endpoint cannot be reached. The page goes on asking.');
  if (response.status === 401) throw new Error('The admin token is not valid.');
  if (!response.ok) throw new Error(`The endpoint answered ${response.status}.`);
  return (await response.json()) as PoolsReply;
}
