// The tables of results: what a reader needs beside a number, and that one run leaves the rows of others as they are.
import { describe, expect, it } from 'vitest';
import { mergePlant, renderScenario } from '../../rig/report.ts';

const dropped = {
  id: 'peak.dropped',
  value: 0,
  bar: 0,
  op: '<=',
  ok: true,
  n: 2_000,
  note: 'a | b',
} as const;

describe('the table of a scenario', () => {
  const plants = { 'no-queue': { without: ['queue'], breaks: ['peak.*'] } } as const;
  const text = renderScenario({ plants, facts: ['said'], checks: [dropped] }, 'made by hand');

  it('bounds a zero, names the bug that is planted for it, and keeps its columns', () => {
    expect(text).toContain(
      '| `peak.dropped` | 0 | at most 0 | yes | 2000 | 0.150 % | `no-queue` | a \\| b |',
    );
  });

  it('begins with where it comes from', () => {
    expect(text.startsWith('made by hand')).toBe(true);
  });

  it('shows what is missed, and a value that there is none of', () => {
    const missed = { ...dropped, value: Infinity, ok: false };
    const shown = renderScenario({ plants: {}, facts: [], checks: [missed] }, '');
    expect(shown).toContain('| none | at most 0 | **no** | 2000 |  |  |');
  });
});

describe('the table of planted bugs', () => {
  const row = (plant: string, isCaught: boolean) => ({
    scenario: 'peak',
    plant,
    isCaught,
    missed: [{ ...dropped, value: 0.5, ok: false }],
  });

  it('keeps the rows of others and replaces its own', () => {
    const once = mergePlant('Not run yet.', row('no-queue', false));
    const twice = mergePlant(once, row('lost-piece', true));
    const again = mergePlant(twice, row('no-queue', true));
    expect(again.match(/no-queue/g)).toHaveLength(1);
    expect(again).toContain('| `peak` | `no-queue` | yes | `peak.dropped` 0.5 (bar 0) |');
    expect(again).toContain('| `peak` | `lost-piece` | yes |');
    expect(again).not.toContain('Not run yet');
  });

  it('keeps rows whose cells the formatter has widened', () => {
    const wide = '| `scale`  | `two-replicas` | yes    | `scale.linearity` 0.25 (bar 0.95) |';
    expect(mergePlant(wide, row('no-queue', true))).toContain(wide);
  });
});
