// Everything that `npm run sim` checks before it runs: options, places to write to, the traffic, and what policies hold from the start.
import { err, ok, type Result } from '../../core/base/result.ts';
import { checkOutput } from './check-outputs.ts';
import { checkHeld } from './policy-spec.ts';
import { readSimOptions, type SimRequest } from './sim-options.ts';
import { readTraffic, type Traffic } from './traffic.ts';

export interface PreparedSim {
  readonly request: SimRequest;
  readonly traffic: Traffic;
}

/** The error is one line that names the option, or file, line and field. */
export function prepareSim(args: readonly string[]): Result<PreparedSim, string> {
  const request = readSimOptions(args);
  if (!request.ok) return request;
  const { json, svg, policies } = request.value;
  const unwritable = checkOutput('json', json) ?? checkOutput('svg', svg);
  if (unwritable !== null) return err(unwritable);
  const traffic = readTraffic(request.value);
  if (!traffic.ok) return traffic;
  for (const policy of policies) {
    const complaint = checkHeld(policy, traffic.value.replay.pools.length);
    if (complaint !== null) return err(complaint);
  }
  return ok({ request: request.value, traffic: traffic.value });
}
