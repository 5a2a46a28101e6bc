// Judges the runs of an epoch after its last kill: every accepted run has ended, has its output, its log has one end of each step, every
// follower has the log, and no effect was done again that was settled.
import type { CutPlaces } from './judge-follower.ts';
import { judgeFollower } from './judge-follower.ts';
import { valueOf } from './effect-server.ts';
import type { Findings } from './findings.ts';
import { wordsOf } from './models.ts';
import { callUntil } from './place.ts';
import { terminalEvents } from './run-writer.ts';
import type { AcceptedRun, World } from './world.ts';

/** After the last kill a run has this long: its object wakes every five seconds, its steps are tried up to three times. */
const END_MS_MAX = 60_000;
const READ_MS_MAX = 20_000;
/** A request that the kernel held when its sender was killed is counted this much later at most. */
const SLACK_MS = 250;

/** Ends that a run may come to when its models are killed under it: it says so, and its caller knows. */
export const openFailures: ReadonlySet<string> = new Set([
  'stream_cut',
  'replica_unreachable',
  'replica_error',
  'backend_unavailable',
  'model_cannot_start',
  'wait_timeout',
]);

interface Output {
  readonly done?: readonly string[];
  readonly text?: string;
}

interface RunBody {
  readonly status: string;
  readonly output: Output | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

interface Entry {
  readonly seq: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface RunTally {
  accepted: number;
  completed: number;
  cancelled: number;
  readonly failures: Map<string, number>;
  readonly places: CutPlaces;
}

export async function judgeRuns(world: World, findings: Findings, tally: RunTally): Promise<void> {
  const untilMs = Date.now() + END_MS_MAX;
  const logs = new Map<string, readonly Entry[]>();
  for (const run of world.runs.values()) {
    const body = await awaitEnd(world, run, untilMs, findings);
    if (body === null) continue;
    const log = await readRunLog(world, run.id);
    logs.set(run.id, log);
    tally.accepted += 1;
    judgeEnd(run, body, { findings, tally });
    judgeLog(run, log, findings);
    if (run.follower !== null) {
      await Promise.race([run.follower.finish(log.length), late()]);
      const whole = run.follower.lastId === log.length;
      run.follower.stop();
      const name = `run ${run.id}`;
      if (!whole)
        findings.broken(
          'streams.bytesWrong',
          `${name}: the follower got no further than ${run.follower.lastId} of ${log.length}`,
        );
      judgeFollower(run.follower, log.map(renderEntry), { name, whole, findings, places: tally.places });
    }
  }
  judgeEffects(world, logs, findings);
}

function late(): Promise<void> {
  return new Promise((done) => setTimeout(done, READ_MS_MAX));
}

async function awaitEnd(
  world: World,
  run: AcceptedRun,
  untilMs: number,
  findings: Findings,
): Promise<RunBody | null> {
  findings.looked('kills.lost', 1);
  findings.looked('kills.oddFailures', 1);
  findings.looked('kills.stuckRuns', 1);
  const path = `/v1/runs/${run.id}`;
  const leftMs = Math.max(2_000, untilMs - Date.now());
  let last = '';
  const reply = await callUntil(
    world.place,
    { method: 'GET', path },
    ({ status, body }) => {
      last = status === 200 ? (body as RunBody).status : String(status);
      return status === 404 || (status === 200 && last !== 'active');
    },
    leftMs,
  );
  if (reply === null) findings.broken('kills.stuckRuns', `${run.function} ${run.id} is still ${last}`);
  if (reply?.status === 404)
    findings.broken('kills.lost', `${run.function} ${run.id} was accepted and is gone`);
  return reply?.status === 200 ? (reply.body as RunBody) : null;
}

function judgeEnd(
  run: AcceptedRun,
  { status, output, error }: RunBody,
  { findings, tally }: { findings: Findings; tally: RunTally },
): void {
  if (status === 'cancelled' && run.isCancelled) {
    tally.cancelled += 1;
    return;
  }
  if (status !== 'completed') {
    const code = error?.code ?? status;
    tally.failures.set(code, (tally.failures.get(code) ?? 0) + 1);
    if (!openFailures.has(code))
      findings.broken(
        'kills.oddFailures',
        `${run.function} ${run.id} ended ${status}: ${code} ${error?.message ?? ''}`,
      );
    return;
  }
  tally.completed += 1;
  if (run.function !== 'probe-chain') judgeOutput(run, output ?? {}, findings);
}

function judgeOutput(run: AcceptedRun, { done, text }: Output, findings: Findings): void {
  findings.looked('kills.answersCut', 1);
  const words = wordsOf(run.tone ?? run.id.slice(4, 5));
  const inTurn = run.model ? words.repeat(run.steps) : '';
  const due = run.tone === null ? inTurn : `${words} |${words}`;
  if (text !== due)
    findings.broken('kills.answersCut', `${run.function} ${run.id} says "${text}" instead of "${due}"`);
  if (run.function !== 'probe-effects') return;
  // With a model between them, every second step is an effect.
  const stride = run.model ? 2 : 1;
  const values = Array.from({ length: run.steps }, (_, at) => valueOf(`${run.id}/${stride * at}`));
  if (JSON.stringify(done) !== JSON.stringify(values))
    findings.broken('kills.lost', `${run.id} has the effects ${JSON.stringify(done)}`);
}

function judgeLog(run: AcceptedRun, log: readonly Entry[], findings: Findings): void {
  findings.looked('kills.doubled', 1);
  const ends = new Map<unknown, number>();
  for (const [at, { seq, type, data }] of log.entries()) {
    if (seq !== at + 1)
      findings.broken('kills.lost', `run ${run.id}: entry ${seq} at place ${at + 1} of its log`);
    if (type === 'step.done') ends.set(data['step'], (ends.get(data['step']) ?? 0) + 1);
    if (terminalEvents.has(type) && at !== log.length - 1)
      findings.broken('kills.doubled', `run ${run.id} goes on after its end`);
  }
  for (const [step, count] of ends)
    if (count > 1)
      findings.broken('kills.doubled', `run ${run.id}: step ${String(step)} ended ${count} times`);
}

/** Every further hit of a key must be owed to a kill of the Worker since the last one, and none may come after the step's end was seen. */
function judgeEffects(world: World, logs: ReadonlyMap<string, readonly Entry[]>, findings: Findings): void {
  findings.looked('kills.stepsTwice', world.effects.hits.size);
  for (const [key, hits] of world.effects.hits) {
    for (const [at, hitMs] of hits.entries()) {
      if (at === 0) continue;
      const beforeMs = (hits[at - 1] ?? 0) - SLACK_MS;
      if (!world.workerKillsMs.some((killMs) => killMs >= beforeMs && killMs <= hitMs))
        findings.broken('kills.stepsTwice', `${key} was done again, and no kill lies between`);
    }
    const doneMs = world.stepsSeenDone.get(key);
    const last = hits.at(-1) ?? 0;
    if (doneMs !== undefined && last > doneMs)
      findings.broken('kills.stepsTwice', `${key} was done again ${last - doneMs} ms after its end was seen`);
    const [run = '', step = ''] = key.split('/');
    const tries = logs
      .get(run)
      ?.filter(({ type, data }) => type === 'step.started' && data['step'] === Number(step)).length;
    if (tries !== undefined && hits.length > tries)
      findings.broken('kills.stepsTwice', `${key} was done ${hits.length} times in ${tries} attempts`);
  }
}

async function readRunLog(world: World, id: string): Promise<readonly Entry[]> {
  const log: Entry[] = [];
  for (;;) {
    const path = `/v1/runs/${id}/events?after=${log.at(-1)?.seq ?? 0}`;
    const ask = { method: 'GET', path, headers: { accept: 'application/json' } } as const;
    const reply = await callUntil(world.place, ask, ({ status }) => status === 200, READ_MS_MAX);
    const { data = [] } = (reply?.body ?? {}) as { data?: readonly Entry[] };
    if (data.length === 0) return log;
    log.push(...data);
  }
}

function renderEntry({ seq, type, data }: Entry): Buffer {
  return Buffer.from(`id: ${seq}\nevent: ${type}\ndata: ${JSON.stringify({ seq, ...data })}\n\n`);
}
