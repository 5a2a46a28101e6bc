// The moments of a sandbox's life at which the agent is killed: before and after each call that takes it through create, ready, park, wake and
// terminate, and at any time within a step. Owns the list, and whose turn it is; pure.
import { makeRng } from '../../../src/core/base/rng.ts';

export const steps = ['start', 'park', 'wake', 'stop'] as const;
export type Step = (typeof steps)[number];

export type Moment = { readonly name: string } & (
  | {
      readonly kind: 'call';
      readonly rpc: string;
      readonly when: 'before' | 'after';
      /** A call that the agent did not live to hear of is carried out so much later. */
      readonly laterMs: number;
    }
  | { readonly kind: 'time'; readonly step: Step; readonly afterMs: number }
);

/** Those of a park and a wake go through the sandbox's tunnel, the others to Modal. Interleaved, so that few lives see many steps. */
const turns = [
  'before SandboxCreate',
  'after POST /park',
  'before SandboxTerminate',
  'after SandboxGetTunnels',
  'before POST /wake',
  'within start',
  'after SandboxCreate',
  'before SandboxWait',
  'within park',
  'before SandboxListV2',
  'before SandboxCreate',
  'before POST /park',
  'after SandboxTerminate',
  'before SandboxGetTaskId',
  'after POST /wake',
  'within wake',
  'after SecretGetOrCreate',
  'before SandboxGetTunnels',
  'after SandboxWait',
  'within stop',
  'before SandboxCreate',
  'after SandboxListV2',
  'before SecretGetOrCreate',
  'after SandboxGetTaskId',
] as const;
export const momentNames: ReadonlySet<string> = new Set(turns);
/** So many lives in a row meet every moment. */
export const livesOfAll = turns.length;

/** Within that the next agent is there, and the life may have gone on or be over when a call of the last one is carried out. */
const laterMsMax = 1_600;
const tunnelMs = 500;
/** A step on an idle machine is over by then: some kills meet it, some come between it and the next. */
const killWithinMs = 60;

export function momentOf(seed: number): Moment {
  const rng = makeRng(seed);
  const name = turns[seed % turns.length] ?? turns[0];
  const [when, ...words] = name.split(' ');
  const what = words.join(' ');
  const step = steps.find((each) => each === what);
  if (step !== undefined) return { kind: 'time', name, step, afterMs: Math.floor(rng() * killWithinMs) };
  const laterMs = when === 'before' ? laterMsOf(what, rng()) : 0;
  return { kind: 'call', name, rpc: what, when: when === 'before' ? 'before' : 'after', laterMs };
}

/** What is on its way through a tunnel is lost with whoever sent it, who is surely gone by then. */
function laterMsOf(what: string, drawn: number): number {
  return what.startsWith('POST') ? tunnelMs : Math.floor(drawn * laterMsMax);
}
