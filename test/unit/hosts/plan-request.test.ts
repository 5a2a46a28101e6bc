// From rules and facts to what dispatch performs.
import { describe, expect, test } from 'vitest';
import { catalogue } from '../../../gpu-workers/models.ts';
import { compileRules } from '../../../src/core/routing/compile-rules.ts';
import { noFacts } from '../../../src/core/routing/no-facts.ts';
import { parseRules } from '../../../src/core/routing/parse-rules.ts';
import type { RouteQuestion } from '../../../src/core/routing/route-question.ts';
import { planRequest } from '../../../src/hosts/plan-request.ts';

const limits = {
  totalMs: 60_000,
  firstTokenMs: 30_000,
  idleMs: 10_000,
  graceMs: 1,
  keepAliveMs: 1,
  replyBytesMax: 1,
};
const body = { messages: [{ role: 'user', content: 'hi' }], max_tokens: 5 };

function question(rules: unknown, model = 'assistant'): RouteQuestion {
  const parsed = parseRules(rules);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return {
    catalogue,
    place: 'local',
    task: 'chat',
    model,
    rules: compileRules(parsed.value),
    ...noFacts,
    tenant: 'demo',
    keyId: 'dev',
    stream: true,
    seed: 1,
  };
}

function plan(rules: unknown, model?: string) {
  const planned = planRequest(question(rules, model), body, limits);
  if (!planned.ok) throw new Error(JSON.stringify(planned.error));
  return planned.value;
}

describe('a planned request', () => {
  test('without rules is the model that was asked for, under the limits of the deployment', () => {
    const { attempts, limits: own } = plan([]);
    expect(attempts.map(({ version, pool, label }) => [version, pool, label])).toEqual([
      ['tiny-chat@1', 'tiny-chat@1~local', undefined],
    ]);
    expect(JSON.parse(attempts[0].body)).toEqual({ ...body, model: 'tiny-chat@1' });
    expect(own).toEqual(limits);
  });

  test('for a whole answer asks for a stream where another can take the place of a server that says nothing', () => {
    const isAsked = (rules: unknown, more: object = {}): (boolean | undefined)[] => {
      const planned = planRequest(question(rules), { ...body, ...more }, limits);
      if (!planned.ok) throw new Error('no plan');
      return planned.value.attempts.map(({ isGathered, body: text }) => {
        expect(JSON.parse(text).stream_options).toEqual(isGathered ? { include_usage: true } : undefined);
        return isGathered;
      });
    };
    const one = { id: 'one', match: { model: 'assistant' }, target: 'tiny-chat@1' };
    const two = { ...one, fallback: ['tiny-chat-solo@1'] };
    expect(isAsked([two])).toEqual([true, true]);
    expect(isAsked([{ ...one, hedge: { after: 700 } }])).toEqual([true]);
    expect(isAsked([one])).toEqual([undefined]);
    expect(isAsked([two], { stream: true })).toEqual([undefined, undefined]);
    expect(isAsked([two], { logprobs: true })).toEqual([undefined, undefined]);
  });

  test('knows which servers go on from a text: those of which the catalogue says so, and emulated ones', () => {
    const [model] = catalogue.versions;
    if (model === undefined) throw new Error('no model');
    const pace = { loadMs: 1, wakeMs: 1, firstTokenMs: 1, tokenMs: 1, tokens: 1 };
    const paced = { kind: 'paced', pace } as const;
    const versions = [
      { ...model, id: 'real@1' },
      { ...model, id: 'goes-on@1', continues: true },
      { ...model, id: 'paced@1', launch: paced },
      { ...model, id: 'paced-not@1', launch: paced, continues: false },
    ];
    const told = versions.map(({ id }) => {
      const planned = planRequest(
        { ...question([], id), catalogue: { versions, aliases: {} } },
        body,
        limits,
      );
      return planned.ok && planned.value.attempts[0].continues === true;
    });
    expect(told).toEqual([false, true, true, false]);
  });

  test('carries each target’s own overrides, and labels what was not asked for', () => {
    const { attempts, limits: own } = plan([
      {
        id: 'big',
        match: { model: 'assistant' },
        target: { model: 'tiny-chat@1', overrides: { timeouts: { firstTokenMs: 900, totalMs: 9_000 } } },
        fallback: [
          { model: 'tiny-chat-solo@1', on: ['error'], overrides: { parameters: { max_tokens: 3 } } },
        ],
      },
    ]);
    expect(attempts.map(({ version, label }) => [version, label])).toEqual([
      ['tiny-chat@1', undefined],
      ['tiny-chat-solo@1', 'fallback tiny-chat-solo@1'],
    ]);
    expect(attempts[0].limits).toEqual({ firstTokenMs: 900, idleMs: 8_000 });
    // Nobody is left to ask after the last: it has the time that the deployment gives.
    expect(attempts[1]?.limits).toEqual({});
    expect(own.totalMs).toBe(9_000);
    expect(JSON.parse(attempts[1]?.body ?? '')).toMatchObject({ model: 'tiny-chat-solo@1', max_tokens: 3 });
    expect(JSON.parse(attempts[0].body)).toMatchObject({ max_tokens: 5 });
  });

  test('that a rule denies fails with the rule’s reason; an unknown model with its name', () => {
    const denied = planRequest(question([{ id: 'no', deny: { reason: 'Not on Sundays.' } }]), body, limits);
    expect(denied).toEqual({ ok: false, error: { kind: 'denied-by-rule', reason: 'Not on Sundays.' } });
    const unknown = planRequest(question([], 'gpt-99'), body, limits);
    expect(unknown).toEqual({ ok: false, error: { kind: 'unknown-model', model: 'gpt-99' } });
  });

  test('hedges and goes on in mid-stream only where a rule says so', () => {
    expect(plan([]).policy).toMatchObject({ hedge: null, midStream: 'error' });
    const steady = plan([
      { id: 'steady', match: { model: 'assistant' }, hedge: { after: 700 }, midStream: 'continue' },
    ]);
    expect(steady.policy).toMatchObject({ hedge: { afterMs: 700 }, midStream: 'continue' });
  });
});
