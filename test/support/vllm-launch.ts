// Launches of the stand-in for vLLM, as a catalogue would have them: vLLM's own command line in front of the emulated GPU.
import { resolve } from 'node:path';

export const vllmServer = resolve(import.meta.dirname, '../../gpu-workers/servers/paced-vllm-server.ts');

const usualPace = { loadMs: 60, wakeMs: 10, firstTokenMs: 1, tokenMs: 1, tokens: 4 };

export interface VllmOptions {
  readonly sleepLevel?: 1 | 2;
  readonly env?: Readonly<Record<string, string>>;
  readonly pace?: Readonly<Record<string, number>>;
  readonly faults?: object;
}

export function vllmLaunch({ sleepLevel = 1, env = {}, pace = {}, faults = {} }: VllmOptions = {}) {
  return {
    kind: 'command',
    command: [process.execPath, vllmServer, ...vllmArguments],
    env: {
      PILOTLIGHT_PACE: JSON.stringify({ ...usualPace, ...pace }),
      PILOTLIGHT_VLLM_FAULTS: JSON.stringify(faults),
      ...env,
    },
    protocol: { kind: 'vllm', sleepLevel },
  };
}

export const vllmArguments: readonly string[] = [
  'serve',
  'acme/tiny',
  '--served-model-name=$PILOTLIGHT_VERSION',
  '--host=127.0.0.1',
  '--port',
  '$PORT',
  '--max-num-seqs=$PILOTLIGHT_SLOTS',
  '--enable-sleep-mode',
];

/** The same in a sandbox of Modal. */
export function vllmSandboxLaunch(options: VllmOptions = {}) {
  const { command, env, protocol } = vllmLaunch(options);
  const image = 'vllm/vllm-openai:v0.33.0';
  return { kind: 'modal-sandbox', app: 'pilotlight-test', image, gpu: 'H100', command, env, protocol };
}
