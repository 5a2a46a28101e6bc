// The places that the agent launches models in, other than its own machine: whether its environment has what they need. Reads the agent's own
// parsers, so that it says what the agent would say; asks nobody.
import { readFileSync } from 'node:fs';
import { parseClusterSettings } from '../../../gpu-workers/agent/kubernetes/cluster-settings.ts';
import { parseModalSettings } from '../../../gpu-workers/agent/modal/modal-settings.ts';
import type { ModelVersion } from '../../core/registry/model.ts';
import { fine, wrong, type Finding } from './finding.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** Nothing for places that no model is launched in. `env` is the agent's. */
export function checkPlaces(versions: readonly ModelVersion[], env: Variables): readonly Finding[] {
  return [...checkModal(versions, env), ...checkKubernetes(versions, env)];
}

const allSettings = '"node gpu-workers/agent/main.ts --help" lists all of its settings';

function checkModal(versions: readonly ModelVersion[], env: Variables): readonly Finding[] {
  const first = versions.find(
    ({ launch }) => launch.kind === 'modal-sandbox' || launch.kind === 'modal-function',
  );
  if (first === undefined) return [];
  const settings = parseModalSettings(env);
  if (!settings.ok) {
    const remedy = `set it where the agent is started ("modal token new" makes a token); ${allSettings}`;
    return [wrong('modal', `${first.id}: ${settings.error}`, remedy)];
  }
  const open = versions.find(isOpenWithoutKey);
  if (open !== undefined && settings.value.key === null) {
    const what = `the agent has no REPLICA_KEY: whoever finds the address of ${open.id} could put it to sleep`;
    const remedy =
      'set REPLICA_KEY to what "openssl rand -hex 24" prints, where the agent is started and for the Worker';
    return [wrong('replica-key', what, remedy)];
  }
  return [fine('modal', `the agent has what ${first.id} needs; whether Modal takes the token was not asked`)];
}

/** A tunnel's address is public, and vLLM lets whoever knows it stop its engine. */
export function isOpenWithoutKey({ launch }: ModelVersion): boolean {
  return launch.kind === 'modal-sandbox' && launch.protocol?.kind === 'vllm';
}

function checkKubernetes(versions: readonly ModelVersion[], env: Variables): readonly Finding[] {
  const first = versions.find(({ launch }) => launch.kind === 'kubernetes');
  if (first === undefined) return [];
  const settings = parseClusterSettings(env, readText);
  if (!settings.ok) {
    const remedy = `mend it where the agent is started (docs/backends.md, "Kubernetes"); ${allSettings}`;
    return [wrong('kubernetes', `${first.id}: ${settings.error}`, remedy)];
  }
  const { url } = settings.value;
  return [fine('kubernetes', `the agent has what ${first.id} needs; whether ${url} answers was not asked`)];
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
