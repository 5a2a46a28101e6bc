// `npm run sim:workload`: every kind gives a file that reads back; every slip of an option is named in one line.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeWorkload } from '../../../../src/cli/sim/make-workload.ts';
import { readWorkload } from '../../../../src/cli/sim/read-workload.ts';
import { workloadHelp } from '../../../../src/cli/sim/workload-help.ts';
import { readWorkloadOptions, workloadKinds } from '../../../../src/cli/sim/workload-options.ts';
import { writeText } from '../../../../src/cli/sim/write-text.ts';
import { renderReplay } from '../../../../src/sim/workload/render-replay.ts';

const folder = mkdtempSync(join(tmpdir(), 'pilotlight-made-'));
afterAll(() => rmSync(folder, { recursive: true }));
const rates = join(folder, 'rates.csv');
writeFileSync(rates, 'client,t_s,rate_rps,family,p1\na,0,1,Gamma,1\nb,600,1,Weibull,1\n');

const small: Readonly<Record<string, readonly string[]>> = {
  synthetic: ['--days', '3', '--ramp-days', '0', '--requests-per-day', '300'],
  poisson: ['--days', '3', '--requests-per-day', '300'],
  office: ['--days', '3', '--requests-per-day', '300'],
  functions: ['--days', '3', '--ramp-days', '0', '--requests-per-day', '300', '--graph', 'fan3'],
  servegen: ['--rates', rates, '--peak-rps', '1'],
  adversarial: ['--days', '3', '--adversary', 'lure'],
};

test.each(workloadKinds)('%s: the file reads back, and the same options give the same bytes', (kind) => {
  const make = (name: string): Buffer => {
    const path = join(folder, name);
    const request = readWorkloadOptions(['--kind', kind, '--out', path, ...(small[kind] ?? [])]);
    if (!request.ok) throw new Error(request.error);
    const workload = makeWorkload(request.value);
    if (!workload.ok) throw new Error(workload.error);
    expect(writeText(path, renderReplay(workload.value)).ok).toBe(true);
    const loaded = readWorkload([path], []);
    expect(loaded).toMatchObject({ ok: true });
    if (loaded.ok) expect(loaded.value.replay.arrivalMs).toEqual(workload.value.arrivalMs);
    return readFileSync(path);
  };
  expect(make(`${kind}-1.csv.gz`).equals(make(`${kind}-2.csv.gz`))).toBe(true);
});

test('days can be cut out of any kind', () => {
  const args = ['--kind', 'poisson', '--out', 'x', ...(small['poisson'] ?? [])];
  const request = readWorkloadOptions([...args, '--from-day', '1', '--to-day', '2']);
  if (!request.ok) throw new Error(request.error);
  expect(makeWorkload(request.value)).toMatchObject({ ok: true, value: { endMs: 86_400_000 } });
});

test.each<readonly [string, string]>([
  ['--out x', '--kind must be one of synthetic, poisson, office, functions, servegen, adversarial'],
  ['--kind trace --out x', 'not "trace"'],
  ['--kind poisson', '--out FILE is missing'],
  ['--kind poisson --out x --graph fan3', '--graph means nothing with --kind poisson (only with functions)'],
  ['--kind poisson --out x --days 0', '--days must be a number from 1 to 400, not "0"'],
  ['--kind poisson --out x --days 1.5', '--days must be a whole number, not "1.5"'],
  ['--kind poisson --out x --days NaN', 'not "NaN"'],
  ['--kind poisson --out x --models=', 'not ""'],
  ['--kind poisson --out x --seed -1', '--seed'],
  ['--kind functions --out x --chance 1.1', '--chance must be a number from 0 to 1'],
  ['--kind functions --out x --graph ring', '--graph must be one of chain3, fan3, not "ring"'],
  ['--kind adversarial --out x --adversary kind', '--adversary must be one of beyond, lure, retreat'],
  ['--kind servegen --out x', 'needs --rates FILE'],
  ['--kind synthetic --out x --days 400 --requests-per-day 1000000', 'at most 8000000 can be written'],
  ['--kind synthetic --out x --from-day 14', 'must lie within the 14 days'],
  ['--kind synthetic --out x --from-day 3 --to-day 3', '--to-day must be after --from-day'],
  ['--kind synthetic --out x --wide', "Unknown option '--wide'"],
  ['--kind synthetic --out x more', "Unexpected argument 'more'"],
])('refuses "%s" in one line', (args, words) => {
  const request = readWorkloadOptions(args.split(' '));
  expect(request).toMatchObject({ ok: false, error: expect.stringContaining(words) as unknown });
});

test.each<readonly [readonly string[], string]>([
  [['--rates', join(folder, 'gone.csv')], '--rates: '],
  [['--rates', rates, '--from-day', '1'], 'must lie within the 1 days of'],
  [['--rates', rates, '--peak-rps', '100000'], 'take a smaller one'],
])('refuses ServeGen with %j in one line', (args, words) => {
  const request = readWorkloadOptions(['--kind', 'servegen', '--out', 'x', ...args]);
  if (!request.ok) throw new Error(request.error);
  expect(makeWorkload(request.value)).toMatchObject({
    ok: false,
    error: expect.stringContaining(words) as unknown,
  });
});

test('a file that cannot be written is named', () => {
  const written = writeText(join(folder, 'no', 'such.csv'), ['a']);
  expect(written).toMatchObject({ ok: false, error: expect.stringContaining('such.csv: cannot') as unknown });
});

test('the help names every kind', () => {
  for (const kind of workloadKinds) expect(workloadHelp).toContain(kind);
});
