// Evaluates a compiled condition against the facts of one request. The answer is not yes or no but which test failed first, because
// whoever asks why a rule did not fire gets it from here. Cost is linear in the condition and in its texts. Pure.
import { unreachable } from '../base/assert.ts';
import type { Test, TextTest } from './compile-condition.ts';
import { matchesGlob } from './glob.ts';
import { resolveModel } from './resolve-model.ts';
import type { Facts, TargetView } from './route-question.ts';
import { globTextCharsMax } from './rule-bounds.ts';
import type { WarmthFact } from './rule-set.ts';
import { localTime } from './zone-clock.ts';

/** Null when the condition holds, else the test that does not: of several that must hold the first, of alternatives the list of them. */
export function findUnmet(test: Test, facts: Facts): Test | null {
  switch (test.kind) {
    case 'all': {
      for (const part of test.parts) {
        const unmet = findUnmet(part, facts);
        if (unmet !== null) return unmet;
      }
      return null;
    }
    case 'any':
      return test.parts.some((part) => findUnmet(part, facts) === null) ? null : test;
    case 'not':
      return findUnmet(test.part, facts) === null ? test : null;
    default:
      return holds(test, facts) ? null : test;
  }
}

type Leaf = Exclude<Test, { readonly kind: 'all' | 'any' | 'not' }>;

function holds(test: Leaf, facts: Facts): boolean {
  const { question } = facts;
  switch (test.kind) {
    case 'model':
      return facts.names.some((name) => holdsText(test.test, name));
    case 'task':
      return question.task === test.task;
    case 'text':
      return holdsText(test.test, readText(test, facts));
    case 'named':
      return holdsText(test.test, readNamed(test, facts));
    case 'flag':
      return question[test.fact] === test.wanted;
    case 'number':
      return isWithin(test, question[test.fact]);
    case 'warmth': {
      const warmth = warmthOf(test.of, facts);
      return warmth !== null && test.is.includes(warmth);
    }
    case 'wait':
      return isWithin(test, waitOf(test.of, facts));
    case 'time':
      return holdsTime(test, question.nowMs);
    default:
      return unreachable(test);
  }
}

/** A fact that is not known meets nothing, but that it is not there. */
function holdsText(test: TextTest, text: string | null): boolean {
  if (text === null) return test.kind === 'exists' && !test.wanted;
  switch (test.kind) {
    case 'equals':
      return text === test.text;
    case 'in':
      return test.texts.includes(text);
    case 'prefix':
      return text.startsWith(test.text);
    case 'glob':
      return text.length <= globTextCharsMax && matchesGlob(test.glob, text);
    case 'exists':
      return test.wanted;
    default:
      return unreachable(test);
  }
}

export function readText({ fact }: Extract<Leaf, { kind: 'text' }>, { question }: Facts): string | null {
  return fact === 'key' ? question.keyId : question[fact];
}

export function readNamed(
  { fact, name }: Extract<Leaf, { kind: 'named' }>,
  { question }: Facts,
): string | null {
  const texts = question[fact];
  return Object.hasOwn(texts, name) ? (texts[name] ?? null) : null;
}

function viewOf(of: string | null, { question, version, scope }: Facts): TargetView | undefined {
  const asked = of === null ? version : resolveModel(question.catalogue, scope, of);
  return asked === null ? undefined : question.views.get(asked.id);
}

function warmthOf(of: string | null, facts: Facts): WarmthFact | null {
  return viewOf(of, facts)?.warmth ?? null;
}

function waitOf(of: string | null, facts: Facts): number | null {
  return viewOf(of, facts)?.predictedWaitMs ?? null;
}

function isWithin(
  { min, max }: { readonly min: number; readonly max: number },
  value: number | null,
): boolean {
  return value !== null && value >= min && value <= max;
}

function holdsTime(window: Extract<Leaf, { kind: 'time' }>, nowMs: number): boolean {
  const local = localTime(window.zone, nowMs);
  if (local === null) return false;
  const { fromMinute, toMinute, days } = window;
  const { day, yesterday, minute } = local;
  if (fromMinute < toMinute) return days.includes(day) && minute >= fromMinute && minute < toMinute;
  // Over midnight: the hours after it belong to the day before.
  return (days.includes(day) && minute >= fromMinute) || (days.includes(yesterday) && minute < toMinute);
}

/** What the fact was, for whoever asks; null when it is not known or is the client's own text, which is not for logs. */
export function readFact(test: Test, facts: Facts): string | null {
  const { question } = facts;
  switch (test.kind) {
    case 'model':
      return facts.names.join(' -> ');
    case 'task':
      return question.task;
    case 'text':
      return readText(test, facts);
    case 'flag':
      return String(question[test.fact]);
    case 'number':
      return inWords(question[test.fact]);
    case 'warmth':
      return warmthOf(test.of, facts);
    case 'wait':
      return inWords(waitOf(test.of, facts));
    case 'time':
      return clockIn(test.zone, question.nowMs);
    case 'named':
    case 'all':
    case 'any':
    case 'not':
      return null;
    default:
      return unreachable(test);
  }
}

function inWords(value: number | null): string | null {
  return value === null ? null : String(value);
}

function clockIn(zone: string, nowMs: number): string | null {
  const local = localTime(zone, nowMs);
  if (local === null) return null;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${local.day} ${two(Math.floor(local.minute / 60))}:${two(local.minute % 60)}`;
}
