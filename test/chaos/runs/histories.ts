// Records histories of session logs under kills, several at a time, and has each judged. Every so often one is spoilt in every way there is,
// and must not pass.
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeRng, type Rng } from '../../../src/core/base/rng.ts';
import { parseHistory, type HistoryOp } from '../../../src/core/session/append-log-history.ts';
import { checkAppendLog } from '../../../src/core/session/check-append-log.ts';
import { kill } from '../killer.ts';
import { Arena } from './arena.ts';
import { recordCutHistory } from './cut-histories.ts';
import type { Findings } from './findings.ts';
import { recordHistory } from './history-clients.ts';
import { controls } from './history-controls.ts';
import { chaosModels } from './models.ts';

export interface HistoriesWish {
  readonly modulePath: string;
  readonly histories: number;
  readonly seed: number;
  readonly port: number;
  /** Fires when no further history is to begin. */
  readonly ending: AbortSignal;
  readonly findings: Findings;
  readonly tally: HistoryTally;
}

export interface HistoryTally {
  histories: number;
  ops: number;
  ok: number;
  unknown: number;
  kills: number;
  controls: number;
  readonly byOp: Map<string, number>;
}

export function newHistoryTally(): HistoryTally {
  return { histories: 0, ops: 0, ok: 0, unknown: 0, kills: 0, controls: 0, byOp: new Map() };
}

/** Histories in one state directory, and at the same time. */
const PER_ARENA = 200;
const AT_ONCE = 10;
/** Operations of one history, drawn between these. */
const OPS_MIN = 50;
const OPS_MAX = 250;
/** Between two kills: a few dozen operations of every history. */
const KILL_MS_MIN = 50;
const KILL_MS_MAX = 500;
/** A kill waits until this many appends were acknowledged since the last one. */
const NEWS_MIN = 60;
const NEWS_WAIT_MS = 8_000;
const PROGRESS_HISTORIES = 10;
const CONTROL_EVERY = 10;
/** Every fourth is about the event stream of a log that is cut. */
const CUT_EVERY = 4;

export function sayHistories({ histories, ops, kills, controls: spoilt, byOp }: HistoryTally): string {
  const list = [...byOp].sort(([a], [b]) => a.localeCompare(b)).map(([name, times]) => `${name} ${times}`);
  return `${histories} histories of 8 clients, ${ops} operations (${list.join(', ')}), ${kills} SIGKILLs among them; ${spoilt} of them spoilt on purpose`;
}

export async function runHistories(wish: HistoriesWish): Promise<void> {
  for (let done = 0; done < wish.histories && !wish.ending.aborted; done += PER_ARENA)
    await runArena(wish, done, Math.min(PER_ARENA, wish.histories - done));
}

async function runArena(wish: HistoriesWish, from: number, count: number): Promise<void> {
  const { modulePath, port } = wish;
  const arena = await Arena.open({ modulePath, models: chaosModels, port, agentPort: port + 1, vars: {} });
  const draw = makeRng(wish.seed * 1_000 + from);
  let open = true;
  const news = { count: 0 };
  const killing = killAll(arena, { draw, news, isOpen: () => open }, wish.tally);
  try {
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < count && !wish.ending.aborted) {
        const number = from + next;
        next += 1;
        await recordOne(arena, { number, news }, wish);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
  } finally {
    open = false;
    await killing;
    await arena.close();
  }
}

interface Killing {
  readonly draw: Rng;
  readonly news: { readonly count: number };
  isOpen(): boolean;
}

async function killAll(arena: Arena, { draw, news, isOpen }: Killing, tally: HistoryTally): Promise<void> {
  while (isOpen()) {
    const enough = news.count + NEWS_MIN;
    for (let waitedMs = 0; isOpen() && news.count < enough && waitedMs < NEWS_WAIT_MS; waitedMs += 20)
      await sleep(20);
    await sleep(KILL_MS_MIN + draw() * (KILL_MS_MAX - KILL_MS_MIN));
    if (!isOpen()) return;
    tally.kills += kill(arena, draw() < 0.9 ? 'worker' : 'replica', draw);
    await arena.back();
  }
}

async function recordOne(
  arena: Arena,
  { number, news }: { number: number; news: { count: number } },
  { seed, findings, tally }: HistoriesWish,
): Promise<void> {
  const draw = makeRng(seed * 1_000_003 + number);
  const ops = OPS_MIN + Math.floor(draw() * (OPS_MAX - OPS_MIN));
  const record = number % CUT_EVERY === CUT_EVERY - 1 ? recordCutHistory : recordHistory;
  const history = await record({ place: arena, draw, ops, news });
  count(history, tally);
  findings.looked('histories.violations', 1);
  const violations = checkAppendLog(history);
  if (violations.length > 0) {
    const file = `${arena.stateDir}-history-${number}.ndjson`;
    writeFileSync(file, toLines(history));
    const { rule, message } = violations[0] ?? {};
    findings.broken(
      'histories.violations',
      `${number}: rule ${rule}: ${message} (${violations.length} in all, ${file})`,
    );
  } else if (number % CONTROL_EVERY === 0) spoil(history, findings, tally);
  if (tally.histories % PROGRESS_HISTORIES === 0)
    console.log(
      `${new Date().toISOString().slice(11, 19)}  ${tally.histories} histories, ${tally.ops} operations, ${tally.kills} kills`,
    );
}

function count(history: readonly HistoryOp[], tally: HistoryTally): void {
  const read = parseHistory(toLines(history));
  if (!read.ok) throw new Error(`the recorder wrote what is no history: ${read.error}`);
  tally.histories += 1;
  tally.ops += history.length;
  for (const { op, outcome } of history) {
    const name = `${op} ${outcome}`;
    tally.byOp.set(name, (tally.byOp.get(name) ?? 0) + 1);
    if (outcome === 'ok') tally.ok += 1;
    if (outcome === 'info') tally.unknown += 1;
  }
}

function spoil(history: readonly HistoryOp[], findings: Findings, tally: HistoryTally): void {
  for (const [name, control] of Object.entries(controls)) {
    const spoilt = control(history);
    if (spoilt === null) continue;
    tally.controls += 1;
    findings.looked('histories.controlsMissed', 1);
    if (checkAppendLog(spoilt).length === 0)
      findings.broken('histories.controlsMissed', `a history that was spoilt by "${name}" passed`);
  }
}

function toLines(history: readonly HistoryOp[]): string {
  return history.map((op) => JSON.stringify(op)).join('\n');
}
