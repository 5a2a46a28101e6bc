import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { catalogue } from '../../../gpu-workers/models.ts';
import { compileRules } from '../../../src/core/routing/compile-rules.ts';
import { decideRoute } from '../../../src/core/routing/decide-route.ts';
import { noFacts } from '../../../src/core/routing/no-facts.ts';
import { normalizeRules } from '../../../src/core/routing/normalize-rules.ts';
import { emptyRules, type Rule } from '../../../src/core/routing/rule-set.ts';
import { listNames } from '../../../src/core/routing/list-names.ts';
import { tenants } from '../../../tenants/tenants.ts';

interface Asked {
  readonly place: string;
  readonly rules: readonly Rule[];
  readonly model: string;
  readonly task: 'chat' | 'embedding';
}

const rulesOf = (id: string): readonly Rule[] => tenants.find((each) => each.id === id)?.rules ?? [];
const ask = ({ place = 'local', rules = [], model = 'assistant', task = 'chat' }: Partial<Asked>) =>
  decideRoute({
    ...noFacts,
    catalogue,
    place,
    rules: compileRules(normalizeRules({ ...emptyRules, rules })),
    model,
    task,
  });

describe('a route', () => {
  test('of the demo tenant is the catalogue’s', () => {
    expect(ask({ rules: rulesOf('demo') })).toMatchObject({
      ok: true,
      value: { version: { id: 'tiny-chat@1' }, pool: 'tiny-chat@1~local', because: 'name assistant' },
    });
  });

  test('of acme is its rule’s, for the same model name', () => {
    expect(ask({ rules: rulesOf('acme') })).toMatchObject({
      ok: true,
      value: {
        version: { id: 'tiny-chat-solo@1' },
        pool: 'tiny-chat-solo@1~local',
        because: 'tenant rule dedicated-assistant',
      },
    });
  });

  test('is that of the first rule that matches', () => {
    const rule = (id: string, target: string) => ({ id, match: { model: 'assistant' }, target });
    const rules = [rule('one', 'tiny-chat-solo@1'), rule('two', 'tiny-chat@1')];
    expect(ask({ rules })).toMatchObject({ value: { because: 'tenant rule one' } });
  });

  test('may be asked for by a version’s id', () => {
    expect(ask({ model: 'tiny-chat@1' })).toMatchObject({
      value: { version: { id: 'tiny-chat@1' }, because: 'version id' },
    });
  });

  test('lies in the pool of its place', () => {
    expect(ask({ place: 'eu' })).toMatchObject({ value: { pool: 'tiny-chat@1~eu' } });
  });

  test.each([
    'gpt-9',
    '',
    'tiny-chat@2',
    'constructor',
    '__proto__',
    'toString',
    '../assistant',
    'Assistant',
  ])('does not exist for the model "%s"', (model) => {
    expect(ask({ model })).toEqual({ ok: false, error: { kind: 'unknown-model', model } });
  });

  test('to a version that nobody defines does not exist', () => {
    const rules = [{ id: 'gone', match: { model: 'assistant' }, target: 'gone@1' }];
    expect(ask({ rules })).toEqual({ ok: false, error: { kind: 'unknown-model', model: 'assistant' } });
  });

  test('that a rule denies is refused with the rule’s reason', () => {
    const rules = [{ id: 'no', deny: { reason: 'Not on Sundays.' } }];
    expect(ask({ rules })).toEqual({
      ok: false,
      error: { kind: 'denied-by-rule', reason: 'Not on Sundays.' },
    });
  });

  test('leads to a model of the task alone', () => {
    expect(ask({ model: 'embed' })).toMatchObject({ ok: false, error: { kind: 'wrong-task' } });
    expect(ask({ task: 'embedding' })).toMatchObject({ ok: false, error: { kind: 'wrong-task' } });
  });

  test('exists for every name that a tenant is shown, and for no other', () => {
    for (const { rules } of tenants) {
      const names = listNames(catalogue, rules);
      const answers = (model: string): boolean =>
        (['chat', 'embedding'] as const).some((task) => ask({ rules, model, task }).ok);
      expect(names.filter((name) => !answers(name))).toEqual([]);
      fc.assert(fc.property(fc.string(), (model) => answers(model) === names.includes(model)));
    }
  });
});
