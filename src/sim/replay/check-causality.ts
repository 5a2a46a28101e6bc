// Does a policy see the future? Runs it on a workload and on the same workload with everything after one moment changed, and compares
// what it decided before that moment. Owns the changing and the comparing; a policy that passes decided from the past alone. No I/O.
import { drawInteger, makeRng, type Rng } from '../../core/base/rng.ts';
import { changeRuns } from './change-runs.ts';
import type { FleetFigures, FleetPolicy } from './fleet-policy.ts';
import { recordDecisions, type Decision } from './record-decisions.ts';
import { runReplay, type ReplayOptions } from './run-replay.ts';
import type { Workload } from './workload.ts';

export interface CausalityOptions {
  readonly workload: Workload;
  readonly figures: FleetFigures;
  /** A fresh policy for each run. It is given the workload of that run only so that a test can plant one that peeks. */
  readonly makePolicy: (workload: Workload) => FleetPolicy;
  readonly history?: Workload;
  readonly queueing?: 'own' | 'shared';
  /** After how many moments the future is changed. */
  readonly moments: number;
  readonly seed: number;
}

const strangerExecMsMax = 600_000;

/** The first decision before `momentMs` that another future changed. */
export interface CausalityFault {
  readonly momentMs: number;
  readonly expected: Decision | null;
  readonly found: Decision | null;
}

export interface CausalityReport {
  /** How many decisions were compared: a policy that decides nothing proves nothing. */
  readonly compared: number;
  readonly faults: readonly CausalityFault[];
}

/** One run of the true workload and one for each moment; loads take `figures.loadMs`. */
export function checkCausality(options: CausalityOptions): CausalityReport {
  const { workload, history } = options;
  const rng = makeRng(options.seed);
  const beginMs = history?.endMs ?? 0;
  const expected = decisionsOn(workload, options);
  const faults: CausalityFault[] = [];
  let compared = 0;
  for (let moment = 0; moment < options.moments; moment += 1) {
    const momentMs = drawMoment(workload, rng);
    const found = decisionsOn(changeFuture(workload, momentMs, rng), options);
    const fault = firstDifference(expected, found, beginMs + momentMs);
    compared += expected.filter((decision) => decision.atMs < beginMs + momentMs).length;
    if (fault !== null) faults.push({ momentMs, ...fault });
  }
  return { compared, faults };
}

/** Where a policy that peeks gives itself away: when a request is about to come, or in the middle of one. In ms since midnight. */
function drawMoment(workload: Workload, rng: Rng): number {
  const { arrivalMs, execMs } = requestAt(workload, drawInteger(rng, 0, workload.arrivalMs.length - 1));
  const momentMs = drawInteger(rng, 0, 1) === 0 ? arrivalMs : Math.ceil(arrivalMs + execMs / 2);
  return Math.min(momentMs, workload.endMs - 1);
}

function decisionsOn(workload: Workload, options: CausalityOptions): readonly Decision[] {
  const decisions: Decision[] = [];
  const policy = recordDecisions(options.makePolicy(workload), (decision) => decisions.push(decision));
  const { figures, history, queueing } = options;
  const replay: ReplayOptions = { workload, figures, policy, queueing: queueing ?? 'own' };
  runReplay(history === undefined ? replay : { ...replay, history });
  return decisions;
}

function firstDifference(
  expected: readonly Decision[],
  found: readonly Decision[],
  beforeMs: number,
): Pick<CausalityFault, 'expected' | 'found'> | null {
  for (let at = 0; at < Math.max(expected.length, found.length); at += 1) {
    const [one, other] = [before(expected[at], beforeMs), before(found[at], beforeMs)];
    if (one === null && other === null) return null;
    if (one === null || other === null || !isSame(one, other)) return { expected: one, found: other };
  }
  return null;
}

function before(decision: Decision | undefined, momentMs: number): Decision | null {
  return decision !== undefined && decision.atMs < momentMs ? decision : null;
}

function isSame(one: Decision, other: Decision): boolean {
  return (
    one.atMs === other.atMs &&
    one.pool === other.pool &&
    one.what === other.what &&
    one.detail === other.detail
  );
}

interface Request {
  readonly arrivalMs: number;
  readonly pool: number;
  readonly tenant: number;
  readonly execMs: number;
}

/**
 * The same workload up to `momentMs`; of what comes later a third is dropped, a third moved, the rest kept, and as much as was dropped
 * is added anywhere. A request that still runs then runs for another time, but past the moment in both: its end is the future too.
 */
export function changeFuture(workload: Workload, momentMs: number, rng: Rng): Workload {
  if (workload.runs !== undefined) return changeRuns(workload, workload.runs, momentMs, rng);
  const requests: Request[] = [];
  const laterMs = (): number => drawInteger(rng, momentMs, Math.max(momentMs, workload.endMs - 1));
  for (let at = 0; at < workload.arrivalMs.length; at += 1) {
    const request = requestAt(workload, at);
    const fate = drawInteger(rng, 0, 2);
    if (request.arrivalMs < momentMs) requests.push(runOn(request, momentMs, rng));
    else if (fate === 0) requests.push({ ...strangerIn(workload, rng), arrivalMs: laterMs() });
    else if (fate === 1) requests.push({ ...request, arrivalMs: laterMs() });
    else requests.push(request);
  }
  requests.sort((a, b) => a.arrivalMs - b.arrivalMs);
  return {
    ...workload,
    arrivalMs: Float64Array.from(requests, (request) => request.arrivalMs),
    pool: Int32Array.from(requests, (request) => request.pool),
    tenant: Int32Array.from(requests, (request) => request.tenant),
    execMs: Float64Array.from(requests, (request) => request.execMs),
  };
}

function runOn(request: Request, momentMs: number, rng: Rng): Request {
  const { arrivalMs, execMs } = request;
  if (arrivalMs + execMs < momentMs) return request;
  return { ...request, execMs: momentMs - arrivalMs + drawInteger(rng, 0, strangerExecMsMax) };
}

function strangerIn(workload: Workload, rng: Rng): Omit<Request, 'arrivalMs'> {
  return {
    pool: drawInteger(rng, 0, workload.pools.length - 1),
    tenant: drawInteger(rng, 0, workload.tenants.length - 1),
    execMs: drawInteger(rng, 0, strangerExecMsMax),
  };
}

function requestAt(workload: Workload, at: number): Request {
  return {
    arrivalMs: workload.arrivalMs[at] ?? 0,
    pool: workload.pool[at] ?? 0,
    tenant: workload.tenant[at] ?? 0,
    execMs: workload.execMs[at] ?? 0,
  };
}
