// Random function programs: what the code of a run may be made of, drawn from a seed. Owns their shapes and how they are drawn;
// interpret-program.ts runs them, expect-outcome.ts knows what they come to. Pure.
import { drawInteger, type Rng } from '../../core/base/rng.ts';

/** One step that leaves the code. `fails`: tries that fail for a passing reason before one succeeds; `isDoomed`: refused for good. */
export interface AskPart {
  readonly kind: 'ask';
  readonly of: 'chat' | 'embed' | 'search' | 'call' | 'effect';
  readonly label: string;
  readonly streams: boolean;
  readonly once: boolean;
  readonly fails: number;
  readonly isDoomed: boolean;
}

export type Part =
  | AskPart
  | { readonly kind: 'sleep'; readonly ms: number }
  /** Awaits promises that are no steps, as any helper does that is an async function. */
  | { readonly kind: 'pause'; readonly turns: number }
  | { readonly kind: 'emit'; readonly what: 'event' | 'say' | 'draft'; readonly label: string }
  | { readonly kind: 'throw'; readonly code: string }
  /** What the body throws becomes a word of the result. */
  | { readonly kind: 'catch'; readonly body: readonly Part[] }
  /** Tries the body until it succeeds: what fails for good goes on until the budget ends it. */
  | { readonly kind: 'stubborn'; readonly body: readonly Part[] }
  | { readonly kind: 'all'; readonly parallel: number; readonly branches: readonly (readonly Part[])[] }
  | { readonly kind: 'race'; readonly branches: readonly (readonly Part[])[] }
  | { readonly kind: 'loop'; readonly rounds: number; readonly body: readonly Part[] };

export interface Program {
  readonly parts: readonly Part[];
  /** Nothing in it depends on who is quicker: what it comes to is known beforehand. */
  readonly isPure: boolean;
}

/** Tries that an author's step gets; a part with as many passing failures never succeeds. */
export const TRIES = 3;
const DEPTH_MAX = 3;

/** Whether its passing failures outlast the tries of its step. A call is waited for more often than anything fails here. */
export function neverSucceeds({ of, fails }: AskPart): boolean {
  return fails >= TRIES && of !== 'call';
}

export function drawProgram(rng: Rng): Program {
  const isPure = rng() < 0.6;
  const drawing: Drawing = { rng, isPure, labels: 0 };
  return { parts: drawParts(drawing, { depth: 0, isShared: false }, drawInteger(rng, 1, 4)), isPure };
}

interface Drawing {
  readonly rng: Rng;
  readonly isPure: boolean;
  labels: number;
}

/** `isShared`: other branches run beside this one, so that a failure that nobody catches would be a matter of who is quicker. */
interface Place {
  readonly depth: number;
  readonly isShared: boolean;
}

function drawParts(drawing: Drawing, place: Place, count: number): readonly Part[] {
  return Array.from({ length: count }, () => drawPart(drawing, place));
}

function drawPart(drawing: Drawing, place: Place): Part {
  const { rng, isPure } = drawing;
  const inner = { ...place, depth: place.depth + 1 };
  const body = (): readonly Part[] => drawParts(drawing, inner, drawInteger(rng, 1, 2));
  const roll = place.depth >= DEPTH_MAX ? rng() * 0.72 : rng();
  if (roll < 0.5) return drawAsk(drawing, place);
  if (roll < 0.55) return { kind: 'sleep', ms: drawInteger(rng, 0, 8_000) };
  if (roll < 0.6) return { kind: 'pause', turns: drawInteger(rng, 1, 6) };
  if (roll < 0.7) return drawEmit(drawing);
  if (roll < 0.72)
    return isPure && place.isShared ? drawAsk(drawing, place) : { kind: 'throw', code: 'no_way' };
  if (roll < 0.8) return { kind: 'catch', body: drawParts(drawing, { ...inner, isShared: false }, 2) };
  if (roll < 0.82 && !place.isShared) return { kind: 'stubborn', body: body() };
  if (roll < 0.86) return { kind: 'loop', rounds: rng() < 0.2 ? 100 : drawInteger(rng, 1, 3), body: body() };
  const branch = (): readonly Part[] =>
    drawParts(drawing, { ...inner, isShared: true }, drawInteger(rng, 1, 2));
  const branches = Array.from({ length: drawInteger(rng, 1, 4) }, branch);
  if (roll < 0.93 && !isPure) {
    // A loser may catch whatever is thrown at it, and go on with something else.
    const fallback = { kind: 'catch', body: branch() } as const;
    return {
      kind: 'race',
      branches: [...branches, [fallback, drawAsk(drawing, { ...inner, isShared: true })]],
    };
  }
  return { kind: 'all', parallel: drawInteger(rng, 1, 4), branches };
}

function drawAsk(drawing: Drawing, place: Place): Part {
  const { rng, isPure } = drawing;
  drawing.labels += 1;
  const of =
    (['chat', 'chat', 'effect', 'effect', 'embed', 'search', 'call'] as const)[drawInteger(rng, 0, 6)] ??
    'chat';
  const mayFail = !(isPure && place.isShared);
  const once = of === 'effect' && !isPure && rng() < 0.4;
  return {
    kind: 'ask',
    of,
    label: `s${drawing.labels}`,
    streams: of === 'chat' && rng() < 0.6,
    once,
    fails: rng() < 0.7 ? 0 : drawInteger(rng, 1, mayFail ? TRIES : TRIES - 1),
    isDoomed: mayFail && rng() < 0.06,
  };
}

function drawEmit(drawing: Drawing): Part {
  const what = (['event', 'say', 'draft'] as const)[drawInteger(drawing.rng, 0, 2)] ?? 'event';
  drawing.labels += 1;
  return { kind: 'emit', what, label: `e${drawing.labels}` };
}
