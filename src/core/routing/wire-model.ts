// What the server of a version calls its model: most are started with the version's id for a name, some take only names of their own. Pure.
import { findVersion } from './resolve-model.ts';
import type { Catalogue } from '../registry/model.ts';

/** The `model` of a request to a replica of this version. */
export function wireModelOf(catalogue: Catalogue, version: string): string {
  const launch = findVersion(catalogue, version)?.launch;
  if (launch?.kind === 'command' && launch.protocol?.kind === 'ollama') return launch.protocol.model;
  return version;
}
