// The catalogue of emulated models that a trace is replayed on: one for each pool of the trace, whose load, wake and running time are those
// of the trace divided by the speed. Owns how a request's running time is told to a paced server. Pure.
import type { TraceWindow } from '../../sim/conformance/cut-window.ts';

/** The emulated GPU in trace time. */
export interface EmulatedTimes {
  readonly loadMs: number;
  readonly wakeMs: number;
  readonly speed: number;
}

/** A request runs for so many of its tokens: the finer, the closer to the trace. */
export const tokenMs = 5;
/** A hundred seconds of one request; what runs longer is cut. */
const tokensMax = 20_000;
/** What a process of the emulated GPU takes to be there, before it loads anything: that much less is left to be emulated. */
const spawnMs = 250;
const replicasMax = 16;
/** A start on a busy machine may take a while; one that hangs must still end. */
const startTimeoutMs = 60_000;
const queueMax = 1_000;
/** What is compared is how long requests wait, so that none is turned away for that. */
const waitTargetMs = null;
/** Fewer than a deployment serves at most, with room for the built-in ones. */
export const modelsMax = 150;

function modelId(index: number): string {
  return `m${String(index).padStart(3, '0')}@1`;
}

/** JSON for PILOTLIGHT_MODELS: the trace's names stand for versions `m000@1`, `m001@1` and so on, in the order of the window. */
export function renderModels(
  { pools }: Pick<TraceWindow, 'pools'>,
  { loadMs, wakeMs, speed }: EmulatedTimes,
): string {
  const guesses = { loadGuessMs: Math.max(1, loadMs / speed), wakeGuessMs: Math.max(1, wakeMs / speed) };
  const pace = {
    loadMs: Math.max(0, Math.round(loadMs / speed - spawnMs)),
    wakeMs: Math.round(wakeMs / speed),
    firstTokenMs: 0,
    tokenMs,
    tokens: tokensMax,
  };
  const versions = pools.map((_, index) => ({
    id: modelId(index),
    task: 'chat',
    slots: 1,
    replicasMax,
    launch: { kind: 'paced', pace },
    ...guesses,
    startTimeoutMs,
    queueMax,
    waitTargetMs,
  }));
  const aliases = Object.fromEntries(pools.map((name, index) => [name, modelId(index)]));
  return `${JSON.stringify({ versions, aliases }, null, 2)}\n`;
}

/** How many tokens to ask a paced server for, so that it is busy for `execMs` of the trace. */
export function tokensFor(execMs: number, speed: number): number {
  return Math.min(tokensMax, Math.max(1, Math.round(execMs / speed / tokenMs)));
}
