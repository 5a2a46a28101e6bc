// Runs as they are, asked each second while they are seen and go on. A hidden page asks nothing.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import type { TraceJson } from '../core/run-trace/render-trace.ts';
import type { RunView } from '../core/run/view-run.ts';
import { EndpointProblem, isMissing, problemOf } from './endpoint.ts';
import { addToLog, emptyLog, type RunLog } from './log-lines.ts';
import {
  cancelRun,
  listFunctions,
  listRuns,
  readLog,
  readRun,
  readTrace,
  type FunctionView,
  type ListedRun,
} from './runs-api.ts';

const activePollMs = 1_000;
/** The list of runs, when none of them goes on. */
const idlePollMs = 3_000;
/** A log of this many pages has lines enough: see `LOG_ENTRIES_MAX` of the runs. */
const pagesAtOnceMax = 50;

export interface Asked<Reply> {
  readonly reply: Reply | null;
  readonly problem: EndpointProblem | null;
}

export function useRuns(key: string): Asked<readonly ListedRun[]> & { readonly atMs: number } {
  const query = useQuery({
    queryKey: ['runs', key],
    queryFn: ({ signal }) => listRuns(key, signal),
    refetchInterval: ({ state }) =>
      state.data?.some(({ status }) => status === 'active') === true ? activePollMs : idlePollMs,
    enabled: key !== '',
  });
  return { ...asked(query, key), atMs: query.dataUpdatedAt };
}

export function useFunctions(key: string): Asked<readonly FunctionView[]> {
  const query = useQuery({
    queryKey: ['functions', key],
    queryFn: ({ signal }) => listFunctions(key, signal),
    enabled: key !== '',
  });
  return asked(query, key);
}

export function useRun(key: string, run: string): Asked<RunView> {
  const query = useQuery({
    queryKey: ['run', key, run],
    queryFn: ({ signal }) => readRun(key, run, signal),
    refetchInterval: ({ state }) => pollWhile(state.data?.status, state.error),
    enabled: key !== '',
  });
  return asked(query, key);
}

export function useTrace(key: string, run: string): Asked<TraceJson> {
  const query = useQuery({
    queryKey: ['run', key, run, 'trace'],
    queryFn: ({ signal }) => readTrace(key, run, signal),
    refetchInterval: ({ state }) => pollWhile(state.data?.status, state.error),
    enabled: key !== '',
  });
  return asked(query, key);
}

/** The log as far as it is written; only what is new is asked for. */
export function useRunLog(key: string, run: string): Asked<RunLog> {
  const known = useRef<RunLog>(emptyLog);
  const query = useQuery({
    queryKey: ['run', key, run, 'log'],
    queryFn: async ({ signal }) => {
      for (let page = 0; page < pagesAtOnceMax; page += 1) {
        const events = await readLog(key, run, { after: known.current.seq, signal });
        if (events.length === 0) break;
        known.current = addToLog(known.current, events);
      }
      return known.current;
    },
    refetchInterval: ({ state }) =>
      state.data?.isOver === true || isMissing(state.error) ? false : activePollMs,
    enabled: key !== '',
  });
  return asked(query, key);
}

export interface Cancelling {
  readonly cancel: () => void;
  readonly busy: boolean;
  readonly problem: EndpointProblem | null;
}

export function useCancel(key: string, run: string): Cancelling {
  const client = useQueryClient();
  const mutation = useMutation({
    mutationFn: () => cancelRun(key, run),
    onSuccess: () => client.invalidateQueries({ queryKey: ['run', key, run] }),
  });
  return { cancel: () => mutation.mutate(), busy: mutation.isPending, problem: problemOf(mutation.error) };
}

/** A run that has ended does not change, and one that does not exist will not come into being while one looks. */
function pollWhile(status: string | undefined, error: Error | null): number | false {
  if (isMissing(error)) return false;
  return status === undefined || status === 'active' ? activePollMs : false;
}

function asked<Reply>(
  query: { readonly data: Reply | undefined; readonly error: Error | null },
  key: string,
): Asked<Reply> {
  const problem =
    key === '' ? new EndpointProblem('Give an API key to see its runs.', 401) : problemOf(query.error);
  return { reply: query.data ?? null, problem };
}
