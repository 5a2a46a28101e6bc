// What a program of others speaks beside the OpenAI API, as a catalogue says it. Owns its bounds, and what must be so for it to work. Pure.
import { z } from 'zod';
import type { ServerProtocol } from './model.ts';

export const serverProtocol = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('vllm'), sleepLevel: z.literal([1, 2]).default(1) }),
  z.strictObject({
    kind: z.literal('ollama'),
    model: z.string().regex(/^[A-Za-z0-9._/:-]{1,200}$/, 'must be a name as `ollama list` shows it'),
  }),
]) satisfies z.ZodType<ServerProtocol>;

interface Given {
  readonly task: string;
  readonly launch: {
    readonly kind: string;
    readonly command?: readonly string[] | undefined;
    readonly protocol?: ServerProtocol | undefined;
  };
}

/** Whatever is put behind such a command is no argument of vLLM. */
const shells: ReadonlySet<string> = new Set(['sh', 'bash', '/bin/sh', '/bin/bash']);

/** Why a version's server cannot do what its protocol promises; null = nothing speaks against it. */
export function whyNoProtocol({ task, launch }: Given): string | null {
  const { protocol, command = [] } = launch;
  switch (protocol?.kind) {
    case undefined:
      return null;
    case 'vllm':
      // A vLLM without it answers every call well, and frees nothing.
      if (!command.some((part) => part.includes('--enable-sleep-mode')))
        return 'is vllm, but the command lacks --enable-sleep-mode: sleeping would free no memory';
      return launch.kind === 'modal-sandbox' && shells.has(command[0] ?? '')
        ? 'is vllm: in a sandbox the command is given the guard of its address, so write vllm itself and no shell'
        : null;
    case 'ollama':
      if (task !== 'chat') return 'is ollama, which loads and unloads chat models alone: leave it out here';
      return launch.kind === 'command' ? null : 'is ollama, which runs as a local command alone';
  }
}
