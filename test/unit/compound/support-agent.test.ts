import { describe, expect, test } from 'vitest';
import { agentInput, type AgentOutput } from '../../../functions/compound/support-agent/agent-schema.ts';
import { findFact } from '../../../functions/compound/support-agent/knowledge/facts.ts';
import { supportAgent } from '../../../functions/compound/support-agent/support-agent.ts';
import type { SearchAsk, SearchHit } from '../../../src/core/run/run-context.ts';
import { done, failed, RunFixture, said } from '../../support/run-fixture.ts';

interface Script {
  readonly intent?: string;
  readonly tool?: string;
  /** Gets the lines of the prompt. */
  readonly answer?: (prompt: string) => string;
  readonly told?: string;
}

const hit = (id: string, vectorScore: number): SearchHit => {
  const fact = findFact(id);
  if (fact === null) throw new Error(`no fact ${id}`);
  const { title, text, topic } = fact;
  return { id, title, text, score: 1, textScore: null, vectorScore, metadata: { topic } };
};

const before = (text: string, intent: string, fact: string, vectorScore: number): SearchHit => ({
  id: `${fact}-1`,
  title: null,
  text,
  score: 1,
  textScore: null,
  vectorScore,
  metadata: { intent, fact },
});

/** A model that answers each kind of prompt as the script says, a help centre that gives these hits, search by search, and messages that were
 * asked before. */
function agentOf(
  script: Script,
  searches: readonly (readonly SearchHit[])[] = [],
  askedBefore: readonly SearchHit[] = [],
) {
  const prompts: string[] = [];
  const asked: string[] = [];
  const queries: SearchAsk[] = [];
  const run = new RunFixture(supportAgent, {
    chat: async (_attempt, _model, { messages }) => {
      const prompt = messages[0]?.content ?? '';
      prompts.push(prompt);
      const kind =
        prompt.split(/[ :]/)[0] === 'Label' ? 'intent' : prompt.startsWith('Choose') ? 'tool' : 'answer';
      asked.push(kind);
      if (kind === 'intent') return said(script.intent ?? 'other');
      if (kind === 'tool') return said(script.tool ?? '{"tool":"none"}');
      if (prompt.startsWith('Answer the customer')) return said(script.told ?? 'no idea');
      return said(script.answer?.(prompt) ?? '[0] I am not sure.');
    },
    search: async (_attempt, use, ask) => {
      if (use.index === 'asked-before') return done(askedBefore as never);
      queries.push(ask);
      return done((searches[queries.length - 1] ?? []) as never);
    },
  });
  return { run, asked, queries, prompts };
}

async function ask(run: RunFixture, input: object): Promise<AgentOutput> {
  run.start(agentInput.parse(input));
  for (let wait = 0; wait < 5; wait += 1) await run.settle();
  const { status } = run.state.progress;
  if (status.kind !== 'completed') throw new Error(JSON.stringify(status));
  expect(run.check()).toEqual([]);
  return status.output as unknown as AgentOutput;
}

const returnWindow = '[1] You can return any item within 45 days of delivery.';

describe('support-agent', () => {
  test('searches the help centre and what was asked before at once, and answers with what its source says', async () => {
    const { run, queries } = agentOf({ intent: 'returns', answer: () => returnWindow }, [
      [hit('return-window.1', 0.7), hit('refund-time.1', 0.5)],
    ]);
    const output = await ask(run, { message: 'How long can I send a lamp back?' });
    expect(output).toEqual({
      kind: 'answer',
      text: 'You can return any item within 45 days of delivery.',
      intent: 'returns',
      sources: [{ id: 'return-window', title: 'How long you can return', score: 0.7 }],
      tool: null,
      searches: 1,
    });
    expect(run.state.steps.slice(0, 2).map(({ kind, seen }) => [kind, seen])).toEqual([
      ['search', 0],
      ['search', 0],
    ]);
    expect(queries).toEqual([{ query: 'How long can I send a lamp back?', limit: 12 }]);
    expect(run.log.filter(({ type }) => type === 'text').map(({ data }) => data['text'])).toEqual([
      output.text,
    ]);
  });

  test('shows the model what was asked before with its labels, and reads first what answered it', async () => {
    const askedBefore = [
      before('Can a lamp go back after a month?', 'returns', 'return-window.1', 0.8),
      before('How do I send it back?', 'orders', 'return-label.1', 0.75),
    ];
    const { run, prompts } = agentOf(
      { intent: 'returns', answer: () => returnWindow },
      [[hit('refund-time.1', 0.5), hit('return-window.1', 0.4)]],
      askedBefore,
    );
    const output = await ask(run, { message: 'Is it too late to give back a lamp?' });
    expect(output).toMatchObject({ kind: 'answer', sources: [{ id: 'return-window' }] });
    expect(prompts[0]?.split('\n').slice(1)).toEqual([
      'returns: Can a lamp go back after a month?',
      'orders: How do I send it back?',
      'Message: Is it too late to give back a lamp?',
    ]);
    expect(prompts.at(-1)).toContain('[1] You can return any item within 45 days');
  });

  test('asks no model for the label on which what was asked before agrees', async () => {
    const askedBefore = [
      before('Can a lamp go back after a month?', 'returns', 'return-window.1', 0.8),
      before('How do I send it back?', 'returns', 'return-label.1', 0.75),
    ];
    const found = [[hit('return-window.1', 0.7)]];
    const { run, asked } = agentOf({ intent: 'orders', answer: () => returnWindow }, found, askedBefore);
    const output = await ask(run, { message: 'Is it too late to give back a lamp?' });
    expect(output).toMatchObject({ kind: 'answer', intent: 'returns' });
    expect(asked).not.toContain('intent');
  });

  test('shows the model only what is about as near as the nearest', async () => {
    const { run, prompts } = agentOf({ intent: 'account', answer: () => returnWindow }, [
      [hit('return-window.1', 0.8), hit('refund-time.1', 0.75), hit('exchange.1', 0.65)],
    ]);
    await ask(run, { message: 'How many days for a return?' });
    expect(prompts.at(-1)).toMatch(/\[2\] /);
    expect(prompts.at(-1)).not.toMatch(/\[3\] /);
  });

  test('looks into the order book when the model plans it, and says what it found', async () => {
    const { run } = agentOf({
      intent: 'orders',
      tool: '{"tool":"order_status","order":"B2210"}',
      told: 'Your order B2210 has been shipped and should arrive on November 28.',
    });
    expect(await ask(run, { message: 'Where is B2210?' })).toMatchObject({
      kind: 'answer',
      text: 'Your order B2210 has been shipped and should arrive on November 28.',
      sources: [],
      tool: { name: 'order_status', result: { order: 'B2210', status: 'shipped', arrives: 'November 28' } },
    });
    expect(run.state.steps.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'search kb',
      'search asked',
      'chat intent',
      'chat tools',
      'effect order_status',
      'chat reason',
    ]);
  });

  test('a model that tells another number than the order book has is not believed', async () => {
    const { run } = agentOf({
      intent: 'payment',
      tool: '{"tool":"refund_status","order":"D4410"}',
      told: 'The refund of 94.00 euros was paid.',
    });
    const output = await ask(run, { message: 'Where is my refund for D4410?' });
    expect(output).toMatchObject({ kind: 'answer', tool: { name: 'refund_status' } });
    expect(output.text).toContain('amount: 49.00');
  });

  test.each([
    ['the message', { message: 'Cancel it, please: a1042' }],
    ['the caller', { message: 'Cancel my order', order: 'A1042' }],
    [
      'what was said before',
      { message: 'Cancel it', history: [{ role: 'user', content: 'Where is A1042?' }] },
    ],
  ])('the order number comes from %s', async (_, input) => {
    const { run } = agentOf({ intent: 'orders', tool: '{"tool":"cancel_order","order":null}' });
    expect(await ask(run, input)).toMatchObject({ tool: { result: { order: 'A1042', cancelled: true } } });
  });

  test('asks for what a tool needs and nobody has said', async () => {
    const { run } = agentOf({ intent: 'orders', tool: '{"tool":"order_status","order":null}' });
    expect(await ask(run, { message: 'Where is it?' })).toMatchObject({ kind: 'question', about: 'order' });
    const shop = agentOf({ intent: 'product', tool: '{"tool":"check_stock","product":null}' });
    expect(await ask(shop.run, { message: 'Is it in stock?' })).toMatchObject({
      kind: 'question',
      about: 'product',
    });
  });

  test('searches again in other words when nothing is near, at most three times, then hands over with a ticket', async () => {
    const far = [hit('cleaning.1', 0.1)];
    const { run, queries, asked } = agentOf({ intent: 'repair' }, [far, far, far, far]);
    const history = [{ role: 'user' as const, content: 'I have a Firefly.' }];
    const output = await ask(run, { message: 'Can you repair its battery?', history });
    expect(output).toMatchObject({ kind: 'handover', reason: 'not_in_help_center', read: [] });
    expect(output.text).toMatch(/Your ticket is T-[0-9a-f]{8}\.$/);
    expect(queries).toEqual([
      { query: 'Can you repair its battery?', limit: 12 },
      { query: 'I have a Firefly. Can you repair its battery?', limit: 12 },
      { query: 'repair battery', limit: 12, where: { topic: 'repair' } },
    ]);
    expect(asked).toEqual(['intent']);
  });

  test('an answer that its passage does not support is dropped, and the next passages are read', async () => {
    const { run, asked } = agentOf(
      {
        intent: 'account',
        answer: (prompt) =>
          prompt.includes('45 days') ? returnWindow : '[1] You can return any item within 90 days.',
      },
      [[hit('refund-time.1', 0.7)], [hit('refund-time.1', 0.7), hit('return-window.1', 0.65)]],
    );
    const output = await ask(run, { message: 'How many days for a return?' });
    expect(output).toMatchObject({ kind: 'answer', sources: [{ id: 'return-window' }], searches: 2 });
    expect(asked).toEqual(['intent', 'answer', 'answer']);
  });

  test('what the model is not sure of goes to a person, who is told what was read', async () => {
    const { run } = agentOf({ intent: 'repair' }, [[hit('warranty.1', 0.6)]]);
    expect(await ask(run, { message: 'Is rust covered?' })).toMatchObject({
      kind: 'handover',
      reason: 'not_in_help_center',
      read: [{ id: 'warranty' }],
    });
  });

  test('a wish for a person is granted at once; small talk opens no ticket', async () => {
    const person = agentOf({ intent: 'human' }, [[hit('warranty.1', 0.9)]]);
    expect(await ask(person.run, { message: 'A human, please' })).toMatchObject({
      kind: 'handover',
      reason: 'asked_for_person',
    });
    expect(person.asked).toEqual(['intent']);
    const talk = agentOf({ intent: 'other' });
    expect(await ask(talk.run, { message: 'hello' })).toMatchObject({ kind: 'question', about: 'topic' });
  });

  test('without its model or its index it hands over instead of failing', async () => {
    const noModel = new RunFixture(supportAgent, { chat: async () => failed('model_not_found') });
    expect(await ask(noModel, { message: 'hi' })).toMatchObject({
      kind: 'handover',
      reason: 'model_unavailable',
    });
    const noIndex = new RunFixture(supportAgent, {
      chat: async () => said('repair'),
      search: async () => failed('index_gone'),
    });
    expect(await ask(noIndex, { message: 'hi' })).toMatchObject({
      kind: 'handover',
      reason: 'not_in_help_center',
    });
  });

  test('a crash at any step: the same answer, and no step is paid twice', async () => {
    const script = { intent: 'returns', answer: () => returnWindow };
    const passages = [[hit('return-window.1', 0.7)]];
    const input = agentInput.parse({ message: 'How long can I send a lamp back?' });
    for (let crashAt = 1; crashAt <= 4; crashAt += 1) {
      const { run, asked, queries } = agentOf(script, passages);
      run.start(input);
      while (run.state.progress.settled < crashAt && run.state.progress.status.kind === 'active')
        await new Promise(setImmediate);
      run.revive();
      for (let wait = 0; wait < 5; wait += 1) await run.settle();
      expect(run.state.progress.status).toMatchObject({ kind: 'completed', output: { kind: 'answer' } });
      expect(run.log.filter(({ type }) => type === 'text')).toHaveLength(1);
      expect(run.check()).toEqual([]);
      // A step that had begun may be tried again; one that had settled is not.
      const tries = run.state.steps.reduce((sum, { attempt }) => sum + attempt, 0);
      expect(asked.length + queries.length).toBeLessThanOrEqual(tries);
    }
  });
});

test.each([
  ['an empty message', { message: '  ' }, 'message'],
  ['a message that is a document', { message: 'a'.repeat(2_001) }, 'message'],
  ['an order that is none', { message: 'a', order: '12' }, 'order'],
  [
    'a history of other roles',
    { message: 'a', history: [{ role: 'system', content: '' }] },
    'history.0.role',
  ],
])('an input with %s is refused with its place', (_, input, path) => {
  expect(agentInput.safeParse(input).error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
});

test('a long conversation becomes an input that is taken, with the last of what was said', () => {
  const messages = Array.from({ length: 81 }, (_, at) => ({
    role: at % 2 === 0 ? ('user' as const) : ('assistant' as const),
    content: `message ${at}`,
  }));
  const input = agentInput.parse(supportAgent.chat?.input(messages));
  expect(input.message).toBe('message 80');
  expect(input.history).toHaveLength(50);
  expect(input.history.at(-1)?.content).toBe('message 79');
});

test('a conversation becomes a message and what was said before it', () => {
  const input = supportAgent.chat?.input([
    { role: 'system', content: 'be kind' },
    { role: 'user', content: 'Where is A1042?' },
    { role: 'assistant', content: 'It leaves today.' },
    { role: 'user', content: 'Cancel it' },
  ]);
  expect(input).toEqual({
    message: 'Cancel it',
    history: [
      { role: 'user', content: 'Where is A1042?' },
      { role: 'assistant', content: 'It leaves today.' },
    ],
  });
});
