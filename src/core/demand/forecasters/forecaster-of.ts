// Makes forecasters by name. Owns the list of them. Pure.
import { err, ok, type Result } from '../../base/result.ts';
import type { ArrivalForecaster, ForecasterSnapshot } from '../forecast.ts';
import { additive } from './additive-model.ts';
import type { MeanModel } from './mean-model.ts';
import { memberNames, type MemberName } from './members.ts';
import { Panel } from './panel.ts';
import type { SharedDemand } from './shared-demand.ts';
import { hybridHistogram, lastValue, levelSeasonal, recentRate, seasonal } from './simple-models.ts';

const models: Readonly<Record<MemberName, MeanModel>> = {
  'last-value': lastValue,
  'recent-rate': recentRate,
  seasonal,
  'level-seasonal': levelSeasonal,
  'hybrid-histogram': hybridHistogram,
  additive,
};

export const forecasterNames = [...memberNames, 'ensemble'] as const;

/**
 * A forecaster for one pool. Pools that share `shared` learn together; only one forecaster of each pool may, or its arrivals count
 * twice. With a snapshot it goes on where that was taken. The error is one line.
 */
export function forecasterOf(
  name: string,
  shared: SharedDemand,
  snapshot?: ForecasterSnapshot,
): Result<ArrivalForecaster, string> {
  const known = forecasterNames.find((each) => each === name);
  if (known === undefined)
    return err(`there is no forecaster "${name}", there are ${forecasterNames.join(', ')}`);
  const members = known === 'ensemble' ? memberNames : [known];
  const panel = new Panel(
    known,
    members.map((each) => models[each]),
    shared,
  );
  if (snapshot !== undefined && !panel.restore(snapshot))
    return err(`the snapshot is not one of the forecaster "${name}", or it is damaged`);
  return ok(panel);
}
