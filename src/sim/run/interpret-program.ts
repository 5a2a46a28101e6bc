// Runs a drawn program as a function's code: each part becomes what an author would write. Owns nothing but that; what steps come to is the
// outside's (sim-outside.ts).
import { z } from 'zod';
import {
  chat,
  defineFunction,
  embedding,
  searchIndex,
  type CompoundFunction,
} from '../../core/run/define-function.ts';
import { FunctionError, type EffectAt, type RunContext } from '../../core/run/run-context.ts';
import { StepFailure } from '../../hosts/run-code.ts';
import { TRIES, type AskPart, type Part, type Program } from './program.ts';

export type PerformAuthored = (part: AskPart, at: string, effect: EffectAt) => Promise<string>;

const called = defineFunction({
  name: 'called',
  version: 1,
  description: 'stands for any function that is called',
  input: z.string(),
  output: z.string(),
  uses: {},
  run: async () => '',
});

const uses = {
  models: { talk: chat('talk'), embed: embedding('embed') },
  indexes: { notes: searchIndex('notes') },
  functions: { other: called },
} as const;

type Ctx = RunContext<typeof uses>;

const input = z.object({ n: z.number() });
const output = z.array(z.string());

/** `effect` performs what the author's own effects do; it belongs to one life of the object. */
export function functionOf({ parts }: Program, effect: PerformAuthored): CompoundFunction {
  return defineFunction({
    name: 'program',
    version: 1,
    description: 'a drawn program',
    input,
    output,
    uses,
    run: (ctx) => runParts({ ctx, effect, at: '' }, parts),
  });
}

interface Scope {
  readonly ctx: Ctx;
  readonly effect: PerformAuthored;
  /** Where in the program: rounds of loops and branches, so that no two steps have one name. */
  readonly at: string;
}

async function runParts(scope: Scope, parts: readonly Part[]): Promise<string[]> {
  const results: string[] = [];
  for (const part of parts) results.push(...(await runPart(scope, part)));
  return results;
}

async function runPart(scope: Scope, part: Part): Promise<string[]> {
  const { ctx, at } = scope;
  switch (part.kind) {
    case 'ask':
      return [await runAsk(scope, part)];
    case 'sleep':
      await ctx.sleep(part.ms);
      return [];
    case 'pause':
      for (let turn = 0; turn < part.turns; turn += 1) await Promise.resolve();
      return [];
    case 'emit':
      say(ctx, part.what, part.label + at);
      return [];
    case 'throw':
      throw new FunctionError(part.code, 'The program says so.');
    case 'catch':
      return await runCaught(scope, part.body);
    case 'stubborn':
      return await runStubborn(scope, part.body);
    case 'loop':
      return await runLoop(scope, part.rounds, part.body);
    case 'all':
      return (await ctx.all(branchesOf(scope, part.branches), { parallel: part.parallel })).flat();
    case 'race':
      return await ctx.race(branchesOf(scope, part.branches));
    default:
      return part satisfies never;
  }
}

function branchesOf(scope: Scope, branches: readonly (readonly Part[])[]) {
  return branches.map(
    (parts, index) =>
      (ctx: Ctx): Promise<string[]> =>
        runParts({ ...scope, ctx, at: `${scope.at}/${index}` }, parts),
  );
}

/** What is drawn and what the clock said is part of the request: a replay that gets another one disagrees with its journal. */
async function runAsk({ ctx, effect, at }: Scope, part: AskPart): Promise<string> {
  const label = `${part.label}${at}`;
  const content = `${label}|${ctx.random()}|${ctx.now()}`;
  switch (part.of) {
    case 'chat': {
      const messages = [{ role: 'user' as const, content }];
      return (await ctx.models.talk.chat({ messages, stream: part.streams }, { attempts: TRIES })).text;
    }
    case 'embed': {
      const vectors = await ctx.models.embed.embed([content], { attempts: TRIES });
      return String.fromCharCode(...(vectors[0] ?? []));
    }
    case 'search':
      return (await ctx.search.notes.query({ query: content }, { attempts: TRIES }))[0]?.text ?? '';
    case 'call':
      return await ctx.call('other', content);
    case 'effect':
      return await ctx.step(label, (moment) => effect(part, at, moment), {
        attempts: TRIES,
        once: part.once,
      });
    default:
      return part.of satisfies never;
  }
}

function say(ctx: Ctx, what: 'event' | 'say' | 'draft', label: string): void {
  if (what === 'event') ctx.emit('told', { label, now: ctx.now() });
  else if (what === 'say') ctx.say(label);
  else ctx.draft(label);
}

async function runCaught(scope: Scope, body: readonly Part[]): Promise<string[]> {
  try {
    return await runParts(scope, body);
  } catch (cause) {
    return [`caught ${codeOf(cause)}`];
  }
}

async function runStubborn(scope: Scope, body: readonly Part[]): Promise<string[]> {
  for (let round = 0; ; round += 1) {
    try {
      return await runParts({ ...scope, at: `${scope.at}!${round}` }, body);
    } catch {
      await scope.ctx.sleep(10);
    }
  }
}

async function runLoop(scope: Scope, rounds: number, body: readonly Part[]): Promise<string[]> {
  const results: string[] = [];
  for (let round = 0; round < rounds; round += 1)
    results.push(...(await runParts({ ...scope, at: `${scope.at}.${round}` }, body)));
  return results;
}

function codeOf(cause: unknown): string {
  return cause instanceof StepFailure || cause instanceof FunctionError ? cause.code : 'unknown';
}
