// The agent's environment, parsed once. Owns names, defaults and bounds. Pure: files are read by main.ts.
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { err, ok, type Result } from '../../src/core/base/result.ts';
import { orNull, type Variables } from './variables.ts';

export interface AgentSettings {
  readonly token: string;
  /** Address to listen on. */
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly replicasMax: number;
  readonly stateDir: string;
  /** File of further models, or null. */
  readonly modelsFile: string | null;
  /** End when stdin closes: whoever started the agent is gone. */
  readonly parentWatch: boolean;
}

export const settingsHelp = `  AGENT_TOKEN             bearer token that callers must show (required)
  AGENT_HOST              address to listen on (default 127.0.0.1); in a container 0.0.0.0. The agent speaks no TLS: let nothing but the
                          proxy before it reach any other address than the default
  AGENT_PORT              port there (default 8788; 0 = any free one)
  AGENT_REPLICAS_MAX      most replicas at once (default 16)
  PILOTLIGHT_STATE        state directory; the agent uses its subfolder agent/ (default .pilotlight)
  PILOTLIGHT_MODELS       JSON file of further models, merged over gpu-workers/models.ts
  PILOTLIGHT_PARENT_WATCH 1 = end when stdin closes`;

/** A machine with more model processes than this has another problem. */
const replicasMaxMax = 1_000;

export function parseSettings(env: Variables): Result<AgentSettings, string> {
  const token = env['AGENT_TOKEN'] ?? '';
  if (token === '') return err('AGENT_TOKEN is not set: give the token that callers must show');
  const port = parseCount(env['AGENT_PORT'], 8788);
  if (port === null || port > 65_535) return err('AGENT_PORT must be a port number');
  const replicasMax = parseCount(env['AGENT_REPLICAS_MAX'], 16);
  if (replicasMax === null || replicasMax < 1 || replicasMax > replicasMaxMax) {
    return err(`AGENT_REPLICAS_MAX must be a number from 1 to ${replicasMaxMax}`);
  }
  const host = orNull(env['AGENT_HOST']) ?? '127.0.0.1';
  if (isIP(host) === 0) return err(`AGENT_HOST must be an IP address of this machine, not "${host}"`);
  return ok({
    token,
    host,
    port,
    replicasMax,
    stateDir: resolve(orNull(env['PILOTLIGHT_STATE']) ?? '.pilotlight', 'agent'),
    modelsFile: orNull(env['PILOTLIGHT_MODELS']),
    parentWatch: env['PILOTLIGHT_PARENT_WATCH'] === '1',
  });
}

function parseCount(text: string | undefined, byDefault: number): number | null {
  if (text === undefined || text === '') return byDefault;
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : null;
}
