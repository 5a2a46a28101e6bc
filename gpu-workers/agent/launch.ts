// Turns a version's launch description into a command line and an environment. Owns nothing of processes. Pure.
import { resolve } from 'node:path';
import type { ModelVersion } from '../../src/core/registry/model.ts';

export interface LaunchPlan {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly readyPath: string;
  /** Whether the server follows the whole replica contract, or is a foreign program that only speaks the OpenAI API. */
  readonly contract: boolean;
}

const servers = resolve(import.meta.dirname, '../servers');

export function planLaunch(version: ModelVersion, port: number, root: string): LaunchPlan {
  const base = { PORT: String(port), PILOTLIGHT_SLOTS: String(version.slots), PILOTLIGHT_VERSION: version.id };
  const { launch } = version;
  const own = (server: string, env: Record<string, string>): LaunchPlan => ({
    command: process.execPath,
    args: [resolve(servers, server)],
    env: { ...base, ...env, PILOTLIGHT_PARENT_WATCH: '1' },
    readyPath: '/health',
    contract: true,
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
      const [command = '', ...args] = launch.command;
      return { command, args, env: { ...base, ...launch.env }, readyPath: launch.readyPath, contract: false };
    }
  }
}
