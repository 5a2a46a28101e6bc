// What the server of a version calls its model: most are started with the version's id for a name, some take only names of their own, and
// endpoints of others have theirs. The one place where a request gets that name, so that its body is made once. Pure.
import { findVersion } from './resolve-model.ts';
import type { Catalogue } from '../registry/model.ts';

/** The `model` of a request to a replica of this version. */
export function wireModelOf(catalogue: Catalogue, version: string): string {
  const launch = findVersion(catalogue, version)?.launch;
  if (launch === undefined) return version;
  switch (launch.kind) {
    case 'command':
      if (launch.protocol?.kind === 'ollama') return launch.protocol.model;
      return version;
    case 'runpod':
    case 'openai':
    case 'workers-ai':
      return launch.model;
    case 'llama':
    case 'embedder':
    case 'paced':
    case 'modal-sandbox':
    case 'modal-function':
    case 'kubernetes':
      return version;
  }
}
