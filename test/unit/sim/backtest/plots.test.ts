// Pictures of a backtest are well-formed, with numbers in them, whatever is drawn.
import { expect, test } from 'vitest';
import { renderBandPlot, type BandSample } from '../../../../src/sim/backtest/plot-bands.ts';
import { renderCalibrationPlot } from '../../../../src/sim/backtest/plot-calibration.ts';

/** Every element that opens closes again, in order. */
function expectWellFormed(svg: string): void {
  const open: string[] = [];
  for (const [tag, closing, name, , own] of svg.matchAll(/<(\/?)([\w-]+)((?:\s[^<>]*?)?)(\/?)>/g)) {
    if (closing === '/') expect(open.pop(), tag).toBe(name);
    else if (own !== '/') open.push(name ?? '');
  }
  expect(open).toEqual([]);
  expect(svg.trimStart().startsWith('<svg')).toBe(true);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  expect(svg.replaceAll(/&(?:amp|lt|gt|quot|#\d+);/g, '')).not.toContain('&');
}

const labels = { title: 'Made & <drawn>', subtitle: '"for" a test' };
const sample = (hour: number, count: number): BandSample => ({
  atMs: 86_400_000 + hour * 3_600_000,
  lowCount: count / 2,
  midCount: count,
  highCount: 2 * count + 1,
  count: count + 1,
});

test.each<readonly [string, readonly BandSample[]]>([
  ['no sample', []],
  ['one sample', [sample(3, 4)]],
  ['nothing came', Array.from({ length: 24 }, (_, hour) => ({ ...sample(hour, 0), highCount: 0, count: 0 }))],
  ['a whole day', Array.from({ length: 24 }, (_, hour) => sample(hour, hour * 900))],
])('bands: %s', (_what, samples) => {
  expectWellFormed(renderBandPlot({ ...labels, dayMs: 86_400_000, unit: 'requests in 1h', samples }));
});

test('bands: samples of other days are left out', () => {
  const draw = (samples: readonly BandSample[]): string =>
    renderBandPlot({ ...labels, dayMs: 86_400_000, unit: 'requests', samples });
  expect(draw([sample(-1, 9_000), sample(5, 3), sample(24, 9_000)])).toBe(draw([sample(5, 3)]));
});

test.each([0, 1, 9])('calibration with %d lines', (count) => {
  const lines = Array.from({ length: count }, (_, at) => ({
    label: `line <${at}>`,
    isMain: at === 0,
    points:
      at === 1
        ? []
        : [
            { predicted: 0.05, observed: 0, n: 1 },
            { predicted: 0.95, observed: 1, n: 100_000 },
          ],
  }));
  const svg = renderCalibrationPlot({ ...labels, lines });
  expectWellFormed(svg);
  expect(svg.match(/<circle/g)?.length ?? 0).toBeGreaterThanOrEqual(count === 0 ? 0 : 2);
});
