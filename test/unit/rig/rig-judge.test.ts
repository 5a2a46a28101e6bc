// What the rig takes for an answer, for an honest error and for a lie; when its requests arrive; what its buckets say.
import { describe, expect, it } from 'vitest';
import { makeRng } from '../../../src/core/base/rng.ts';
import { bursts, drawArrivals, stages, steady } from '../../rig/load/arrivals.ts';
import { rightAnswer, type Ask } from '../../rig/load/ask.ts';
import { AnswerReader } from '../../rig/load/read-answer.ts';
import { Tally } from '../../rig/load/running-tally.ts';
import type { Answered } from '../../rig/load/send.ts';
import { judge, type Ending } from '../../rig/load/verdict.ts';
import { killable } from '../../rig/scenarios/dead-objects.ts';

const ask: Ask = { model: 'm', key: 'k', prompt: 'seven', stream: true, tokens: 5, limitMs: 1_000 };
const words = rightAnswer(ask).match(/\s\S+/gu) ?? [];
const chunk = (content: string, finish: string | null = null): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`;
const whole = `${words.map((word) => chunk(word)).join('')}${chunk('', 'stop')}`;
const done = 'data: [DONE]\n\n';
const failed = 'data: {"error":{"code":"stream_cut","message":"m"}}\n\n';

function verdictOf(body: string, ending: Partial<Ending> = {}, asked: Ask = ask): string {
  const reader = new AnswerReader(asked.stream && (ending.status ?? 200) === 200);
  // In pieces of three characters, as a network may cut them.
  for (let at = 0; at < body.length; at += 3) reader.push(body.slice(at, at + 3));
  const rest = { status: 200, reading: reader.end(), isClean: true, tookMs: 500, hasLeft: false };
  return judge(asked, { ...rest, ...ending });
}

describe('the verdict on an answer', () => {
  it.each([
    ['ok', whole + done, {}],
    ['late', whole + done, { tookMs: 1_001 }],
    ['failed', chunk(words[0] ?? '') + failed, {}],
    ['wrong', whole, {}],
    ['wrong', chunk(words[0] ?? '') + done, {}],
    ['wrong', whole.replace(words[1] ?? '', ' other') + done, {}],
    ['wrong', chunk(words[0] ?? '') + failed + done, {}],
    ['wrong', `${chunk(words[0] ?? '')}data: {"choices":[{"ind\n\n${done}`, {}],
    ['lost', chunk(words[0] ?? ''), { isClean: false }],
    ['lost', '', { status: 0, reading: null }],
    ['left', chunk(words[0] ?? ''), { hasLeft: true }],
    ['refused', '{"error":{"code":"overloaded","message":"m"}}', { status: 503 }],
    ['lost', '<html>', { status: 502 }],
  ] as const)('is %s for %j %j', (verdict, body, ending) => {
    expect(verdictOf(body, ending)).toBe(verdict);
  });

  it('is the same for an answer in one piece', () => {
    const reply = (content: string): string =>
      JSON.stringify({ choices: [{ message: { content }, finish_reason: 'stop' }] });
    const plain = { ...ask, stream: false };
    expect(verdictOf(reply(rightAnswer(ask)), {}, plain)).toBe('ok');
    expect(verdictOf(reply('something else'), {}, plain)).toBe('wrong');
    expect(verdictOf(reply(rightAnswer(ask)).slice(0, -3), {}, plain)).toBe('wrong');
  });
});

describe('arrivals', () => {
  const count = (arrivals: Parameters<typeof drawArrivals>[0], seed = 1): number[] => [
    ...drawArrivals(arrivals, makeRng(seed)),
  ];

  it('are the same for the same seed, in order, within the time', () => {
    const times = count(steady(100, 10_000));
    expect(count(steady(100, 10_000))).toEqual(times);
    expect(count(steady(100, 10_000), 2)).not.toEqual(times);
    expect(times.toSorted((a, b) => a - b)).toEqual(times);
    expect(times.at(-1) ?? Infinity).toBeLessThan(10_000);
  });

  it('come at the rate that was asked for, within five deviations', () => {
    for (const arrivals of [steady(200, 20_000), bursts(200, 20_000, { share: 0.3, periodMs: 1_000 })])
      expect(Math.abs(count(arrivals).length - 4_000)).toBeLessThan(5 * Math.sqrt(4_000));
    const times = count(
      stages([
        { rate: 400, forMs: 5_000 },
        { rate: 100, forMs: 5_000 },
      ]),
    );
    expect(Math.abs(times.filter((ms) => ms < 5_000).length - 2_000)).toBeLessThan(5 * Math.sqrt(2_000));
  });
});

describe('a tally', () => {
  it('knows quantiles to two percent', () => {
    const tally = new Tally();
    for (let ms = 1; ms <= 1_000; ms += 1) {
      const timing = { intendedMs: 0, lateMs: 0, headMs: ms, firstTextMs: ms, tookMs: ms, tryMs: ms };
      tally.add({ ask, verdict: 'ok', status: 200, reading: null, labels: {}, ...timing } satisfies Answered);
    }
    expect(tally.took.quantile(0.5)).toBeGreaterThan(490);
    expect(tally.took.quantile(0.5)).toBeLessThan(515);
    expect(tally.took.quantile(0.99)).toBeLessThan(1_015);
  });
});

describe('killable objects', () => {
  it('take the place of the classes that the entry imports, and of no other', () => {
    const entry =
      "import { PlannerObject } from '../durable-objects/planner-object.ts';\nexport { PlannerObject };";
    const edits = killable(entry, ['PlannerObject', 'TenantObject']);
    const changed = edits.reduce((text, { find, replace }) => text.replace(find, () => replace), entry);
    expect(edits.every(({ file }) => file === 'src/index.ts')).toBe(true);
    expect(changed).toContain('class PlannerObject extends makeKillable(LivingPlannerObject) {}');
    expect(changed.match(/function makeKillable/gu)).toHaveLength(1);
    expect(changed).not.toContain('TenantObject');
  });
});
