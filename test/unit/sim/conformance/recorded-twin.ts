// A run of the twin itself, recorded as a deployment records one: traffic by hand on two pools, with loads, wakes and parks that take time.
import { makeRng, drawInteger } from '../../../../src/core/base/rng.ts';
import type { PoolSettings } from '../../../../src/core/pool/pool-settings.ts';
import { emptyLedger } from '../../../../src/core/pool/pool-state.ts';
import type { BrainPool } from '../../../../src/core/warming/brain-settings.ts';
import { RecordedBrain } from '../../../../src/hosts/recorded-brain.ts';
import { PoolRecorder } from '../../../../src/hosts/pool-recorder.ts';
import { CommandTimes } from '../../../../src/sim/conformance/command-times.ts';
import type { Visit } from '../../../../src/sim/conformance/pool-inputs.ts';
import type { RunRecord } from '../../../../src/sim/conformance/run-record.ts';
import { runTwin } from '../../../../src/sim/conformance/twin-program.ts';

export const startMs = 1_700_000_000_000;
const tickMs = 1_000;
const runMs = 30_000;
const names = ['a@1~local', 'b@1~local'];

const brainPool = (pool: string): BrainPool => ({
  pool,
  floor: 0,
  replicasMax: 8,
  parking: true,
  hotIdleMs: null,
  parkedIdleMs: null,
  hotMicrosPerSecond: 220,
  parkedMicrosPerSecond: 22,
  waitMicrosPerSecond: 10_000,
  loadGuessMs: 383,
  wakeGuessMs: 33,
});

const settingsOf = (pool: string): PoolSettings => ({
  pool,
  version: pool.split('~')[0] ?? '',
  place: 'local',
  slots: 1,
  replicasMax: 8,
  floor: 0,
  parking: true,
  isFixed: false,
  hotIdleMs: 1_700,
  parkedIdleMs: 160_000,
  startTimeoutMs: 60_000,
  queueMax: 100,
  waitTargetMs: null,
  hotMicrosPerSecond: 220,
  parkedMicrosPerSecond: 22,
  gamma: 45,
  loadGuessMs: 383,
  wakeGuessMs: 33,
});

const tickAt = (nowMs: number): { nowMs: number; atMs: number } => ({ nowMs, atMs: nowMs });

/** Requests at random moments, each held for up to a second; the same seed gives the same run. */
export async function recordTwin(seed: number, requests = 60): Promise<RunRecord> {
  const rng = makeRng(seed);
  const visits = Array.from({ length: requests }, (_, at): Visit => {
    const askedMs = startMs + drawInteger(rng, 0, runMs - 5_000);
    return {
      pool: names[drawInteger(rng, 0, 1)] ?? '',
      waiterId: `w${at}`,
      tenant: `t${drawInteger(rng, 0, 2)}`,
      askedMs,
      cancelMs: null,
      deadlineMs: askedMs + 60_000,
      holdMs: drawInteger(rng, 5, 1_000),
      outcome: 'served',
    };
  }).toSorted((a, b) => a.askedMs - b.askedMs);
  const brain = new RecordedBrain({ pools: names.map(brainPool), tickMs, gpuBudget: null });
  const settings = names.map(settingsOf);
  const opened = { nowMs: startMs - 1, ledger: emptyLedger, replicas: [] };
  const recorders = new Map(settings.map((each) => [each.pool, new PoolRecorder(each, opened)]));
  await runTwin({
    pools: settings,
    brain,
    visits,
    renewals: [],
    ticks: Array.from({ length: runMs / tickMs }, (_, at) => tickAt(startMs + 500 + at * tickMs)),
    times: new CommandTimes([], { start: 400, park: 10, wake: 40, stop: 30 }),
    hopMs: 1,
    startMs: startMs - 1,
    endMs: startMs + runMs,
    note: (pool, note) => recorders.get(pool)?.note(note),
  });
  const record: RunRecord = {
    version: 1,
    speed: 60,
    startedMs: startMs,
    endedMs: startMs + runMs,
    requests: [],
    pools: null,
    recorded: {
      planner: brain.recording(0),
      pools: [...recorders.values()].map((recorder) => recorder.recording(0)),
    },
    commands: null,
  };
  // As it comes from a deployment.
  return JSON.parse(JSON.stringify(record)) as RunRecord;
}
