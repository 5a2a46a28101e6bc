// The two programs of a development machine: the agent, and the Worker in wrangler's local runtime.
import { join } from 'node:path';
import { markOf } from './leftovers.ts';
import type { DevSettings } from './settings.ts';
import type { Program } from './supervisor.ts';
import { isCrashLine, showWorkerLine } from './worker-lines.ts';

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

/** Where the runtime puts files that are of no use after its end; when it is killed, it leaves them. */
export function scratchOf(stateDir: string): string {
  return join(stateDir, 'tmp');
}

export function agentProgram(settings: DevSettings): Program {
  const { root, agentPort, agentToken, stateDir, modelsFile } = settings;
  return {
    name: 'agent',
    command: process.execPath,
    args: [join(root, 'gpu-workers/agent/main.ts')],
    cwd: root,
    env: {
      ...process.env,
      ...markOf(stateDir),
      AGENT_PORT: String(agentPort),
      AGENT_TOKEN: agentToken,
      PILOTLIGHT_STATE: stateDir,
      PILOTLIGHT_MODELS: modelsFile ?? '',
      PILOTLIGHT_PARENT_WATCH: '1',
    },
    healthUrl: `http://127.0.0.1:${agentPort}/healthz`,
    startMs: 15_000,
    show: (line) => line.replace(/^agent\s+/, ''),
    isSuspect: () => false,
  };
}

export function workerProgram(settings: DevSettings, extraModels: string): Program {
  const { root, port, agentPort, agentToken, stateDir, workerVars, cronMs } = settings;
  const vars = {
    AGENT_URL: `http://127.0.0.1:${agentPort}`,
    AGENT_TOKEN: agentToken,
    ...(extraModels === '' ? {} : { EXTRA_MODELS: extraModels }),
    PLANNER_TICK_MS: String(cronMs),
    ...workerVars,
  };
  const flags = {
    env: 'dev',
    ip: '127.0.0.1',
    port: String(port),
    'inspector-port': '0',
    'persist-to': join(stateDir, 'worker'),
    'show-interactive-dev-session': 'false',
    'log-level': 'log',
  };
  return {
    name: 'worker',
    command: process.execPath,
    args: [
      '--no-warnings',
      '--import',
      join(import.meta.dirname, 'end-with-parent.ts'),
      // The command-line program itself: the one in bin/ would only start it as one process more.
      join(root, 'node_modules/wrangler/wrangler-dist/cli.js'),
      'dev',
      ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]),
      ...Object.entries(vars).flatMap(([name, value]) => ['--var', `${name}:${value}`]),
    ],
    cwd: root,
    env: {
      ...process.env,
      ...quiet,
      ...markOf(stateDir),
      // Nothing is written outside the project and the state directory.
      WRANGLER_WRITE_LOGS: 'false',
      WRANGLER_REGISTRY_PATH: join(stateDir, 'registry'),
      TMPDIR: scratchOf(stateDir),
    },
    healthUrl: `http://127.0.0.1:${port}/healthz`,
    startMs: 60_000,
    show: showWorkerLine,
    isSuspect: isCrashLine,
  };
}
