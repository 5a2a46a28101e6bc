// Turns a version's launch description into a command line and an environment. Owns nothing of processes. Pure but for the path of Node.
import { resolve } from 'node:path';
import type { Launch, ModelVersion, ServerProtocol } from '../../src/core/registry/model.ts';
import { fillIn, fillInAll, protocolVariables } from './fill-in.ts';

export interface LaunchPlan {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
  /** Path that answers 200 once the server listens and is ready, or reports its state as gpu-workers/CONTRACT.md says. */
  readonly readyPath: string;
  /** A program that is not ours: it may leave children behind when it ends. */
  readonly foreign: boolean;
  /** What it speaks beside that; null = the replica contract, or nothing. */
  readonly protocol: ServerProtocol | null;
}

/** Whether it runs as a process of this machine. */
export function isLocal({ launch }: ModelVersion): boolean {
  return (
    launch.kind !== 'modal-sandbox' &&
    launch.kind !== 'modal-function' &&
    launch.kind !== 'kubernetes' &&
    !isEdge(launch)
  );
}

/** Whether the Worker reaches it by itself, and no agent is asked. */
export function isEdge({ kind }: Launch): boolean {
  return kind === 'runpod' || kind === 'openai' || kind === 'workers-ai';
}

export interface LaunchPlace {
  readonly port: number;
  /** Relative paths count from here: those of weights, and those that a command uses. */
  readonly root: string;
}

const servers = resolve(import.meta.dirname, '../servers');

export function planLaunch(version: ModelVersion, { port, root }: LaunchPlace): LaunchPlan {
  const base = {
    PORT: String(port),
    PILOTLIGHT_SLOTS: String(version.slots),
    PILOTLIGHT_VERSION: version.id,
    PILOTLIGHT_PARENT_WATCH: '1',
  };
  const { launch } = version;
  const own = (server: string, env: Record<string, string>): LaunchPlan => ({
    command: process.execPath,
    args: [resolve(servers, server)],
    env: { ...base, ...env },
    directory: root,
    readyPath: '/health',
    foreign: false,
    protocol: null,
  });
  switch (launch.kind) {
    case 'llama':
      return own('llama-server.ts', {
        PILOTLIGHT_WEIGHTS: resolve(root, launch.weights),
        PILOTLIGHT_CONTEXT: String(launch.contextTokens),
      });
    case 'embedder':
      return own('embedder-server.ts', {});
    case 'paced':
      return own('paced-server.ts', { PILOTLIGHT_PACE: JSON.stringify(launch.pace) });
    case 'command': {
      const given = { port, slots: version.slots, version: version.id };
      const { protocol = null, readyPath } = launch;
      const [command = '', ...args] = launch.command.map((part) => fillIn(part, given));
      const added = fillInAll(launch.env, given);
      const env = { ...base, ...protocolVariables(protocol), ...added };
      return { command, args, env, directory: root, readyPath, foreign: true, protocol };
    }
    case 'modal-sandbox':
    case 'modal-function':
    case 'runpod':
    case 'openai':
    case 'workers-ai':
    case 'kubernetes':
      throw new Error(`${version.id} is not launched on this machine`);
  }
}
