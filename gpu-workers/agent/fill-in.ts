// What a command of others is told where no shell would: its port, its slots, the name of its model; and what its protocol needs. Pure.
import type { ServerProtocol } from '../../src/core/registry/model.ts';

export interface Given {
  readonly port: number;
  readonly slots: number;
  readonly version: string;
}

/** `$PORT`, `$PILOTLIGHT_SLOTS` and `$PILOTLIGHT_VERSION` in a command's arguments and in what is added to its environment. */
export function fillIn(text: string, { port, slots, version }: Given): string {
  return text
    .replaceAll('$PORT', String(port))
    .replaceAll('$PILOTLIGHT_SLOTS', String(slots))
    .replaceAll('$PILOTLIGHT_VERSION', version);
}

export function fillInAll(
  texts: Readonly<Record<string, string>>,
  given: Given,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, fillIn(text, given)]));
}

/** The variables without which a server does not offer the calls of its protocol. */
export function protocolVariables(protocol: ServerProtocol | null): Readonly<Record<string, string>> {
  return protocol?.kind === 'vllm' ? { VLLM_SERVER_DEV_MODE: '1' } : {};
}
