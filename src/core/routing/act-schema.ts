// What a rule may do: the schemas of targets, choices, fallbacks, overrides and the rest. What ties several acts of a rule together is
// in `rule.ts`. Pure.
import { z } from 'zod';
import { ttlSecondsMax } from '../store/store-bounds.ts';
import {
  choosers,
  failureClasses,
  stickies,
  type Choice,
  type Fallback,
  type Overrides,
  type Spill,
  type Target,
} from './rule-set.ts';
import {
  afterWaitMsMax,
  afterWaitMsMin,
  choicesMax,
  fallbacksMax,
  spillsMax,
  systemPromptCharsMax,
  timeoutMsMax,
  weightMax,
} from './rule-bounds.ts';
import {
  closed,
  integer,
  isOne,
  isSome,
  list,
  modelName,
  must,
  number,
  oneOf,
  text,
} from './schema-parts.ts';

/** Longest `stop` that OpenAI takes, and how many. */
const stopsMax = 4;
const stopCharsMax = 128;

const parameters = closed({
  temperature: number(0, 2).optional(),
  top_p: number(0, 1).optional(),
  max_tokens: integer(1, 1_000_000).optional(),
  presence_penalty: number(-2, 2).optional(),
  frequency_penalty: number(-2, 2).optional(),
  seed: integer(0, Number.MAX_SAFE_INTEGER).optional(),
  stop: list(text(stopCharsMax), stopsMax).optional(),
  reasoning_effort: oneOf(['none', 'minimal', 'low', 'medium', 'high']).optional(),
}).refine(isSome, { error: 'must hold at least one parameter' });

const timeoutMs = integer(1, timeoutMsMax).optional();
const prompt = text(systemPromptCharsMax);

export const overrides: z.ZodType<Overrides> = closed({
  parameters: parameters.optional(),
  defaults: parameters.optional(),
  timeouts: closed({ firstTokenMs: timeoutMs, idleMs: timeoutMs, totalMs: timeoutMs })
    .refine(isSome, { error: 'must hold at least one of firstTokenMs, idleMs, totalMs' })
    .optional(),
  systemPrompt: z
    .union(
      [
        prompt,
        closed({ prepend: prompt.optional(), replace: prompt.optional() })
          .refine(isOne, { error: 'must hold exactly one of prepend, replace' })
          .meta({ minProperties: 1, maxProperties: 1 }),
      ],
      must('be a text, or an object with prepend or replace'),
    )
    .optional(),
})
  .refine(isSome, { error: 'must hold at least one of parameters, defaults, timeouts, systemPrompt' })
  .meta({ id: 'overrides' });

const orModel = must('be a model’s name, or an object with its model');

export const target: z.ZodType<Target> = z
  .union([modelName, closed({ model: modelName, overrides: overrides.optional() })], orModel)
  .meta({ id: 'target' });

const choosable = z.union(
  [
    modelName,
    closed({ model: modelName, weight: integer(0, weightMax).optional(), overrides: overrides.optional() }),
  ],
  orModel,
);

export const choose: z.ZodType<Choice> = closed({
  by: oneOf(choosers),
  from: list(choosable, choicesMax),
  sticky: oneOf(stickies).optional(),
  rest: oneOf(['follow', 'never']).optional(),
}).superRefine(({ by, from, sticky }, context) => {
  const weights = from.map((each) => (typeof each === 'string' ? undefined : each.weight));
  const blame = (path: PropertyKey[], message: string): void =>
    context.addIssue({ code: 'custom', path, message });
  if (by === 'weight') {
    if (weights.every((each) => each === 0)) blame(['from'], 'must have a weight above 0 somewhere');
    return;
  }
  if (sticky !== undefined) blame(['sticky'], `goes with "by": "weight" alone; "${by}" decides by itself`);
  const at = weights.findIndex((each) => each !== undefined);
  if (at !== -1) blame(['from', at, 'weight'], `goes with "by": "weight" alone, not with "${by}"`);
});

const fallbackStep: z.ZodType<Fallback> = z.union(
  [
    modelName,
    closed({
      model: modelName,
      on: list(oneOf(failureClasses), failureClasses.length).optional(),
      overrides: overrides.optional(),
    }),
  ],
  orModel,
);

export const fallback = list(fallbackStep, fallbacksMax);

/** The word that keeps what other rules say of an act from being added. */
const never = z.literal('never');

const spillFields: z.ZodType<Spill> = closed({
  to: z.union([modelName, list(target, spillsMax), target], must('be a model, or a list of models')),
  afterWaitMs: integer(afterWaitMsMin, afterWaitMsMax),
});
export const spill = z.union([never, spillFields], must('be "never", or an object with to and afterWaitMs'));

const hedgeFields = closed({
  after: z.union([z.literal('p95'), integer(1, timeoutMsMax)], must('be "p95" or milliseconds')),
});
export const hedge = z.union([never, hedgeFields], must('be "never", or an object with after'));

const shadowFields = closed({ to: target, share: number(0, 1) });
export const shadow = z.union([never, shadowFields], must('be "never", or an object with to and share'));

const cacheFields = closed({ ttlSeconds: integer(1, ttlSecondsMax) });
export const cache = z.union([never, cacheFields], must('be "never", or an object with ttlSeconds'));
