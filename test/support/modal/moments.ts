// The moments of a sandbox's life at which the agent is killed: before and after each call that takes it through create, ready, park, wake and
// terminate, and at any time within a step. Owns the list, and whose turn it is; pure.
import { makeRng } from '../../../src/core/base/rng.ts';
import type { Meanwhile, Resume } from './wire-faults.ts';

export const steps = ['start', 'park', 'wake', 'stop'] as const;
export type Step = (typeof steps)[number];

export type Moment = KillAtCall | KillInStep;

/** What the agent did not live to see done is done afterwards. */
interface KillAtCall {
  readonly kind: 'call';
  readonly name: string;
  readonly rpc: string;
  readonly meanwhile: Meanwhile;
}

interface KillInStep {
  readonly kind: 'time';
  readonly name: string;
  readonly step: Step;
  readonly afterMs: number;
}

/** Those of a park and a wake go through the sandbox's tunnel, the others to Modal. Interleaved, so that few lives see many steps. A creation that
 * is held back until the next one comes is what the names of sandboxes are for: a drawn time seldom meets that. */
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
  'before SandboxCreate, done before the next',
  'before POST /park',
  'after SandboxTerminate',
  'before SandboxGetTaskId',
  'after POST /wake',
  'within wake',
  'after SecretGetOrCreate',
  'before SandboxGetTunnels',
  'after SandboxWait',
  'within stop',
  'before SandboxCreate, done after the next',
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
/** The next agent is there and asked within a second or two; a pool that has not asked for its replica by then has given it up. */
const nextCallMsMax = 10_000;
/** A step on an idle machine is over by then: some kills meet it, some come between it and the next. */
const killWithinMs = 60;

export function momentOf(seed: number): Moment {
  const rng = makeRng(seed);
  const name = turns[seed % turns.length] ?? turns[0];
  const [at = '', resumes = ''] = name.split(', ');
  const [when, ...words] = at.split(' ');
  const what = words.join(' ');
  const step = steps.find((each) => each === what);
  if (step !== undefined) return { kind: 'time', name, step, afterMs: Math.floor(rng() * killWithinMs) };
  if (when === 'after') return { kind: 'call', name, rpc: what, meanwhile: { when } };
  const resume = resumeOf(what, resumes, rng());
  return { kind: 'call', name, rpc: what, meanwhile: { when: 'before', resume } };
}

/** How many sandboxes may be made in one life: a creation that its agent did not live to hear of may be carried out when that is over. */
export function madeMaxOf(moment: Moment): number {
  const isHeldBack =
    moment.kind === 'call' && moment.rpc === 'SandboxCreate' && moment.meanwhile.when === 'before';
  return isHeldBack ? 2 : 1;
}

function resumeOf(what: string, resumes: string, drawn: number): Resume {
  const withinMs = nextCallMsMax;
  if (resumes === 'done before the next') return { kind: 'next-call', side: 'before', withinMs };
  if (resumes === 'done after the next') return { kind: 'next-call', side: 'after', withinMs };
  // What is on its way through a tunnel is lost with whoever sent it, who is surely gone by then.
  return { kind: 'later', laterMs: what.startsWith('POST') ? tunnelMs : Math.floor(drawn * laterMsMax) };
}
