// `npm run sim:workload`: makes up a workload and writes it in the replay format.
import { dayMs } from '../sim/replay/parse-replay.ts';
import { renderReplay } from '../sim/workload/render-replay.ts';
import { makeWorkload } from './sim/make-workload.ts';
import { workloadHelp } from './sim/workload-help.ts';
import { readWorkloadOptions } from './sim/workload-options.ts';
import { writeText } from './sim/write-text.ts';

process.exitCode = main(process.argv.slice(2));

function main(args: readonly string[]): number {
  if (args.length === 0 || args.includes('--help') || args.includes('-h')) {
    console.log(workloadHelp);
    return 0;
  }
  const request = readWorkloadOptions(args);
  if (!request.ok) return fail(request.error);
  const { kind, out, seed } = request.value;
  const workload = makeWorkload(request.value);
  if (!workload.ok) return fail(workload.error);
  const written = writeText(out, renderReplay(workload.value));
  if (!written.ok) return fail(written.error);
  const { pool, endMs } = workload.value;
  const pools = new Set(pool).size;
  const tenants = new Set(workload.value.tenant).size;
  console.log(
    `${out}: ${pool.length} requests, ${pools} pools, ${tenants} tenants, ${endMs / dayMs} days (${kind}, seed ${seed})`,
  );
  if (kind === 'servegen')
    console.log(
      `execution times are assumed: log-normal, median ${request.value.execMedianS} s, sigma ${request.value.execSigma}`,
    );
  return 0;
}

function fail(why: string): number {
  console.error(`sim:workload: ${why} (--help shows all options)`);
  return 1;
}
