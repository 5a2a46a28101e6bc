// What a pure program comes to, without running it on anything: the oracle beside which a run with crashes is held. Knows nothing of the
// run host. Pure.
import { neverSucceeds, type AskPart, type Part, type Program } from './program.ts';

export type Outcome =
  | { readonly kind: 'completed'; readonly output: readonly string[] }
  | { readonly kind: 'failed'; readonly code: string }
  | { readonly kind: 'incomplete'; readonly reason: string; readonly draft: unknown };

class Thrown extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

class UsedUp extends Error {}

/** The budget ends in the middle of branches that run beside one another: the last draft is then a matter of who is quicker. */
class Unknowable extends Error {}

interface Walk {
  stepsLeft: number;
  draft: unknown;
}

/** Null when it depends on who is quicker. `steps`: the budget of the run. */
export function expectOutcome({ parts, isPure }: Program, steps: number): Outcome | null {
  if (!isPure) return null;
  const walk: Walk = { stepsLeft: steps, draft: null };
  try {
    return { kind: 'completed', output: follow(walk, parts, '') };
  } catch (cause) {
    if (cause instanceof Thrown) return { kind: 'failed', code: cause.code };
    if (cause instanceof UsedUp) return { kind: 'incomplete', reason: 'budget_steps', draft: walk.draft };
    return null;
  }
}

function follow(walk: Walk, parts: readonly Part[], at: string): readonly string[] {
  return parts.flatMap((part) => followPart(walk, part, at));
}

function followPart(walk: Walk, part: Part, at: string): readonly string[] {
  switch (part.kind) {
    case 'ask':
      spendStep(walk);
      return [answerTo(part, at)];
    case 'sleep':
      spendStep(walk);
      return [];
    case 'pause':
      return [];
    case 'emit':
      if (part.what === 'draft') walk.draft = part.label + at;
      return [];
    case 'throw':
      throw new Thrown(part.code);
    case 'catch':
      return caught(walk, part.body, at) ?? [];
    case 'stubborn':
      return followStubborn(walk, part.body, at);
    case 'loop':
      return Array.from({ length: part.rounds }, (_, round) => round).flatMap((round) =>
        follow(walk, part.body, `${at}.${round}`),
      );
    case 'all':
      return followBeside(walk, part.branches, at);
    case 'race':
      throw new Unknowable();
    default:
      return part satisfies never;
  }
}

function spendStep(walk: Walk): void {
  if (walk.stepsLeft <= 0) throw new UsedUp();
  walk.stepsLeft -= 1;
}

function followBeside(walk: Walk, branches: readonly (readonly Part[])[], at: string): readonly string[] {
  const { draft } = walk;
  try {
    const results = branches.flatMap((branch, index) => follow(walk, branch, `${at}/${index}`));
    // Of several drafts the last one counts, and which one that is nobody knows.
    if (walk.draft !== draft) walk.draft = unknowable;
    return results;
  } catch (cause) {
    throw cause instanceof UsedUp ? new Unknowable() : cause;
  }
}

export const unknowable: unique symbol = Symbol('unknowable');

function caught(walk: Walk, body: readonly Part[], at: string): readonly string[] {
  try {
    return follow(walk, body, at);
  } catch (cause) {
    if (cause instanceof Thrown) return [`caught ${cause.code}`];
    throw cause;
  }
}

function followStubborn(walk: Walk, body: readonly Part[], at: string): readonly string[] {
  for (let round = 0; ; round += 1) {
    try {
      return follow(walk, body, `${at}!${round}`);
    } catch (cause) {
      if (!(cause instanceof Thrown)) throw cause;
      spendStep(walk);
    }
  }
}

/** What the outside answers to the step at this place of the program, whoever asks, however often; throws what it fails with. */
export function answerTo(part: AskPart, at: string): string {
  const { of, label, isDoomed } = part;
  if (isDoomed) throw new Thrown('refused');
  if (neverSucceeds(part)) throw new Thrown(of === 'effect' ? 'step_failed' : 'backend_down');
  return `${of} ${label}${at}`;
}
