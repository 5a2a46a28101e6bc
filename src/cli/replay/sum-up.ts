// The tables and checks of a run. Pure.
import { accountLives, type LifeAccount } from '../../sim/conformance/account-lives.ts';
import {
  toleranceTraceS,
  type RunComparison,
  type TwinComparison,
} from '../../sim/conformance/compare-run.ts';
import type { RunRecord } from '../../sim/conformance/run-record.ts';
import { makeCheck, quantile, type Check } from '../checks.ts';
import { atMost } from '../sim/compare-checks.ts';

/** A driver that is this late is not open loop at sixty times the speed any more: three seconds of trace. */
const latenessBarMs = 50;
/** Commands without a partner in the twin: what a busy machine's timing may turn around. */
const commandBar = 0.1;
const warmthBar = 0.05;
const mismatchesShown = 20;

export function accountPools({ pools, commands }: RunRecord): readonly LifeAccount[] {
  return (pools ?? []).map((view) => accountLives(view, commands)).filter(({ replicas }) => replicas > 0);
}

export function makeChecks(
  record: RunRecord,
  comparison: RunComparison | null,
  accounts: readonly LifeAccount[],
): readonly Check[] {
  const { requests } = record;
  const failed = requests.filter(({ status }) => status !== 200).length;
  const late = requests.map(({ dueMs, sentMs }) => Math.max(0, sentMs - dueMs));
  const n = requests.length;
  const checks = [
    makeCheck('replay.requests', n, n, `sent, at ${record.speed} times the speed of the trace`),
    atMost({ id: 'replay.failed', value: failed, bar: 0, n, note: 'answers other than 200' }),
    atMost({
      id: 'replay.latenessMsP99',
      value: quantile(late, 0.99),
      bar: latenessBarMs,
      n,
      note: `sent later than due; worst ${Math.max(...late).toFixed(1)} ms`,
    }),
  ];
  if (accounts.length > 0) checks.push(checkLives(accounts, record));
  return comparison === null ? checks : [...checks, ...checkDecisions(record, comparison)];
}

function checkDecisions(
  { recorded }: RunRecord,
  { plans, pools, twin, unrecorded }: RunComparison,
): readonly Check[] {
  const lost = (recorded?.planner.lost ?? 0) + pools.lost;
  const beyond = lost > 0 ? `; ${lost} more came after the records were full` : '';
  const checks = [
    atMost({
      id: 'replay.planMismatches',
      value: plans.mismatchCount,
      bar: 0,
      n: plans.plans,
      note: `plans after ${plans.hears} reports and ${plans.ticks} ticks, told again to a fresh brain${beyond}`,
    }),
    atMost({
      id: 'replay.poolMismatches',
      value: pools.mismatchCount,
      bar: 0,
      n: pools.events,
      note: `events of the pools, told again to the state machine, with ${pools.effects} effects${beyond}`,
    }),
  ];
  if (unrecorded !== null)
    checks.push(
      atMost({
        id: 'replay.unrecordedCommands',
        value: unrecorded,
        bar: 0,
        n: twin.commands.real,
        note: 'seen by the agent and not recorded, or recorded and not seen',
      }),
    );
  return [...checks, ...checkTwin(twin)];
}

function checkLives(accounts: readonly LifeAccount[], { commands }: RunRecord): Check {
  const faults = accounts.reduce((sum, each) => sum + each.faults.length, 0);
  const seconds = (accounts.reduce((sum, each) => sum + each.lifetimeMs, 0) / 1000).toFixed(1);
  const against =
    commands === null ? 'the replicas that live' : 'the replicas that live and the commands to the agent';
  return atMost({
    id: 'replay.lifetimeMismatches',
    value: faults,
    bar: 0,
    n: accounts.length,
    note: `pools; ${seconds} s on the books, against ${against}`,
  });
}

function checkTwin({ commands, warmthMismatches, granted }: TwinComparison): readonly Check[] {
  const apart = quantile(commands.apartMs, 0.99).toFixed(0);
  const { real, twin, matched, otherReplica, mismatches } = commands;
  const byKind = (what: string): number => mismatches.filter((each) => each.what === what).length;
  return [
    atMost({
      id: 'replay.commandMismatchShare',
      value: commands.mismatchShare,
      bar: commandBar,
      n: real + twin,
      note: `${matched} of ${real} and ${twin} pair within ${toleranceTraceS} s of trace (p99 ${apart} ms, ${otherReplica} to an equal replica); only here ${byKind('only-real')}, only there ${byKind('only-twin')}, later ${byKind('other-time')}`,
    }),
    atMost({
      id: 'replay.warmthMismatchShare',
      value: granted === 0 ? 0 : warmthMismatches / granted,
      bar: warmthBar,
      n: granted,
      note: 'slots granted with another warmth than in the twin',
    }),
  ];
}

export function renderRun(record: RunRecord): string {
  const { requests } = record;
  const counts = (of: (request: RunRecord['requests'][number]) => string): string =>
    [...Map.groupBy(requests, of)].map(([name, each]) => `${name} ${each.length}`).join(', ');
  const waits = requests.flatMap(({ waitMs }) => (waitMs === null ? [] : [waitMs]));
  const late = requests.map(({ dueMs, sentMs }) => sentMs - dueMs);
  const spread = (values: readonly number[]): string =>
    values.length === 0
      ? '-'
      : `p50 ${quantile(values, 0.5).toFixed(1)}, p95 ${quantile(values, 0.95).toFixed(1)}, worst ${Math.max(...values).toFixed(1)} ms`;
  return [
    `requests  ${requests.length} in ${((record.endedMs - record.startedMs) / 1000).toFixed(1)} s`,
    `status    ${counts(({ status }) => (status === 0 ? 'no answer' : String(status)))}`,
    `warmth    ${counts(({ warmth }) => warmth ?? 'not told')}`,
    `waited    ${spread(waits)}`,
    `late      ${spread(late)}`,
  ].join('\n');
}

/** Seconds by pool; the last column is what the other clocks say. */
export function renderAccounts(accounts: readonly LifeAccount[]): string {
  const head = ['pool', 'replicas', 'busy s', 'idle s', 'load s', 'parked s', 'lifetime s', 'observed s'];
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  const rows = accounts.map(({ pool, replicas, ...account }) => [
    pool,
    String(replicas),
    seconds(account.busyMs),
    seconds(account.idleMs),
    seconds(account.loadingMs),
    seconds(account.parkedMs),
    seconds(account.lifetimeMs),
    seconds(account.observedMs),
  ]);
  const table = [head, ...rows];
  const widths = head.map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0)));
  const faults = accounts.flatMap((each) => each.faults.map((fault) => `${each.pool}: ${fault}`));
  return [
    ...table.map((row) =>
      row
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  '),
    ),
    ...faults,
  ].join('\n');
}

/** What did not agree, and when, in seconds of the run. */
export function renderMismatches(record: RunRecord, { plans, pools, twin }: RunComparison): string {
  const at = (ms: number): string => `${((ms - record.startedMs) / 1000).toFixed(2)} s`;
  const planLines = plans.mismatches.map(
    ({ pool, nowMs, recorded, found }) =>
      `plan at ${at(nowMs)} of ${pool}: ${JSON.stringify(recorded)} there, ${JSON.stringify(found)} here`,
  );
  const poolLines = pools.mismatches.map(
    ({ pool, nowMs, event, recorded, found }) =>
      `${event} at ${at(nowMs)} in ${pool}: ${JSON.stringify(recorded)} there, ${JSON.stringify(found)} here`,
  );
  const { mismatches } = twin.commands;
  const commandLines = mismatches.slice(0, mismatchesShown).map(({ what, command, laterMs }) => {
    const { askedMs, replicaId } = command;
    const told = `${command.command} ${replicaId} at ${at(askedMs)}`;
    if (what === 'other-time') return `${told}: ${laterMs?.toFixed(0)} ms later than the twin`;
    return `${told}: ${what === 'only-real' ? 'not by the twin' : 'by the twin alone'}`;
  });
  const left = mismatches.length - commandLines.length;
  const more = left > 0 ? [`and ${left} more`] : [];
  return [...planLines, ...poolLines, ...commandLines, ...more].join('\n');
}
