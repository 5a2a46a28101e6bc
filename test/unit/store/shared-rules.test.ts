import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isFresh,
  isTextOf,
  readRulesHead,
  renderRulesHead,
  sharedFreshMs,
  type RulesHead,
} from '../../../src/core/store/shared-rules.ts';
import { fingerprint } from '../../../src/core/tenant/rule-versions.ts';

const document = '{"aliases":{},"rules":[],"keys":{}}';
const rules = { version: 3, generation: 3_000, hash: fingerprint(document), document };
const head: RulesHead = { tenant: 'demo', version: 3, generation: 3_000, hash: rules.hash, checkedMs: 5 };

describe('the head of shared rules', () => {
  test('comes back as it was', () => {
    expect(readRulesHead(renderRulesHead('demo', rules, 5), 'demo')).toEqual({ ok: true, value: head });
  });

  test('of another tenant is none', () => {
    expect(readRulesHead(renderRulesHead('acme', rules, 5), 'demo')).toEqual({
      ok: false,
      error: 'is of another tenant',
    });
  });

  test('that is anything else is none, and nothing throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => !readRulesHead(text, 'demo').ok));
    expect(readRulesHead(JSON.stringify({ ...head, generation: -1 }), 'demo').ok).toBe(false);
    expect(readRulesHead(JSON.stringify({ ...head, generation: 1e300 }), 'demo').ok).toBe(false);
  });

  test('speaks for its object for half a second, and not when it is from the future', () => {
    const at = (nowMs: number): boolean => isFresh({ ...head, checkedMs: 10_000 }, nowMs);
    expect([10_000, 10_000 + sharedFreshMs, 10_001 + sharedFreshMs, 9_999 - sharedFreshMs].map(at)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test('knows its text from any other', () => {
    expect(isTextOf(head, document)).toBe(true);
    expect(isTextOf(head, '{"keys":{},"rules":[],"aliases":{}}')).toBe(true);
    for (const other of ['', '{', 'null', document.replace('{}', '{"a":"b"}'), document.slice(1)])
      expect(isTextOf(head, other)).toBe(false);
  });
});
