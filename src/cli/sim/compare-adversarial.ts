// The worst case: our policy with forecasts that are wrong on purpose, against plain ski-rental at the same gamma.
import { attackNames } from '../../sim/replay/forecast-attacks.ts';
import { renderTable } from '../../sim/report/markdown.ts';
import { adversarialBar, atMost } from './compare-checks.ts';
import { jobFor, type Setting } from './compare-curves.ts';
import type { Section } from './compare-section.ts';
import type { Parking } from './park-option.ts';
import type { ReplayJob } from './replay-job.ts';

const gammas = [10, 30, 100, 300];
const quickGammas = [30, 300];

interface Case {
  readonly attack: string;
  readonly fleet: 'hot only' | 'with parking';
  readonly gamma: number;
  readonly ratio: number;
  readonly guardTrips: number;
}

export async function compareAdversarial(setting: Setting, park: Parking, quick: boolean): Promise<Section> {
  const fleets = (quick ? quickGammas : gammas).flatMap((gamma) => [
    { gamma, park: null },
    { gamma, park },
  ]);
  const rows = ['honest', ...attackNames] as const;
  const jobs = fleets.flatMap((fleet): ReplayJob[] => [
    jobFor(setting, `ski:${fleet.gamma}`, fleet),
    ...rows.map((attack) =>
      jobFor(setting, `ours:${fleet.gamma}`, { ...fleet, ...(attack === 'honest' ? {} : { attack }) }),
    ),
  ]);
  const results = await setting.runner.run(jobs, 'adversarial forecasts');
  const cases = fleets.flatMap((fleet, at): Case[] => {
    const [ski, ...own] = results.slice(at * (rows.length + 1), (at + 1) * (rows.length + 1));
    return own.map(({ result, guardTrips }, row) => ({
      attack: rows[row] ?? 'honest',
      fleet: fleet.park === null ? 'hot only' : 'with parking',
      gamma: fleet.gamma,
      ratio: ski === undefined || ski.result.cost === 0 ? 1 : result.cost / ski.result.cost,
      guardTrips: guardTrips ?? 0,
    }));
  });
  const attacked = cases.filter(({ attack }) => attack !== 'honest');
  const worst = attacked.reduce((a, b) => (b.ratio > a.ratio ? b : a));
  return {
    name: 'adversarial',
    markdown: renderCases(cases, rows),
    checks: [
      atMost({
        id: 'adversarial.costRatio',
        value: worst.ratio,
        bar: adversarialBar,
        n: attacked.length,
        note: `worst: ${worst.attack}, gamma ${worst.gamma}, ${worst.fleet}; the guard fell back to ski-rental ${worst.guardTrips} times`,
      }),
    ],
    plots: [],
    figures: cases,
  };
}

function renderCases(cases: readonly Case[], rows: readonly string[]): string {
  const columns = cases.filter(({ attack }) => attack === 'honest');
  const table = renderTable(
    ['cost / ski-rental', ...columns.map(({ fleet, gamma }) => `${fleet}, gamma ${gamma}`)],
    rows.map((row) => [
      row,
      ...columns.map(({ fleet, gamma }) => {
        const found = cases.find(
          (each) => each.attack === row && each.fleet === fleet && each.gamma === gamma,
        );
        return found === undefined ? '' : `${found.ratio.toFixed(2)} (${found.guardTrips})`;
      }),
    ]),
  );
  return `Total cost (idle + load + parked at its price + gamma x waiting) against plain ski-rental at the same gamma; in brackets how often the guard fell back to ski-rental. A forecast that is no number is ski-rental at once, without the guard.\n\n${table}`;
}
