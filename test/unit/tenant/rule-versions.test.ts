// The history of a tenant's rules: what makes a version, what does not, what is refused, what is kept.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { etagOf, parseIfMatch, type IfMatch } from '../../../src/core/tenant/if-match.ts';
import {
  decidePublication,
  decideRollback,
  fileVersion,
  versionsMax,
  type RuleOrder,
  type RuleVersion,
} from '../../../src/core/tenant/rule-versions.ts';

const file = fileVersion('{"rules":[]}');
const order: RuleOrder = {
  ifMatch: { kind: 'any' },
  by: 'ada',
  comment: 'why',
  requestId: 'req_1',
  nowMs: 1_000,
};
const oneOf = (...etags: readonly string[]): IfMatch => ({ kind: 'one-of', etags });
const rulesOf = (id: string): string => JSON.stringify({ rules: [{ id }] });

function publish(current: RuleVersion, document: string, change: Partial<RuleOrder> = {}): RuleVersion {
  const decided = decidePublication(current, document, { ...order, ...change });
  if (!decided.ok || decided.value.kind !== 'made') throw new Error(`no version: ${JSON.stringify(decided)}`);
  return decided.value.made;
}

describe('a publication', () => {
  test('makes the next version, with who, when, why and of which request', () => {
    expect(publish(file, rulesOf('a'))).toEqual({
      version: 1,
      generation: 1_000,
      hash: expect.stringMatching(/^[0-9a-f]{16}$/),
      createdMs: 1_000,
      by: 'ada',
      comment: 'why',
      copyOf: null,
      requestId: 'req_1',
      document: rulesOf('a'),
    });
  });

  test('of the rules that hold already changes nothing, whatever the order of keys', () => {
    const current = publish(file, '{"a":1,"b":[{"c":2,"d":3}]}');
    const again = decidePublication(current, '{"b":[{"d":3,"c":2}],"a":1}', order);
    expect(again).toEqual({ ok: true, value: { kind: 'unchanged' } });
  });

  test('of what the file says makes no version while the file holds', () => {
    expect(decidePublication(file, file.document, order)).toEqual({ ok: true, value: { kind: 'unchanged' } });
  });

  test('in another order of rules is another version', () => {
    const current = publish(file, '{"rules":[1,2]}');
    expect(publish(current, '{"rules":[2,1]}').version).toBe(2);
  });

  test.each([
    ['the current tag', (tag: string) => oneOf(tag), true],
    ['the current tag among others', (tag: string) => oneOf('"0-0"', tag), true],
    ['an older tag', () => oneOf(etagOf(file)), false],
    ['the current tag, weak', (tag: string) => oneOf(`W/${tag}`), false],
    ['no tag', () => oneOf(), false],
  ])('that expects %s', (_name, make, isTaken) => {
    const current = publish(file, rulesOf('a'));
    const ifMatch = make(etagOf(current));
    const decided = decidePublication(current, rulesOf('b'), { ...order, ifMatch });
    expect(decided.ok).toBe(isTaken);
    if (!decided.ok) expect(decided.error).toEqual({ kind: 'rules-changed', etag: etagOf(current) });
  });

  test('is refused for its stale tag also when it would change nothing', () => {
    const current = publish(file, rulesOf('a'));
    expect(decidePublication(current, rulesOf('a'), { ...order, ifMatch: oneOf('"9-9"') }).ok).toBe(false);
  });

  test('gives every version a later generation, also in one millisecond and when the clock goes back', () => {
    const times = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(times, (clock) => {
        let current = file;
        for (const [at, nowMs] of clock.entries()) {
          const made = publish(current, rulesOf(`r${at}`), { nowMs });
          expect(made.version).toBe(current.version + 1);
          expect(made.generation).toBeGreaterThan(current.generation);
          current = made;
        }
      }),
    );
  });

  test('after a restore from a backup has a later generation than any version that was lost', () => {
    const backup = publish(file, rulesOf('a'), { nowMs: 1_000 });
    const lost = publish(publish(backup, rulesOf('b'), { nowMs: 2_000 }), rulesOf('c'), { nowMs: 3_000 });
    const after = publish(backup, rulesOf('d'), { nowMs: 4_000 });
    expect(after.version).toBeLessThan(lost.version);
    expect(after.generation).toBeGreaterThan(lost.generation);
  });

  test('forgets what is older than the newest that are kept', () => {
    const current = { ...publish(file, rulesOf('a')), version: 70 };
    const decided = decidePublication(current, rulesOf('b'), order);
    expect(decided).toMatchObject({ value: { made: { version: 71 }, keepFrom: 71 - versionsMax + 1 } });
  });
});

describe('a rollback', () => {
  const first = publish(file, rulesOf('a'));
  const second = publish(first, rulesOf('b'));

  test('makes a new version that says what the old one said, and of which it is a copy', () => {
    const decided = decideRollback(second, { version: 1, found: first }, order);
    expect(decided).toMatchObject({
      value: { kind: 'made', made: { version: 3, copyOf: 1, document: first.document, hash: first.hash } },
    });
  });

  test('to version 0 is one to the file', () => {
    const decided = decideRollback(second, { version: 0, found: file }, order);
    expect(decided).toMatchObject({ value: { made: { version: 3, copyOf: 0, document: file.document } } });
  });

  test('to what holds changes nothing', () => {
    const again = decideRollback(second, { version: 2, found: second }, order);
    expect(again).toEqual({ ok: true, value: { kind: 'unchanged' } });
  });

  test('to a version that is not kept is refused, after the tag has been looked at', () => {
    const missing = { version: 9, found: null };
    expect(decideRollback(second, missing, order)).toEqual({
      ok: false,
      error: { kind: 'unknown-rule-version', version: 9 },
    });
    expect(decideRollback(second, missing, { ...order, ifMatch: oneOf('"1-1"') })).toMatchObject({
      error: { kind: 'rules-changed' },
    });
  });
});

describe('If-Match', () => {
  test.each([
    [null, { kind: 'any' }],
    ['*', { kind: 'any' }],
    [' * ', { kind: 'any' }],
    ['"1-a"', oneOf('"1-a"')],
    ['"1-a" , W/"2-b"', oneOf('"1-a"', 'W/"2-b"')],
    ['""', oneOf('""')],
  ])('%j is read', (header, value) => {
    expect(parseIfMatch(header)).toEqual({ ok: true, value });
  });

  test.each(['', '1-a', '"1-a', '"1-a""2"', '"1-a",', '*, "1-a"', 'w/"1"', `"${'x'.repeat(600)}"`, '"a b"'])(
    '%j is refused',
    (header) => {
      expect(parseIfMatch(header)).toMatchObject({ ok: false });
    },
  );
});
