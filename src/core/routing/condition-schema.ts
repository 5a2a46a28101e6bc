// What a rule may ask for: the schema of a condition. Closed at every level, so that a misspelt field is an error when the rule is
// written. What no schema can say (nesting, totals, zones) is in `check-rules.ts`. Pure.
import { z } from 'zod';
import { isRouteHeader, routeHeadersInWords } from './route-headers.ts';
import { weekdays, warmths, type Condition, type NumberRange, type TextMatch } from './rule-set.ts';
import { namesMax, partsMax, starsMax, textsMax } from './rule-bounds.ts';
import {
  closed,
  flag,
  isOne,
  isSome,
  list,
  modelName,
  must,
  number,
  oneOf,
  pattern,
} from './schema-parts.ts';

const glob = pattern.refine((value) => value.split('*').length - 1 <= starsMax, {
  error: `may hold at most ${starsMax} stars`,
});

const textFields = closed({
  equals: pattern.optional(),
  in: list(pattern, textsMax).optional(),
  prefix: pattern.optional(),
  glob: glob.optional(),
  exists: flag.optional(),
})
  .refine(isOne, { error: 'must hold exactly one of equals, in, prefix, glob, exists' })
  .meta({ minProperties: 1, maxProperties: 1 });

const textMatch: z.ZodType<TextMatch> = z
  .union([pattern, textFields], must('be a text, or an object with one of equals, in, prefix, glob, exists'))
  .meta({ id: 'textMatch' });

const rangeEnd = number(0, Number.MAX_SAFE_INTEGER).optional();
const rangeFields = { min: rangeEnd, max: rangeEnd };
const hasRange = ({ min, max }: NumberRange): boolean => min !== undefined || max !== undefined;
const isRange = ({ min, max }: NumberRange): boolean => (min ?? 0) <= (max ?? Number.MAX_SAFE_INTEGER);
const noRange = { error: 'must hold min, max or both' };
const upsideDown = { error: 'must not have a min above its max' };
const range = closed(rangeFields).refine(hasRange, noRange).refine(isRange, upsideDown);

const labelName = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/);
const headerName = z.string().max(64).refine(isRouteHeader);

function named(name: z.ZodString, words: string) {
  return z
    .record(name, textMatch, {
      error: (issue) => (issue.code === 'invalid_key' ? words : 'must be an object of names and texts'),
    })
    .refine((value) => Object.keys(value).length >= 1 && Object.keys(value).length <= namesMax, {
      error: `must hold 1 to ${namesMax} names`,
    });
}

const labels = named(labelName, 'is not a name: letters, digits, _ . - and at most 64 of them');

const clock = z
  .string(must('be a time of day such as 08:30'))
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, must('be a time of day such as 08:30'));

const time = closed({
  zone: z.string(must('be an IANA time zone such as Europe/Berlin')).max(64, must('be an IANA time zone')),
  days: list(oneOf(weekdays), weekdays.length).optional(),
  from: clock.optional(),
  to: clock.optional(),
})
  .refine(({ days, from, to }) => isSome({ days, from, to }), { error: 'must hold days, from or to' })
  .refine(({ from = '00:00', to = '24:00' }) => from !== to, { error: 'must not end when it begins' })
  .refine(({ from }) => from !== '24:00', { error: 'must not begin at 24:00' });

/** What a country is compared with as a whole; a glob without a star is a text. */
function wholeTexts(match: TextMatch): readonly string[] {
  if (typeof match === 'string') return [match];
  const { equals, glob, in: list = [] } = match;
  return [
    ...list,
    ...(equals === undefined ? [] : [equals]),
    ...(glob === undefined || glob.includes('*') ? [] : [glob]),
  ];
}

/** As the platform tells it, `T1` for Tor: anything else would never hold. */
const country = textMatch.refine(
  (match) => wholeTexts(match).every((each) => /^[A-Za-z][A-Za-z0-9]$/.test(each)),
  { error: 'must be two letters of ISO 3166, such as DE' },
);

/** A part that says nothing would always hold, which is never what its author meant; at the top it is the rule for everything. */
export const condition: z.ZodType<Condition> = z
  .lazy(() =>
    closed({
      model: textMatch.optional(),
      task: oneOf(['chat', 'embedding']).optional(),
      tenant: textMatch.optional(),
      key: textMatch.optional(),
      tools: flag.optional(),
      json: flag.optional(),
      stream: flag.optional(),
      country: country.optional(),
      region: textMatch.optional(),
      colo: textMatch.optional(),
      promptTokens: range.optional(),
      budgetLeftMicros: range.optional(),
      labels: labels.optional(),
      metadata: labels.optional(),
      headers: named(
        headerName,
        `is not a header that rules may see; they are ${routeHeadersInWords}`,
      ).optional(),
      warmth: closed({ is: list(oneOf(warmths), warmths.length), of: modelName.optional() }).optional(),
      predictedWaitMs: closed({ ...rangeFields, of: modelName.optional() })
        .refine(hasRange, noRange)
        .refine(isRange, upsideDown)
        .optional(),
      time: time.optional(),
      all: list(part, partsMax).optional(),
      any: list(part, partsMax).optional(),
      not: part.optional(),
    }),
  )
  .meta({ id: 'condition' });

const part: z.ZodType<Condition> = condition.refine(isSome, { error: 'must hold at least one condition' });
