// What an outage's bystanders are held to: the highest quantile that their number can show.
import { describe, expect, it } from 'vitest';
import type { Answered } from '../../rig/load/send.ts';
import {
  highestShown,
  judgeOthers,
  judgePhase,
  PINNED,
  type Phase,
} from '../../rig/scenarios/outage-judge.ts';
import type { Outage } from '../../rig/scenarios/outages.ts';

const use = { core: 0, busy: 0 } as unknown as Phase['use'];

function phase(id: string | null, tooksMs: readonly number[], isEverywhere = false): Phase {
  const answers = tooksMs.map((tookMs, at) => ({
    verdict: 'ok',
    tookMs,
    lateMs: 0,
    intendedMs: at,
    ask: { model: PINNED },
  })) as unknown as readonly Answered[];
  const outage =
    id === null ? null : ({ id, title: id, isEverywhere, begin: () => Promise.reject() } as Outage);
  return { outage, answers, requests: answers.length, attempts: answers.length, use };
}

const usual = (count: number): number[] => Array.from({ length: count }, (_, at) => 400 + (at % 100));
const calm = phase(null, usual(2_000));

describe('the bystanders of an outage', () => {
  it.each([
    [99, null],
    [100, 0.9],
    [999, 0.9],
    [1_000, 0.99],
  ])('%i of them show %s', (n, q) => {
    expect(highestShown(n)).toBe(q);
  });

  it('are held to what they take without one', () => {
    const slow = phase(
      'slow',
      usual(1_000).map((ms) => ms * 1.3),
    );
    const others = judgePhase({ phase: slow, calm, ratio: 1 }).find(({ id }) => id === 'outage.slow.others');
    expect(others).toMatchObject({ ok: false, bar: 1.2 });
    expect(others?.value).toBeCloseTo(1.3, 2);
  });

  it('have no bar where they are too few, and one together', () => {
    const few = (id: string) =>
      phase(
        id,
        usual(60).map((ms) => ms * 1.3),
      );
    const alone = judgePhase({ phase: few('a'), calm, ratio: 1 }).find(({ id }) => id === 'outage.a.others');
    expect(alone).toMatchObject({ ok: true, bar: null });
    const [together] = judgeOthers([few('a'), few('b')], calm);
    expect(together).toMatchObject({ id: 'outage.others', ok: false, n: 120 });
  });

  it('are nobody where every pool suffers', () => {
    const everywhere = phase(
      'all',
      usual(200).map((ms) => ms * 9),
      true,
    );
    expect(judgePhase({ phase: everywhere, calm, ratio: 1 }).map(({ id }) => id)).not.toContain(
      'outage.all.others',
    );
    const [together] = judgeOthers([everywhere, phase('a', usual(100)), phase('b', usual(100))], calm);
    expect(together).toMatchObject({ ok: true, n: 200 });
  });
});
