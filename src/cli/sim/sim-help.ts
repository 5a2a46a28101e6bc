// The words of `npm run sim -- --help`.
import { ownParts } from '../../sim/replay/own-spec.ts';
import { listPolicies } from '../../sim/rivals/policy-of.ts';
import { ownUsage } from './policy-spec.ts';
import { gammaDefault, loadSecondsDefault } from './sim-options.ts';

const policyRows = [
  { usage: ownUsage, help: 'our own policy; parts can be switched off to see what they are worth' },
  ...listPolicies(),
];
const usageWidth = Math.max(...policyRows.slice(1).map(({ usage }) => usage.length));

export const policyLines = policyRows
  .map(({ usage, help }) => `  ${usage.padEnd(usageWidth)}  ${help}`)
  .join('\n');

export const simHelp = `npm run sim -- --policy NAME [--policy NAME]... [options]

Replays traffic against warming policies in virtual time and says what each cost. Every second of every replica is charged.

  --replay FILE[.gz]   traffic to measure (CSV t_s,function_or_model,tenant,exec_s); more files are laid end to end.
                       Without it: made-up traffic, ten days of history and four to replay
  --history FILE[.gz]  earlier traffic that policies learn from; not measured
  --policy NAME        a policy, see below; may be given again
  --load S|FILE        what a start takes: seconds, or a table of measured times of which each start draws one (default ${loadSecondsDefault})
  --park S:FRACTION    the fleet can park: seconds of a wake, and the price of a parked second as a share of a hot one (2:0.1)
  --gamma X            GPU-seconds that a second of waiting is worth (default ${gammaDefault})
  --sweep              each policy at all its settings, from cheap to warm; policies are then given without parameters
  --queueing own|shared  each waiting request waits for its own replica (default), or all share a queue as in production
  --seed N             of made-up traffic and drawn load times (default 1)
  --workers N          threads; results do not depend on it (default 2, or what the machine has)
  --json FILE          all figures
  --svg FILE           with one policy: warmth over the busiest day beside demand

Policies:
${policyLines}

Parts of ours: ${ownParts.join(', ')}`;
