// Laws of the small parts of a run, over drawn values.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChatStreamForm } from '../../../src/core/run/chat-stream-form.ts';
import { compactWrites } from '../../../src/core/run/compact-writes.ts';
import { decideRun } from '../../../src/core/run/decide-run.ts';
import { copyJson, exceedsBytes, stableText } from '../../../src/core/run/json.ts';
import { budgetForChild, findUsedUp, makeBudget } from '../../../src/core/run/run-budget.ts';
import type { RunWrite, StepAsk } from '../../../src/core/run/run-events.ts';
import {
  LOG_CHARS_MAX,
  LOG_ENTRIES_MAX,
  textIn,
  type LogEntry,
  type LogType,
} from '../../../src/core/run/run-state.ts';
import type { RunProgress, RunState, StepRecord } from '../../../src/core/run/run-state.ts';

describe('a budget', () => {
  const wish = fc.oneof(fc.double(), fc.integer({ min: -5, max: 2_000 }), fc.constant(undefined));
  const wishes = fc.record({ steps: wish, tokens: wish, micros: wish, totalMs: wish, depth: wish });
  const spent = fc.record({
    steps: fc.nat(2_000),
    tokens: fc.nat(200_000),
    micros: fc.nat(2_000_000),
  });

  test('is whole, positive and under its ceiling, whatever was wished', () => {
    fc.assert(
      fc.property(wishes, (wished) => {
        const budget = makeBudget(wished as never);
        for (const value of Object.values(budget)) expect(Number.isInteger(value) && value >= 1).toBe(true);
        expect(budget.steps <= 1_000 && budget.depth <= 4 && budget.totalMs <= 3_600_000).toBe(true);
        expect(makeBudget(budget)).toEqual(budget);
      }),
    );
  });

  test('of a child never exceeds what its parent has left, and is used up where the parent’s is', () => {
    fc.assert(
      fc.property(wishes, wishes, spent, fc.integer({ min: -10, max: 1e6 }), (own, wished, used, leftMs) => {
        const parent = makeBudget(wished as never);
        const child = budgetForChild(makeBudget(own as never), parent, used, leftMs);
        expect(child.steps + used.steps <= Math.max(parent.steps, used.steps)).toBe(true);
        expect(child.tokens + used.tokens <= Math.max(parent.tokens, used.tokens)).toBe(true);
        expect(child.micros + used.micros <= Math.max(parent.micros, used.micros)).toBe(true);
        expect(child.totalMs <= Math.max(0, leftMs) && child.depth < parent.depth).toBe(true);
        const nothing = { steps: 0, tokens: 0, micros: 0 };
        if (findUsedUp(parent, used) !== null) expect(findUsedUp(child, nothing)).not.toBeNull();
      }),
    );
  });
});

describe('JSON', () => {
  test('is written the same way again, and means the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = stableText(value) ?? '';
        expect(stableText(JSON.parse(text))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(stableText(copyJson(value))).toBe(text);
      }),
    );
  });

  test('is copied as of now; what it cannot hold is not copied', () => {
    const list = [1];
    const copy = copyJson(list);
    list.push(2);
    expect([copy, copyJson(undefined)]).toEqual([[1], null]);
    for (const odd of [1n, () => 1, Symbol('x')]) expect(copyJson(odd)).toBeUndefined();
  });

  test('is measured in bytes as it will be stored', () => {
    const text = fc.string({ unit: 'binary', maxLength: 50 });
    fc.assert(
      fc.property(text, fc.nat(150), (each, max) => {
        expect(exceedsBytes(each, max)).toBe(new TextEncoder().encode(each).length > max);
      }),
    );
  });
});

test('one commit of many decisions leaves the rows that one commit for each would leave', () => {
  const write: fc.Arbitrary<RunWrite> = fc.oneof(
    fc.record({
      kind: fc.constant('progress' as const),
      progress: fc.nat().map((n) => n as never as RunProgress),
    }),
    fc.record({
      kind: fc.constant('step' as const),
      step: fc.record({ n: fc.nat(4), attempt: fc.nat() }).map((step) => step as never as StepRecord),
    }),
  );
  const rows = (writes: readonly RunWrite[]): unknown => {
    const table = new Map<string, unknown>();
    for (const each of writes) table.set(each.kind === 'step' ? `step ${each.step.n}` : each.kind, each);
    return table;
  };
  fc.assert(
    fc.property(fc.array(write, { maxLength: 30 }), (writes) => {
      expect(rows(compactWrites(writes))).toEqual(rows(writes));
      expect(compactWrites(writes).length).toBeLessThanOrEqual(6);
    }),
  );
});

describe('a run as a chat stream', () => {
  const entry = (type: LogType, data: LogEntry['data']): LogEntry => ({ seq: 1, type, data });
  const pieces = fc.array(fc.constantFrom('a', 'b', 'ab'), { maxLength: 3 });
  /** The attempts of one step, each as the pieces that were shown of it. */
  const attempts = fc.array(pieces, { minLength: 1, maxLength: 3 });

  function logOf(steps: readonly (readonly (readonly string[])[])[]): readonly LogEntry[] {
    return steps.flatMap((tries, step) => [
      ...tries.flatMap((words, at) => [
        ...(at > 0 && (tries[at - 1] ?? []).length > 0 ? [entry('segment', { step, attempt: at + 1 })] : []),
        ...words.map((text) => entry('text', { step, attempt: at + 1, text })),
      ]),
      entry('step.done', { step, ok: true }),
    ]);
  }

  function heard(log: readonly LogEntry[]): { readonly words: string; readonly isWhole: boolean } {
    const form = new ChatStreamForm({ id: 'run_1', model: 'function:f', created: 1 }, () => '');
    const body = log.map((each) => form.render(each)).join('');
    const chunks = [...body.matchAll(/"delta":\{"content":("[^"]*")/g)];
    const words = chunks.map(([, text]) => JSON.parse(text ?? '""') as string).join('');
    return { words, isWhole: body.endsWith('data: [DONE]\n\n') };
  }

  test('is whole exactly when no attempt took back what was said, and then it is what the steps said in the end', () => {
    fc.assert(
      fc.property(fc.array(attempts, { maxLength: 3 }), (steps) => {
        const { words, isWhole } = heard([...logOf(steps), entry('run.completed', { output: null })]);
        const last = steps.map((tries) => (tries.at(-1) ?? []).join(''));
        const isKept = steps.every((tries, at) =>
          tries.every((said) => (last[at] ?? '').startsWith(said.join(''))),
        );
        if (isKept) expect([words, isWhole]).toEqual([last.join(''), true]);
        else expect(isWhole).toBe(false);
      }),
    );
  });

  test('of steps that speak at once skips what each of them says again, and only that', () => {
    const text = (step: number, attempt: number, words: string): LogEntry =>
      entry('text', { step, attempt, text: words });
    const log = [
      text(0, 1, 'a1 '),
      text(1, 1, 'b1 '),
      entry('segment', { step: 0, attempt: 2 }),
      text(1, 1, 'b2 '),
      text(0, 2, 'a1 a2 '),
      entry('step.done', { step: 0, ok: true }),
      entry('step.done', { step: 1, ok: true }),
      entry('run.completed', { output: null }),
    ];
    expect(heard(log)).toEqual({ words: 'a1 b1 b2 a2 ', isWhole: true });
  });

  test('ends as an error when a step that has spoken fails in the end', () => {
    const log = [
      entry('text', { step: 0, attempt: 1, text: 'half an ans' }),
      entry('step.done', { step: 0, ok: false }),
      entry('text', { step: 1, attempt: 1, text: 'another' }),
      entry('run.completed', { output: null }),
    ];
    expect(heard(log)).toEqual({ words: 'half an ans', isWhole: false });
  });
});

describe('a log that is full ends its run, once, and nothing follows the end:', () => {
  const ask = (n: number, sleepMs: number | null): StepAsk => ({
    n,
    kind: sleepMs === null ? 'chat' : 'sleep',
    name: 'a',
    hash: 'h',
    once: false,
    attemptsMax: 3,
    seen: 0,
    sleepMs,
  });

  /** A run with two steps, the first of which has spoken, and as good as no room left in its log. */
  function fullRun(left: { readonly entries?: number; readonly chars?: number }): RunState {
    const spec = {
      id: 'run_1',
      tenant: 'acme',
      function: 'f',
      version: 1,
      input: {},
      inputHash: 'x',
      budget: makeBudget({}),
      createdMs: 0,
      parent: null,
    };
    let { state } = decideRun(null, { kind: 'create', spec }, 0);
    state = decideRun(state, { kind: 'ask', ask: ask(0, null) }, 0).state;
    state = decideRun(state, { kind: 'text', n: 0, attempt: 1, text: 'x' }, 0).state;
    for (const n of [1, 2]) state = decideRun(state, { kind: 'ask', ask: ask(n, 10) }, 0).state;
    if (state === null) throw new Error('no run');
    const tailSeq = LOG_ENTRIES_MAX - (left.entries ?? 1_000);
    const logChars = LOG_CHARS_MAX - (left.chars ?? 1_000);
    return { ...state, progress: { ...state.progress, tailSeq, logChars } };
  }

  const measure = { pool: null, version: null, warmth: null, queueMs: 0, coldMs: 0, tokens: 0, micros: 0 };

  test.each([
    ['by words', { chars: 1 }, { kind: 'text', n: 0, attempt: 1, text: 'yy' }],
    ['by a megabyte at once', {}, { kind: 'text', n: 0, attempt: 1, text: 'y'.repeat(1e6) }],
    [
      'by the end of a step',
      { entries: 0 },
      { kind: 'settle', n: 0, attempt: 1, end: { ok: true, value: 1 }, measure },
    ],
    ['by the ends of two sleeps', { entries: 0 }, { kind: 'tick', asked: 3 }],
    ['by a segment', { entries: 0 }, { kind: 'ask', ask: ask(0, null) }],
    ['by a new step', { entries: 0 }, { kind: 'ask', ask: ask(3, null) }],
    ['by what the author says', { chars: 0 }, { kind: 'emit', k: 0, emission: { kind: 'say', text: 'yy' } }],
  ] as const)('%s', (_name, left, event) => {
    const step = decideRun(fullRun(left), event, 20);
    const types = step.writes.flatMap((write) => (write.kind === 'log' ? [write.entry.type] : []));
    expect(types.at(-1)).toBe('run.incomplete');
    expect(types.filter((type) => type.startsWith('run.'))).toHaveLength(1);
    expect(step.effects.map(({ kind }) => kind)).not.toContain('perform');
    expect(step.effects.map(({ kind }) => kind)).not.toContain('deliver');
    for (const { status } of step.state?.steps ?? []) expect(status.kind).toMatch(/settled|dropped/);
  });

  test('a megabyte at once is told in entries that fit a row, without a pair of halves torn apart', () => {
    const state = fullRun({ chars: 1_500_000 });
    const text = `x${'\u{1F525}'.repeat(100_000)}`;
    const { writes } = decideRun(state, { kind: 'text', n: 0, attempt: 1, text }, 20);
    const parts = writes.flatMap((write) => (write.kind === 'log' ? [textIn(write.entry.data, 'text')] : []));
    expect(parts.join('')).toBe(text);
    expect(parts.length).toBeGreaterThan(3);
    for (const part of parts) expect(part.isWellFormed() && part.length <= 64_000).toBe(true);
  });
});
