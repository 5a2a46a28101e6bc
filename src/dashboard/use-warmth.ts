// The planner's mind: one pool's, asked every two seconds while its detail is seen, and the whole planner's. A hidden page asks nothing.
import { useQuery } from '@tanstack/react-query';
import type { PlannerView, PoolReply } from '../core/warming/warmth-view.ts';
import { readAdmin } from './admin-api.ts';
import { EndpointProblem, isMissing, problemOf } from './endpoint.ts';

const detailPollMs = 2_000;
/** The week's figures move slowly. */
const plannerPollMs = 5_000;

export interface Asked<Reply> {
  readonly reply: Reply | null;
  readonly problem: EndpointProblem | null;
}

export function usePoolDetail(token: string, pool: string): Asked<PoolReply> {
  const query = useQuery({
    queryKey: ['pool', token, pool],
    queryFn: ({ signal }) => readAdmin<PoolReply>({ path: `/admin/v1/pools/${pool}`, token, signal }),
    // A pool that does not exist will not come into being while one looks.
    refetchInterval: ({ state }) => (isMissing(state.error) ? false : detailPollMs),
    enabled: token !== '',
  });
  return { reply: query.data ?? null, problem: adminProblem(query.error, token) };
}

export function usePlanner(token: string): Asked<PlannerView> {
  const query = useQuery({
    queryKey: ['planner', token],
    queryFn: ({ signal }) => readAdmin<PlannerView>({ path: '/admin/v1/warmth', token, signal }),
    refetchInterval: plannerPollMs,
    enabled: token !== '',
  });
  return { reply: query.data ?? null, problem: adminProblem(query.error, token) };
}

function adminProblem(error: Error | null, token: string): EndpointProblem | null {
  if (token === '') return new EndpointProblem('Give the admin token to see the pools.', 401);
  return problemOf(error);
}
