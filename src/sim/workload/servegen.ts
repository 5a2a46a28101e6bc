// Draws requests from the request rates of ServeGen (arXiv:2505.09999): per client and window of 600 s a stationary renewal process with
// Gamma or Weibull gaps. Each client becomes a pool of its own with itself as the tenant. Execution times are NOT in the source: they
// are drawn from a log-normal distribution, an assumption. Pure.
import { err, ok, type Result } from '../../core/base/result.ts';
import type { Rng } from '../../core/base/rng.ts';
import { dayMs } from '../replay/parse-replay.ts';
import type { Workload } from '../replay/workload.ts';
import type { CsvFault } from './csv-fault.ts';
import { drawGamma, drawLogNormal, drawWeibull, logGamma, makeStream } from './draws.ts';
import { parseTable, type CsvRow } from './parse-table.ts';
import { WorkloadBuilder } from './workload-builder.ts';

const windowS = 600;
const windowMs = windowS * 1000;
/** Bounds that no fitted service comes near; smaller shapes would put thousands of requests at one moment. */
const rateRpsMax = 1_000_000;
const shapeMin = 0.001;
const shapeMax = 1_000_000;
const startSMax = 400 * 86_400 - windowS;

type Family = 'Gamma' | 'Weibull';

export interface ServegenWindow {
  readonly client: number;
  readonly startMs: number;
  readonly rateRps: number;
  readonly family: Family;
  readonly shape: number;
}

export interface ServegenTable {
  readonly clients: readonly string[];
  /** By client, then by time; a window that is missing has rate 0. */
  readonly windows: readonly ServegenWindow[];
  /** Whole days until the end of the last window. */
  readonly days: number;
  /** Largest total rate of all clients in a window. */
  readonly peakRps: number;
}

export interface ServegenOptions {
  readonly seed: number;
  /** All rates are scaled by one factor so that the largest total rate of a window is this. */
  readonly peakRps: number;
  readonly execMedianMs: number;
  /** Standard deviation of the logarithm of execution times. */
  readonly execSigma: number;
}

/** 8 s with a spread of 0.7: a few hundred tokens, with p95 at 25 s. */
export const servegenDefaults: ServegenOptions = { seed: 1, peakRps: 5, execMedianMs: 8000, execSigma: 0.7 };

/** Reads `client,t_s,rate_rps,family,p1` (other columns are left alone), sorted by client and time. */
export function parseServegen(text: string): Result<ServegenTable, CsvFault> {
  const table = parseTable(text, ['client', 't_s', 'rate_rps', 'family', 'p1']);
  if (!table.ok) return table;
  const clients: string[] = [];
  const seen = new Set<string>();
  const windows: ServegenWindow[] = [];
  const totals = new Map<number, number>();
  for (const row of table.value.rows) {
    const name = row.text('client');
    const isNext = clients.at(-1) !== name;
    if (isNext && name === '') return err(row.fault('client', 'is empty', 'give every row a client'));
    if (isNext && seen.has(name))
      return err(row.fault('client', 'is not sorted', 'keep the rows of a client together'));
    if (isNext) {
      seen.add(name);
      clients.push(name);
    }
    const window = readWindow(row, clients.length - 1);
    if (!window.ok) return window;
    const { startMs, rateRps } = window.value;
    if (!isNext && startMs <= (windows.at(-1)?.startMs ?? -1))
      return err(row.fault('t_s', 'is not sorted or stands twice', 'sort the rows of a client by t_s'));
    windows.push(window.value);
    totals.set(startMs, (totals.get(startMs) ?? 0) + rateRps);
  }
  const lastMs = windows.reduce((last, { startMs }) => Math.max(last, startMs), 0);
  const peakRps = [...totals.values()].reduce((peak, total) => Math.max(peak, total), 0);
  return ok({ clients, windows, days: Math.floor(lastMs / dayMs) + 1, peakRps });
}

/** How many requests these rates make on average: 600 r per window. */
export function expectRequests({ windows, peakRps }: ServegenTable, targetRps: number): number {
  return (windows.reduce((sum, { rateRps }) => sum + rateRps, 0) * windowS * targetRps) / peakRps;
}

/** Requests in whole ms. Same table and options, same rows. */
export function drawServegen(table: ServegenTable, options: Partial<ServegenOptions> = {}): Workload {
  const full = { ...servegenDefaults, ...options };
  const factor = full.peakRps / table.peakRps;
  const builder = new WorkloadBuilder();
  let client = -1;
  let rng = makeStream(full.seed, 0);
  for (const window of table.windows) {
    // Each client has a stream of its own: its requests do not depend on which others are in the table's earlier rows.
    if (window.client !== client) rng = makeStream(full.seed, 1 + window.client);
    ({ client } = window);
    const endMs = window.startMs + windowMs;
    const { firstMs, drawGapMs } = makeRenewal(rng, window, factor);
    for (let atMs = window.startMs + firstMs; atMs < endMs; atMs += drawGapMs()) {
      const execMs = drawLogNormal(rng, full.execMedianMs, full.execSigma);
      builder.add({ arrivalMs: atMs, pool: client, tenant: client, execMs });
    }
  }
  const nameOf = (index: number): string => table.clients[index] ?? '';
  return builder.build({ days: table.days, resolutionMs: 1, poolName: nameOf, tenantName: nameOf }).workload;
}

/** The first arrival is the rest of a length-biased gap, so that the process is stationary: 600 r requests are expected. */
function makeRenewal(
  rng: Rng,
  { rateRps, family, shape }: ServegenWindow,
  factor: number,
): { readonly firstMs: number; readonly drawGapMs: () => number } {
  const meanMs = 1000 / (rateRps * factor);
  if (family === 'Gamma') {
    const scaleMs = meanMs / shape;
    return {
      firstMs: rng() * drawGamma(rng, shape + 1) * scaleMs,
      drawGapMs: () => drawGamma(rng, shape) * scaleMs,
    };
  }
  const scaleMs = meanMs / Math.exp(logGamma(1 + 1 / shape));
  return {
    firstMs: rng() * scaleMs * drawGamma(rng, 1 + 1 / shape) ** (1 / shape),
    drawGapMs: () => scaleMs * drawWeibull(rng, shape),
  };
}

function readWindow(row: CsvRow, client: number): Result<ServegenWindow, CsvFault> {
  const startS = row.number('t_s', 0, startSMax);
  if (!startS.ok) return startS;
  if (startS.value % windowS !== 0)
    return err(row.fault('t_s', 'is not the start of a window', `give a multiple of ${windowS}`));
  const rateRps = row.number('rate_rps', 0, rateRpsMax);
  if (!rateRps.ok) return rateRps;
  if (rateRps.value === 0)
    return err(row.fault('rate_rps', 'is 0', 'leave out the windows without requests'));
  const family = row.text('family');
  if (family !== 'Gamma' && family !== 'Weibull')
    return err(row.fault('family', 'is unknown', 'give Gamma or Weibull'));
  const shape = row.number('p1', shapeMin, shapeMax);
  if (!shape.ok) return shape;
  return ok({
    client,
    startMs: startS.value * 1000,
    rateRps: rateRps.value,
    family,
    shape: shape.value,
  });
}
