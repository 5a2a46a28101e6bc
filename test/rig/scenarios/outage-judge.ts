// What an outage may cost: those who may go elsewhere their answer never, those who never meet it nothing. Owns the bars, and which quantile a
// number of requests can show.
import type { Check } from '../../../src/cli/checks.ts';
import { makeCheck } from '../../../src/cli/checks.ts';
import type { GeneratorUse } from '../load/generator-use.ts';
import type { Answered } from '../load/send.ts';
import { availability, boundOf, countVerdicts, punctuality, quantileOf } from '../load/tally.ts';
import { atLeast, atMost } from '../scenario.ts';
import type { Outage } from './outages.ts';

/** The model of the bystanders. */
export const PINNED = 'pinned';
export const ATTEMPTS_MAX = 1.1;
const FLOOR = 0.995;
const TARGET = 0.999;
const OTHERS_MAX = 1.2;
/** What a quantile of fewer slower ones says is chance: the p99 of four hundred moves by a tenth from one run to the next. */
const BEYOND_MIN = 10;
/** None between: how many wait at all is near five in a hundred, and what the p95 says hangs on which side of it that falls. */
const QUANTILES = [0.99, 0.9] as const;

export interface Phase {
  readonly outage: Outage | null;
  readonly answers: readonly Answered[];
  /** Requests of clients, and calls of model servers for them: by the gateway's events, or by the servers' own counts where those are more. */
  readonly requests: number;
  readonly attempts: number;
  readonly use: GeneratorUse;
}

export function judgePhase({
  phase,
  calm,
  ratio,
}: {
  phase: Phase;
  calm: Phase;
  ratio: number;
}): readonly Check[] {
  const { outage, answers } = phase;
  const id = `outage.${outage?.id ?? ''}`;
  const n = answers.length;
  const counts = countVerdicts(answers);
  const bad = n - counts.ok;
  // A run of a few hundred requests cannot show the third nine: one bad one is more than it allows.
  const bar = n * (1 - TARGET) < 1 ? FLOOR : TARGET;
  return [
    atLeast(`${id}.availability`, availability(answers), bar, {
      n,
      note: `${outage?.title}; ${boundOf(bad, n)} not answered`,
    }),
    atMost(`${id}.wrong`, counts.wrong, 0, { n, note: 'half answers that look whole, other texts' }),
    atMost(`${id}.attempts`, ratio, ATTEMPTS_MAX, { n, note: 'calls of model servers a request' }),
    ...(outage?.isEverywhere === true ? [] : [judgeBystanders(`${id}.others`, [phase], calm)]),
  ];
}

/** The same of all outages that have bystanders, whose number shows more than that of one. */
export function judgeOthers(phases: readonly Phase[], calm: Phase): readonly Check[] {
  const local = phases.filter(({ outage }) => outage?.isEverywhere !== true);
  return local.length < 2 ? [] : [judgeBystanders('outage.others', local, calm)];
}

/** How much longer than usual those take who never meet the broken pool. Without a bar where they are too few to be held to one. */
function judgeBystanders(id: string, phases: readonly Phase[], calm: Phase): Check {
  const beside = phases.flatMap(bystanders);
  const alone = bystanders(calm);
  const n = beside.length;
  const shown = highestShown(Math.min(n, alone.length));
  const q = shown ?? 0.9;
  const endOf = ({ verdict, tookMs }: Answered): number => (verdict === 'ok' ? tookMs : Infinity);
  const [besideMs, aloneMs] = [quantileOf(beside, endOf, q), quantileOf(alone, endOf, q)];
  const isFair = [...phases, calm].every(({ answers }) => punctuality(answers).isValid);
  const lateness = isFair ? '' : '; not valid: the generator was late';
  const note = `p${q * 100} of requests that never meet the broken pool, as a multiple of the same without an outage: ${besideMs.toFixed(0)} of ${aloneMs.toFixed(0)} ms${lateness}`;
  const ratio = besideMs / aloneMs;
  return shown === null
    ? makeCheck(id, ratio, n, `${note}; too few for a bar`)
    : atMost(id, ratio, OTHERS_MAX, { n, note });
}

/** The highest quantile that so many requests can show; null = none. */
export function highestShown(n: number): number | null {
  return QUANTILES.find((q) => Math.floor(n * (1 - q) + 1e-9) >= BEYOND_MIN) ?? null;
}

function bystanders({ answers }: Phase): readonly Answered[] {
  return answers.filter(({ ask }) => ask.model === PINNED);
}
