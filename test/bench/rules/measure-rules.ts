// The measurements of `npm run bench:rules`: evaluation, memory, and what fuzzed and hostile rules cost at most.
import * as fc from 'fast-check';
import { must } from '../../../src/core/base/assert.ts';
import { makeCheck, quantile, type Check } from '../../../src/cli/checks.ts';
import { compileRules, type CompiledRules } from '../../../src/core/routing/compile-rules.ts';
import { parseRules } from '../../../src/core/routing/parse-rules.ts';
import { planRoute } from '../../../src/core/routing/plan-route.ts';
import type { RouteQuestion } from '../../../src/core/routing/route-question.ts';
import { SnapshotShelf } from '../../../src/hosts/snapshot-shelf.ts';
import { facts, writtenSet } from '../../unit/routing/written-rules.ts';
import { hostileCases } from './hostile-rules.ts';
import { makeCompiled, makeQuestion, makeRules } from './make-rules.ts';

export const tenants = 10_000;
export const rulesEach = 50;
const questionsEach = 10;

const evalMicrosMax = 50;
const memoryMiBMax = 48;
const fuzzMsMax = 1;

/** Tenants that are in memory together; what making them leaves behind is cleared away before they are asked. */
const held = 1_000;
/** Tenants whose requests come in turn: the first of each finds its rules in memory that is cold. */
const busy = 20;

export function measureEvaluation(): readonly Check[] {
  ask(tenants, busy);
  const micros: number[] = [];
  let passedOver = 0;
  for (let from = 0; from < tenants; from += held) {
    const asked = ask(from, busy);
    for (const each of asked.micros) micros.push(each);
    passedOver += asked.passedOver;
  }
  const cold = ask(0, held).micros;
  const p99 = quantile(micros, 0.99);
  const passed = `${(passedOver / micros.length).toFixed(1)} of ${rulesEach} rules passed over`;
  const note = `${usual(micros)}; ${passed}; ${tenants} tenants, ${busy} at a time`;
  return [
    {
      ...makeCheck('rules.evalMicrosP99', p99, micros.length, note),
      bar: evalMicrosMax,
      op: '<=',
      ok: p99 <= evalMicrosMax,
    },
    makeCheck(
      'rules.coldMicrosP99',
      quantile(cold, 0.99),
      cold.length,
      `${usual(cold)}; ${held} tenants at a time, their rules never in the processor's cache`,
    ),
  ];
}

function usual(micros: readonly number[]): string {
  return `p50 ${quantile(micros, 0.5).toFixed(1)}, p99.9 ${quantile(micros, 0.999).toFixed(0)}`;
}

/** Ten requests of each of `held` tenants, `atOnce` tenants in turn. */
function ask(
  from: number,
  atOnce: number,
): { readonly micros: readonly number[]; readonly passedOver: number } {
  const sets = Array.from({ length: held }, (_, at) => makeCompiled(from + at, rulesEach));
  globalThis.gc?.();
  const micros: number[] = [];
  let passedOver = 0;
  for (let at = 0; at < held * questionsEach; at += 1) {
    const round = Math.floor(at / atOnce);
    const tenant = Math.floor(round / questionsEach) * atOnce + (at % atOnce);
    const rules = must(sets[tenant], 'a tenant that is held');
    const question = makeQuestion((from + tenant) * questionsEach + round, rules, (from + tenant) / tenants);
    const started = performance.now();
    const plan = planRoute(question);
    micros.push((performance.now() - started) * 1_000);
    for (const { outcome } of plan.explain.rules) if (outcome === 'not-met') passedOver += 1;
  }
  return { micros, passedOver };
}

/** What an isolate pays once for rules that it does not hold: their text read, checked and compiled. */
export function measureReading(): readonly Check[] {
  const count = 200;
  const millis: number[] = [];
  for (let tenant = 0; tenant < count; tenant += 1) {
    const text = JSON.stringify(makeRules(tenant, rulesEach));
    const started = performance.now();
    const parsed = parseRules(JSON.parse(text));
    if (parsed.ok) compileRules(parsed.value);
    millis.push(performance.now() - started);
  }
  return [
    makeCheck(
      'rules.readMsP99',
      quantile(millis, 0.99),
      count,
      `of a set of ${rulesEach} rules; median ${quantile(millis, 0.5).toFixed(2)}`,
    ),
  ];
}

/** The isolate's shelf with the rules of as many tenants as it takes; garbage apart where Node was started with --expose-gc. */
export function measureMemory(): readonly Check[] {
  const before = usedBytes();
  const shelf = new SnapshotShelf<CompiledRules>();
  for (let tenant = 0; tenant < tenants / 10; tenant += 1) {
    const set = makeRules(tenant, rulesEach);
    const snapshot = {
      rules: compileRules(set),
      version: 1,
      generation: 1,
      hash: '',
      source: 'published',
    } as const;
    shelf.add(`tenant-${tenant}`, snapshot);
    shelf.replace(`tenant-${tenant}`, snapshot, JSON.stringify(set).length);
  }
  const used = (usedBytes() - before) / 1024 ** 2;
  const { tenants: held, chars } = shelf.status(0);
  const note = `${held} tenants of ${rulesEach} rules held, ${Math.round(chars / 1024)} KiB of text, ${((used * 1024 ** 2) / chars).toFixed(1)} bytes a character`;
  return [
    {
      ...makeCheck('rules.memoryMiB', used, held, note),
      bar: memoryMiBMax,
      op: '<=',
      ok: used <= memoryMiBMax,
    },
  ];
}

function usedBytes(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** The dearest of fuzzed rules and of those made to be dear. The shortest of several times each, so that a pause of the machine is not theirs. */
export function measureFuzzed(count: number): readonly Check[] {
  let thrown = 0;
  let worst = { ms: 0, name: '' };
  const time = (question: RouteQuestion, name: string): number => {
    const ms = shortestMs(question);
    if (ms > worst.ms) worst = { ms, name };
    return ms;
  };
  const samples = fc.sample(fc.tuple(writtenSet, facts), { numRuns: count, seed: 5 });
  for (const [written, asked] of samples) {
    try {
      const parsed = parseRules(written);
      if (parsed.ok) time({ ...asked, rules: compileRules(parsed.value) }, 'a fuzzed set');
    } catch {
      thrown += 1;
    }
  }
  const cases = hostileCases();
  for (const { rule } of cases) time(rule.question, `a rule with ${rule.name}`);
  const { ms, name } = worst;
  const sets = cases.map(({ set }) => ({ name: set.name, ms: shortestMs(set.question) }));
  const dearest = sets.toSorted((a, b) => b.ms - a.ms)[0] ?? { name: '', ms: 0 };
  return [
    {
      ...makeCheck('rules.fuzzMsMax', ms, count + cases.length, `dearest: ${name}`),
      bar: fuzzMsMax,
      op: '<=',
      ok: ms <= fuzzMsMax,
    },
    {
      ...makeCheck('rules.fuzzThrown', thrown, count, 'rules that made anything throw'),
      bar: 0,
      op: '<=',
      ok: thrown === 0,
    },
    makeCheck(
      'rules.hostileSetMs',
      dearest.ms,
      cases.length,
      `a set with all conditions that fit: ${dearest.name}`,
    ),
  ];
}

const repeats = 5;

function shortestMs(question: RouteQuestion): number {
  let shortest = Infinity;
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    const started = performance.now();
    planRoute(question);
    shortest = Math.min(shortest, performance.now() - started);
  }
  return shortest;
}
