// The two programs of a development machine: the agent, and the Worker in wrangler's local runtime.
import { join } from 'node:path';
import type { DevSettings } from './settings.ts';
import type { Program } from './supervisor.ts';

/** Keeps the toolchain from talking to anybody outside this machine. */
const quiet = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV: 'false',
  CI: '1',
  NO_COLOR: '1',
  FORCE_COLOR: '0',
} as const;

export function agentProgram(settings: DevSettings): Program {
  const { root, agentPort, agentToken, stateDir, modelsFile } = settings;
  return {
    name: 'agent',
    command: process.execPath,
    args: [join(root, 'gpu-workers/agent/main.ts')],
    cwd: root,
    env: {
      ...process.env,
      AGENT_PORT: String(agentPort),
      AGENT_TOKEN: agentToken,
      PILOTLIGHT_STATE: stateDir,
      ...(modelsFile === null ? {} : { PILOTLIGHT_MODELS: modelsFile }),
    },
    healthUrl: `http://127.0.0.1:${agentPort}/healthz`,
    startMs: 15_000,
    show: (line) => line.replace(/^agent\s+/, ''),
  };
}

export function workerProgram(settings: DevSettings, extraModels: string): Program {
  const { root, port, agentPort, agentToken, stateDir, workerVars } = settings;
  const vars = {
    AGENT_URL: `http://127.0.0.1:${agentPort}`,
    AGENT_TOKEN: agentToken,
    ...(extraModels === '' ? {} : { EXTRA_MODELS: extraModels }),
    ...workerVars,
  };
  const flags = ['--env', 'dev', '--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0'];
  const state = [
    '--persist-to',
    join(stateDir, 'worker'),
    '--show-interactive-dev-session=false',
    '--log-level',
    'log',
  ];
  return {
    name: 'worker',
    command: process.execPath,
    args: [
      join(root, 'node_modules/wrangler/bin/wrangler.js'),
      'dev',
      ...flags,
      ...state,
      ...Object.entries(vars).flatMap(([name, value]) => ['--var', `${name}:${value}`]),
    ],
    cwd: root,
    env: { ...process.env, ...quiet },
    healthUrl: `http://127.0.0.1:${port}/healthz`,
    startMs: 60_000,
    show: showWorkerLine,
  };
}

/** Requests as one readable line each; the runtime's own words only when they matter. */
export function showWorkerLine(line: string): string | null {
  if (line.startsWith('{"kind":"request"')) return showRequest(line);
  if (/^\[wrangler:(?:warn|error)\]|error/i.test(line) && !line.includes('not automatically triggered'))
    return line;
  return null;
}

interface ShownRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
  readonly tenant: string | null;
  readonly version: string | null;
  readonly warmth: string | null;
  readonly waitMs: number | null;
  readonly error: string | null;
}

function showRequest(line: string): string | null {
  let event: ShownRequest;
  try {
    event = JSON.parse(line) as ShownRequest;
  } catch {
    return null;
  }
  // The page asks each second; only what was served, and what was refused, is news.
  if (event.method === 'GET' && event.status < 400) return null;
  const served =
    event.version === null ? '' : ` ${event.version} ${event.warmth ?? ''} waited ${event.waitMs ?? '?'} ms`;
  const who = event.tenant === null ? '' : ` ${event.tenant}`;
  const error = event.error === null ? '' : ` ${event.error}`;
  return `${event.method} ${event.path} ${event.status} ${event.durationMs} ms${who}${served}${error}`;
}
