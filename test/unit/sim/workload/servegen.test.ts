// Requests out of ServeGen's rates: as many as the rates say, as bursty as the shapes say, whatever the family.
import { expect, test } from 'vitest';
import { renderReplay } from '../../../../src/sim/workload/render-replay.ts';
import {
  drawServegen,
  expectRequests,
  parseServegen,
  type ServegenTable,
} from '../../../../src/sim/workload/servegen.ts';

const header = 'client,t_s,rate_rps,iat_cv,family,p1,p2';
const rowsOf = (client: string, rate: number, family: string, shape: number): string[] =>
  Array.from({ length: 144 }, (_, at) => `${client},${at * 600},${rate},1,${family},${shape},9`);

function read(...rows: readonly string[]): ServegenTable {
  const table = parseServegen([header, ...rows, ''].join('\n'));
  if (!table.ok) throw new Error(JSON.stringify(table.error));
  return table.value;
}

const clients = [
  ['calm', 0.2, 'Gamma', 8],
  ['even', 0.1, 'Gamma', 1],
  ['bursty', 0.1, 'Gamma', 0.2],
  ['weibull', 0.3, 'Weibull', 0.6],
  ['steady', 0.3, 'Weibull', 2],
] as const;
const table = read(...clients.flatMap(([name, rate, family, shape]) => rowsOf(name, rate, family, shape)));

test('the table: clients, whole days, the largest total of a window', () => {
  expect(table.clients).toEqual(clients.map(([name]) => name));
  expect(table.days).toBe(1);
  expect(table.peakRps).toBeCloseTo(1, 12);
  expect(expectRequests(table, 1)).toBeCloseTo(86_400, 6);
});

test('every client has as many requests as its rate says, within sampling error', () => {
  const totals = new Map<string, number>();
  const draws = 6;
  for (let seed = 1; seed <= draws; seed += 1) {
    const workload = drawServegen(table, { seed, peakRps: 1 });
    for (const pool of workload.pool) {
      const name = workload.pools[pool] ?? '';
      totals.set(name, (totals.get(name) ?? 0) + 1);
    }
  }
  for (const [name, rate, family, shape] of clients) {
    const expected = rate * 86_400 * draws;
    // Over long spans a renewal process scatters by CV^2 of its gaps; Weibull 0.6 has a CV of 1.76, at short spans it is less.
    const cvSquared = family === 'Gamma' ? 1 / shape : shape < 1 ? 3.1 : 0.3;
    const sigma = Math.sqrt(expected * Math.max(1, cvSquared));
    expect(Math.abs((totals.get(name) ?? 0) - expected), name).toBeLessThan(4 * sigma);
  }
});

test('one factor scales all rates so that the largest total is what was asked for', () => {
  const small = drawServegen(table, { peakRps: 0.1 });
  expect(Math.abs(small.pool.length / 8640 - 1)).toBeLessThan(0.05);
});

test('a small shape makes bursts: most gaps are far below the mean', () => {
  const { arrivalMs } = drawServegen(read(...rowsOf('only', 0.1, 'Gamma', 0.1)), { peakRps: 0.1 });
  const gaps = arrivalMs.slice(1).map((atMs, row) => atMs - (arrivalMs[row] ?? 0));
  expect(gaps.filter((ms) => ms < 100).length / gaps.length).toBeGreaterThan(0.4);
});

test('windows that are missing have no requests; each client is a pool with itself as the tenant', () => {
  const { arrivalMs, pools, tenants, endMs } = drawServegen(read('c7,86400,2,1,Gamma,1,1'), { peakRps: 2 });
  expect(pools).toEqual(['c7']);
  expect(tenants).toEqual(['c7']);
  expect(endMs).toBe(2 * 86_400_000);
  expect(arrivalMs.length).toBeGreaterThan(1000);
  expect(arrivalMs.every((atMs) => atMs >= 86_400_000 && atMs < 87_000_000)).toBe(true);
});

test('the same seed gives the same bytes; a client does not depend on those after it', () => {
  const text = (from: ServegenTable, seed: number): string =>
    [...renderReplay(drawServegen(from, { seed, peakRps: from.peakRps }))].join('');
  expect(text(table, 3)).toBe(text(table, 3));
  expect(text(table, 3)).not.toBe(text(table, 4));
  const first = read(...rowsOf('calm', 0.2, 'Gamma', 8));
  const ofCalm = (lines: string): string[] => lines.split('\n').filter((line) => line.includes('calm'));
  expect(ofCalm(text(table, 3)).length).toBe(ofCalm(text(first, 3)).length);
});

test('execution times are log-normal around the median that is assumed', () => {
  const { execMs } = drawServegen(table, { peakRps: 0.5, execMedianMs: 3000, execSigma: 0.5 });
  expect(Math.abs((execMs.toSorted()[Math.floor(execMs.length / 2)] ?? 0) / 3000 - 1)).toBeLessThan(0.03);
});

const good = 'c0,600,1,1,Gamma,0.5,1';
test.each<readonly [string, string, number, string]>([
  ['an empty file', '', 0, 'file'],
  ['a header alone', `${header}\n`, 0, 'file'],
  ['a missing column', 'client,t_s,rate,family,p1\n', 1, 'rate_rps'],
  ['too few fields', `${header}\n${good}\nc0,1200,1`, 3, 'row'],
  ['a window that is none', `${header}\nc0,601,1,1,Gamma,0.5,1`, 2, 't_s'],
  ['a negative time', `${header}\nc0,-600,1,1,Gamma,0.5,1`, 2, 't_s'],
  ['windows out of order', `${header}\n${good}\nc0,0,1,1,Gamma,0.5,1`, 3, 't_s'],
  ['a window twice', `${header}\n${good}\n${good}`, 3, 't_s'],
  ['a client in two places', `${header}\n${good}\nc1,0,1,1,Gamma,1,1\nc0,1200,1,1,Gamma,1,1`, 4, 'client'],
  ['a client without a name', `${header}\n,600,1,1,Gamma,0.5,1`, 2, 'client'],
  ['a rate of 0', `${header}\nc0,600,0,1,Gamma,0.5,1`, 2, 'rate_rps'],
  ['a rate of NaN', `${header}\nc0,600,NaN,1,Gamma,0.5,1`, 2, 'rate_rps'],
  ['an unknown family', `${header}\nc0,600,1,1,Pareto,0.5,1`, 2, 'family'],
  ['a shape of 0', `${header}\nc0,600,1,1,Gamma,0,1`, 2, 'p1'],
])('refuses %s, naming line and field', (_what, text, line, field) => {
  expect(parseServegen(text)).toMatchObject({ ok: false, error: { line, field } });
});
