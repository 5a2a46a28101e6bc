// What a written rule means, worked out the slow and plain way from the rule as it was written: nothing normalized, nothing compiled,
// globs by trying every split, local time by asking the runtime. What routing does is held against it.
import { namesOf, resolveModel, type AliasScope } from '../../../src/core/routing/resolve-model.ts';
import type { RouteQuestion } from '../../../src/core/routing/route-question.ts';
import type {
  Condition,
  NumberRange,
  Rule,
  TextMatch,
  TimeWindow,
} from '../../../src/core/routing/rule-set.ts';

export function meets(condition: Condition, question: RouteQuestion, scope: AliasScope): boolean {
  return Object.entries(condition).every(([field, value]) =>
    judges[field as keyof Condition]({ field, value, question, scope }),
  );
}

interface Field {
  readonly field: string;
  readonly value: unknown;
  readonly question: RouteQuestion;
  readonly scope: AliasScope;
}

type Judge = (field: Field) => boolean;

const ofText =
  (read: (question: RouteQuestion) => string | null, isUpper = false): Judge =>
  ({ value, question }) =>
    meetsText(value as TextMatch, read(question), isUpper);

const ofNames: Judge = ({ field, value, question }) => {
  const known = new Map(Object.entries(question[field as 'labels']));
  return Object.entries(value as Readonly<Record<string, TextMatch>>).every(([name, match]) =>
    meetsText(match, known.get(name) ?? null, false),
  );
};

const ofNumber: Judge = ({ field, value, question }) =>
  meetsRange(value as NumberRange, question[field as 'promptTokens']);

const ofWord: Judge = ({ field, value, question }) => question[field as 'task'] === value;

const ofParts = (value: unknown): readonly Condition[] => value as readonly Condition[];

const judges: Readonly<Record<keyof Condition, Judge>> = {
  all: ({ value, question, scope }) => ofParts(value).every((part) => meets(part, question, scope)),
  any: ({ value, question, scope }) => ofParts(value).some((part) => meets(part, question, scope)),
  not: ({ value, question, scope }) => !meets(value as Condition, question, scope),
  model: ({ value, question }) =>
    namesOf([question.rules.aliases, question.platform.aliases], question.model).some((name) =>
      meetsText(value as TextMatch, name, false),
    ),
  key: ofText(({ keyId }) => keyId),
  tenant: ofText(({ tenant }) => tenant),
  region: ofText(({ region }) => region),
  country: ofText(({ country }) => country, true),
  colo: ofText(({ colo }) => colo, true),
  labels: ofNames,
  metadata: ofNames,
  headers: ofNames,
  tools: ofWord,
  json: ofWord,
  stream: ofWord,
  task: ofWord,
  promptTokens: ofNumber,
  budgetLeftMicros: ofNumber,
  warmth: (field) => meetsPool(field, field.value as Pool),
  predictedWaitMs: (field) => meetsPool(field, field.value as Pool),
  time: ({ value, question }) => meetsTime(value as TimeWindow, question.nowMs),
};

interface Pool extends NumberRange {
  readonly is?: readonly string[];
  readonly of?: string;
}

function meetsPool({ field, question, scope }: Field, { is, of, ...range }: Pool): boolean {
  const own = [question.rules.aliases, question.platform.aliases];
  const version =
    of === undefined
      ? resolveModel(question.catalogue, own, question.model)
      : resolveModel(question.catalogue, scope, of);
  const view = question.views.get(version?.id ?? '');
  if (view === undefined) return false;
  if (field === 'predictedWaitMs') return meetsRange(range, view.predictedWaitMs);
  return view.warmth !== null && (is ?? []).includes(view.warmth);
}

function meetsText(match: TextMatch, text: string | null, isUpper: boolean): boolean {
  const same = (written: string): string => (isUpper ? written.toUpperCase() : written);
  if (typeof match === 'string') return text === same(match);
  if (match.exists !== undefined) return (text !== null) === match.exists;
  if (text === null) return false;
  if (match.equals !== undefined) return text === same(match.equals);
  if (match.in !== undefined) return match.in.some((each) => same(each) === text);
  if (match.prefix !== undefined) return text.indexOf(same(match.prefix)) === 0;
  return meetsGlob(same(match.glob ?? ''), text);
}

/** By trying every place where a star might end. */
export function meetsGlob(glob: string, text: string): boolean {
  if (glob === '') return text === '';
  if (glob.startsWith('*')) {
    for (let at = 0; at <= text.length; at += 1) if (meetsGlob(glob.slice(1), text.slice(at))) return true;
    return false;
  }
  return text !== '' && text[0] === glob[0] && meetsGlob(glob.slice(1), text.slice(1));
}

function meetsRange({ min, max }: NumberRange, value: number | null): boolean {
  return value !== null && !(min !== undefined && value < min) && !(max !== undefined && value > max);
}

/** Minute by minute back from now to the window's beginning, within a day. */
function meetsTime({ zone, days, from = '00:00', to = '24:00' }: TimeWindow, nowMs: number): boolean {
  const [day, now] = clockIn(zone, nowMs);
  const [yesterday] = clockIn(zone, nowMs - minutesOf(now) * 60_000 - 3 * 3_600_000);
  const isOn = (each: string): boolean => days === undefined || days.some((other) => other === each);
  const [start, end, at] = [minutesOf(from), minutesOf(to), minutesOf(now)];
  if (start < end) return isOn(day) && at >= start && at < end;
  return (at >= start && isOn(day)) || (at < end && isOn(yesterday));
}

function minutesOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
}

function clockIn(timeZone: string, ms: number): readonly [string, string] {
  const words = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(ms);
  const [day = '', clock = ''] = words.toLowerCase().split(/[ ,]+/);
  return [day, clock];
}

export interface Written {
  readonly aliases: Readonly<Record<string, string>>;
  readonly rules: readonly Rule[];
  readonly keys: Readonly<Record<string, readonly Rule[]>>;
}

/** Rules that fire, in their order, as `layer id`. */
export function firing(tenant: Written, platform: Written, question: RouteQuestion): readonly string[] {
  const own = [tenant.aliases, platform.aliases];
  const layers = [
    { layer: 'key', rules: new Map(Object.entries(tenant.keys)).get(question.keyId) ?? [], scope: own },
    { layer: 'tenant', rules: tenant.rules, scope: own },
    { layer: 'platform', rules: platform.rules, scope: [platform.aliases] },
  ];
  const fired: string[] = [];
  for (const { layer, rules, scope } of layers) {
    for (const rule of rules) {
      if (rule.enabled === false || !meets(rule.match ?? {}, question, scope)) continue;
      fired.push(`${layer} ${rule.id}`);
      if (rule.continue !== true) return fired;
    }
  }
  return fired;
}
