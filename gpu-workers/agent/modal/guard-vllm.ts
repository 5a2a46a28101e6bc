// The guard of a vLLM whose address is public. Its own key holds under /v1 alone, and the calls of its sleep mode come with one that runs
// any method of the engine for whoever asks (https://docs.vllm.ai/en/latest/usage/security/): a middleware asks for the key everywhere.
// Owns how the middleware gets into a container that has only vLLM's image; the middleware is gpu-workers/modal/pilotlight_guard.py.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const file = resolve(import.meta.dirname, '../../modal/pilotlight_guard.py');

/** Writes the source to a folder of its own, and becomes the command. */
const script = [
  'folder=$(mktemp -d)',
  'printf %s "$PILOTLIGHT_GUARD" > "$folder/pilotlight_guard.py"',
  'export PYTHONPATH="$folder${PYTHONPATH:+:$PYTHONPATH}"',
  'unset PILOTLIGHT_GUARD',
  'exec "$@"',
].join(' && ');

export function guardCommand(command: readonly string[]): readonly string[] {
  return ['sh', '-c', script, 'pilotlight', ...command, '--middleware', 'pilotlight_guard.KeyGuard'];
}

export function guardVariables(): Readonly<Record<string, string>> {
  return { PILOTLIGHT_GUARD: readFileSync(file, 'utf8') };
}
