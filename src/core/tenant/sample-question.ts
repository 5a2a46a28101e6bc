// A request that nobody sends, to ask rules what they would do with it: its facts as a person writes them, and as the planner of routes
// wants them. What is left out is not known. Pure.
import { z } from 'zod';
import type { JsonObject } from '../door/parse-body.ts';
import { readBodyFacts } from '../routing/body-facts.ts';
import { pickRouteHeaders } from '../routing/route-headers.ts';
import type { RouteQuestion, TargetView } from '../routing/route-question.ts';

const textCharsMax = 500;
const namesMax = 64;
const viewsMax = 200;
const numberMax = 1_000_000_000_000;

const text = z
  .string({ error: 'must be a string' })
  .max(textCharsMax, { error: `may have at most ${textCharsMax} characters` });
const flag = z.boolean({ error: 'must be true or false' });
const amount = z
  .number({ error: 'must be a number' })
  .min(0, { error: 'must not be negative' })
  .max(numberMax, { error: `must be at most ${numberMax}` });
const texts = z
  .record(text, text, { error: 'must be an object of strings' })
  .refine((entries) => Object.keys(entries).length <= namesMax, {
    error: `may have at most ${namesMax} entries`,
  });

const view = z.strictObject(
  {
    warmth: z.enum(['hot', 'parked', 'cold'], { error: 'must be hot, parked or cold' }).nullish(),
    predictedWaitMs: amount.nullish(),
    firstTokenMsP50: amount.nullish(),
    firstTokenMsP95: amount.nullish(),
    inFlight: amount.nullish(),
    slots: amount.nullish(),
    price: amount.nullish(),
    contextTokens: amount.nullish(),
    tools: flag.nullish(),
    open: flag.nullish(),
  },
  { error: 'must hold facts of a target, and no other field' },
);

export const sampleQuestion = z.strictObject(
  {
    /** A whole request body as a client would send it; the other fields say more, or otherwise. */
    request: z.looseObject({}, { error: 'must be an object' }).nullish(),
    model: text.min(1, { error: 'must not be empty' }).nullish(),
    task: z.enum(['chat', 'embedding'], { error: 'must be chat or embedding' }).nullish(),
    key: text.nullish(),
    labels: texts.nullish(),
    metadata: texts.nullish(),
    headers: texts.nullish(),
    country: text.nullish(),
    region: text.nullish(),
    colo: text.nullish(),
    promptTokens: amount.nullish(),
    tools: flag.nullish(),
    json: flag.nullish(),
    stream: flag.nullish(),
    session: text.nullish(),
    user: text.nullish(),
    prefix: text.nullish(),
    budgetLeftMicros: amount.nullish(),
    /** When the request comes; now, if it is left out. */
    at: z.iso.datetime({ offset: true, error: 'must be a time such as 2026-11-25T10:00:00Z' }).nullish(),
    seed: z
      .int({ error: 'must be a whole number' })
      .min(0, { error: 'must not be negative' })
      .max(0xffff_ffff, { error: 'must be below 2^32' })
      .nullish(),
    /** What is known of targets, by version id. */
    views: z
      .record(text, view, { error: 'must be an object of targets' })
      .refine((entries) => Object.keys(entries).length <= viewsMax, {
        error: `may have at most ${viewsMax} entries`,
      })
      .nullish(),
  },
  { error: sayWhatIsWrong },
);

export type SampleQuestion = z.infer<typeof sampleQuestion>;

/** What a question takes from the deployment. */
export type QuestionFrame = Pick<
  RouteQuestion,
  'catalogue' | 'place' | 'rules' | 'platform' | 'tenant' | 'nowMs'
> & {
  /** Of targets that the sample says nothing of. */
  readonly views: RouteQuestion['views'];
};

/** The planner's question. */
export function makeQuestion(sample: SampleQuestion, frame: QuestionFrame): RouteQuestion {
  const body: JsonObject = sample.request ?? {};
  const facts = readBodyFacts(body);
  const { at, model } = sample;
  return {
    ...frame,
    nowMs: typeof at === 'string' ? Date.parse(at) : frame.nowMs,
    model: or(model, textOf(body['model'])),
    task: sample.task ?? (Object.hasOwn(body, 'input') ? 'embedding' : 'chat'),
    keyId: or(sample.key, ''),
    labels: or(sample.labels, {}),
    metadata: or(sample.metadata, facts.metadata),
    headers: pickRouteHeaders(Object.entries(or(sample.headers, {}))),
    country: or(sample.country, null),
    region: or(sample.region, null),
    colo: or(sample.colo, null),
    promptTokens: or(sample.promptTokens, facts.promptTokens),
    tools: or(sample.tools, facts.tools),
    json: or(sample.json, facts.json),
    stream: or(sample.stream, body['stream'] === true),
    session: or(sample.session, null),
    user: or(sample.user, facts.user),
    prefix: or(sample.prefix, facts.prefix),
    budgetLeftMicros: or(sample.budgetLeftMicros, null),
    seed: or(sample.seed, 0),
    views: new Map([
      ...frame.views,
      ...Object.entries(sample.views ?? {}).map(
        ([id, given]) => [id, viewOf(given, frame.views.get(id))] as const,
      ),
    ]),
  };
}

/** What is the version's own, whatever its pool does, is that of the deployment where the sample does not say otherwise. */
function viewOf(given: z.infer<typeof view>, served: TargetView | undefined): TargetView {
  return {
    warmth: or(given.warmth, null),
    predictedWaitMs: or(given.predictedWaitMs, null),
    firstTokenMsP50: or(given.firstTokenMsP50, null),
    firstTokenMsP95: or(given.firstTokenMsP95, null),
    inFlight: or(given.inFlight, 0),
    slots: or(given.slots, 0),
    price: or(given.price, served?.price ?? null),
    contextTokens: or(given.contextTokens, served?.contextTokens ?? null),
    tools: or(given.tools, served?.tools ?? null),
    open: or(given.open, false),
  };
}

/** What was said, else what stands in for it. */
function or<T>(given: T | null | undefined, otherwise: T): T {
  return given ?? otherwise;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Of a closed object. Zod's own words repeat the names that a client made up, however many. */
export function sayWhatIsWrong(issue: { readonly code?: string; readonly keys?: readonly string[] }): string {
  return issue.code === 'unrecognized_keys'
    ? `has a field that is not known: "${(issue.keys?.[0] ?? '').slice(0, 50)}"`
    : 'must be an object';
}
