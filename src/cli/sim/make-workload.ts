// Draws the workload that `npm run sim:workload` was asked for. Reads ServeGen's table of rates; all else is made up.
import { err, ok, type Result } from '../../core/base/result.ts';
import { dayMs, replayRowsMax } from '../../sim/replay/parse-replay.ts';
import type { Workload } from '../../sim/replay/workload.ts';
import { drawAdversarial } from '../../sim/workload/adversarial.ts';
import { describeCsvFault } from '../../sim/workload/csv-fault.ts';
import { cutDays } from '../../sim/workload/cut-days.ts';
import { expandFunctions, makeChain3, makeFan3 } from '../../sim/workload/functions.ts';
import { drawOfficeHours } from '../../sim/workload/office-hours.ts';
import { drawPoissonWorkload } from '../../sim/workload/poisson.ts';
import { drawServegen, expectRequests, parseServegen } from '../../sim/workload/servegen.ts';
import { drawSynthetic } from '../../sim/workload/synthetic.ts';
import { readText } from './read-text.ts';
import type { WorkloadRequest } from './workload-options.ts';

/** The error is one line; the workload has at least one request. */
export function makeWorkload(request: WorkloadRequest): Result<Workload, string> {
  const drawn = draw(request);
  if (!drawn.ok) return drawn;
  const days = drawn.value.endMs / dayMs;
  const toDay = request.toDay ?? days;
  if (request.fromDay >= days || toDay > days)
    return err(`--from-day and --to-day must lie within the ${days} days of ${request.rates}`);
  const workload = cutDays(drawn.value, request.fromDay, toDay);
  return workload.pool.length > 0 ? ok(workload) : err('these options make no requests at all');
}

function draw(request: WorkloadRequest): Result<Workload, string> {
  const { kind, seed, days, models, requestsPerDay, tenants } = request;
  switch (kind) {
    case 'synthetic':
      return ok(drawSynthetic(request));
    case 'poisson':
      return ok(drawPoissonWorkload({ seed, days, models, requestsPerDay, tenants: tenants ?? 1 }));
    case 'office':
      return ok(drawOfficeHours({ seed, days, models, requestsPerDay, tenants: tenants ?? 1 }));
    case 'functions': {
      const graph = request.graph === 'fan3' ? makeFan3(request.chance) : makeChain3(request.chance);
      const options = { seed, graph, execShare: request.execShare, execSigma: stageSigma };
      return ok(expandFunctions(drawSynthetic(request), options).workload);
    }
    case 'servegen':
      return drawFromRates(request);
    case 'adversarial':
      return ok(
        drawAdversarial({
          seed,
          days,
          pools: models,
          adversary: request.adversary,
          windowMs: request.windowS * 1000,
          loadMs: request.loadS * 1000,
        }),
      );
  }
}

/** A stage of the same run takes now more, now less of it. */
const stageSigma = 0.3;

function drawFromRates({
  rates,
  seed,
  peakRps,
  execMedianS,
  execSigma,
}: WorkloadRequest): Result<Workload, string> {
  const text = readText(rates);
  if (!text.ok) return err(`--rates: ${text.error}`);
  const table = parseServegen(text.value);
  if (!table.ok) return err(describeCsvFault(table.error, rates));
  const expected = expectRequests(table.value, peakRps);
  if (expected > replayRowsMax * 0.8)
    return err(`--peak-rps ${peakRps} makes about ${Math.round(expected)} requests, take a smaller one`);
  return ok(drawServegen(table.value, { seed, peakRps, execMedianMs: execMedianS * 1000, execSigma }));
}
