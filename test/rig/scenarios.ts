// The scenarios by name, in the order in which they are run together.
import type { Scenario } from './scenario.ts';
import { abort } from './scenarios/abort.ts';
import { breaker } from './scenarios/breaker.ts';
import { failover } from './scenarios/failover.ts';
import { faults } from './scenarios/faults.ts';
import { outage } from './scenarios/outage.ts';
import { overload } from './scenarios/overload.ts';
import { peak } from './scenarios/peak.ts';
import { scale } from './scenarios/scale.ts';
import { spill } from './scenarios/spill.ts';
import { staticStability } from './scenarios/static.ts';

export const scenarios: readonly Scenario[] = [
  faults,
  outage,
  peak,
  failover,
  breaker,
  overload,
  spill,
  scale,
  staticStability,
  abort,
];
