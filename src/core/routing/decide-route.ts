// Which version serves a request: the tenant's rules first, in order, then the catalogue's names, then a version asked for by its id. Pure.
import { err, ok, type Result } from '../base/result.ts';
import type { Failure } from '../api/failure.ts';
import { poolName } from '../pool/pool-settings.ts';
import type { Catalogue, ModelVersion } from '../registry/model.ts';
import type { Rule } from './rule.ts';

export interface RouteQuestion {
  readonly catalogue: Catalogue;
  readonly place: string;
  readonly rules: readonly Rule[];
  readonly model: string;
  readonly task: ModelVersion['task'];
}

export interface Route {
  readonly version: ModelVersion;
  readonly pool: string;
  /** Which rule or name decided, for whoever asks why. */
  readonly because: string;
}

export function decideRoute(question: RouteQuestion): Result<Route, Failure> {
  const { catalogue, model, task, place } = question;
  const { id, because } = nameVersion(question);
  const version = catalogue.versions.find((each) => each.id === id);
  if (version === undefined) return err({ kind: 'unknown-model', model });
  if (version.task !== task) return err({ kind: 'wrong-task', model, task: taskInWords(version.task) });
  return ok({ version, pool: poolName(version.id, place), because });
}

function nameVersion({ catalogue, rules, model }: RouteQuestion): { id: string; because: string } {
  const matching = rules.find((each) => each.match.model === model);
  if (matching !== undefined) return { id: matching.target, because: `tenant rule ${matching.id}` };
  const alias = Object.hasOwn(catalogue.aliases, model) ? catalogue.aliases[model] : undefined;
  if (alias !== undefined) return { id: alias, because: `name ${model}` };
  return { id: model, because: 'version id' };
}

function taskInWords(task: ModelVersion['task']): string {
  return task === 'chat' ? 'chat completions' : 'embeddings';
}
