// The words of `npm run sim:workload -- --help`.
import { adversarialDefaults, adversaries } from '../../sim/workload/adversarial.ts';
import { officeHoursDefaults } from '../../sim/workload/office-hours.ts';
import { poissonDefaults } from '../../sim/workload/poisson.ts';
import { servegenDefaults } from '../../sim/workload/servegen.ts';
import { syntheticDefaults } from '../../sim/workload/synthetic.ts';

const perDay = [syntheticDefaults, poissonDefaults, officeHoursDefaults].map(
  ({ requestsPerDay }) => requestsPerDay,
);

export const workloadHelp = `npm run sim:workload -- --kind KIND --out FILE[.gz] [options]

Makes up a workload and writes it in the replay format (CSV t_s,function_or_model,tenant,exec_s).
The same options give the same bytes.

  --kind KIND            what to make:
      synthetic            sessions of thousands of tenants on tens of models, nights, weekends, bursts
      poisson              constant rates without any structure
      office               office hours: strong weekday peaks
      functions            the synthetic arrivals as runs of functions; rows are their stages' requests
      servegen             drawn from ServeGen's request rates; each client is a model of its own
      adversarial          returns just after a policy's idle window has ended
  --out FILE             packed when it ends in .gz
  --seed N               (default 1)
  --from-day N           keep the days from N on, on a clock that starts at that midnight (default 0)
  --to-day N             keep the days before N (default all)

all kinds but servegen:
  --days N               1 to 400 (default ${syntheticDefaults.days}; adversarial ${adversarialDefaults.days})
  --models N             or functions (default ${syntheticDefaults.models}; office ${officeHoursDefaults.models}; functions 8; adversarial ${adversarialDefaults.pools})

synthetic, poisson, office, functions:
  --tenants N            (default: as they come; poisson ${poissonDefaults.tenants}; office ${officeHoursDefaults.tenants})
  --requests-per-day X   on a full weekday (default ${perDay[0]}; poisson ${perDay[1]}; office ${perDay[2]})
  --ramp-days N          days of almost no traffic at the beginning; synthetic, functions (default ${syntheticDefaults.rampDays})

functions:
  --graph chain3|fan3    three stages in a row, or one and then three side by side (default chain3)
  --chance P             that a run goes on to a stage, 0 to 1 (default 0.6)
  --exec-share X         a stage's time as a share of the arrival's (default 0.5)

servegen:
  --rates FILE           the table client,t_s,rate_rps,family,p1 (required)
  --peak-rps X           rates are scaled so that the largest total of a window is this (default ${servegenDefaults.peakRps})
  --exec-median S        execution times are an assumption: log-normal, this median (default ${servegenDefaults.execMedianMs / 1000})
  --exec-sigma X         and this spread of the logarithm (default ${servegenDefaults.execSigma})

adversarial:
  --adversary NAME       ${Object.keys(adversaries).join('|')} (default ${adversarialDefaults.adversary})
  --window S             idle window that is played against (default ${adversarialDefaults.windowMs / 1000})
  --load S               load time that is reckoned with (default ${adversarialDefaults.loadMs / 1000})`;
