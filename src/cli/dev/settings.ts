// What `npm run dev` reads from its environment, with the defaults and bounds. What is read is checked against the machine in
// preflight.ts.
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';

export interface DevSettings {
  readonly root: string;
  readonly port: number;
  readonly agentPort: number;
  readonly stateDir: string;
  /** JSON file of further models, or null. */
  readonly modelsFile: string | null;
  readonly cronMs: number;
  readonly agentToken: string;
  /** Variables of the Worker that may be set from outside: shorter windows and time limits for tests. */
  readonly workerVars: Readonly<Record<string, string>>;
}

export const help = `npm run dev

Runs all of Pilotlight on this machine: the agent with its local model servers, and the Worker.
Ends its start with the line "ready http://127.0.0.1:<PORT>". Ctrl-C ends everything.

  PORT                        port of the endpoint and the dashboard (default 8787)
  AGENT_PORT                  port of the agent (default 8788)
  AGENT_REPLICAS_MAX          most replicas at once, of all pools together (default 16)
  PILOTLIGHT_STATE            state directory (default .pilotlight)
  PILOTLIGHT_MODELS           JSON file of further models (docs/models.md)
  PILOTLIGHT_HOT_IDLE_MS      a replica without requests is parked after this long (default 60000)
  PILOTLIGHT_PARKED_IDLE_MS   a parked replica is stopped after this long (default 120000)
  PILOTLIGHT_CRON_MS          how often the planner runs (default 60000)
  PILOTLIGHT_WAIT_COST_MICROS_PER_SECOND   what a second of a user's waiting is worth (default 10000)
  PILOTLIGHT_GPU_BUDGET       replicas that may be hot in all pools together (default 0: no bound)
  PILOTLIGHT_RECORD_DECISIONS 1 = planner and pools write down what they decide, for npm run replay
  PILOTLIGHT_PREWARM          what a run's start warms of what it will need: off, all-at-once,
                              just-in-time or just-in-time-p (default)
  PILOTLIGHT_PROBES           1 = the functions that benchmarks and chaos tests run are served
  PILOTLIGHT_EDGE_STORE       upstash = what edges share is in a Redis of Upstash, with
                              PILOTLIGHT_UPSTASH_REDIS_REST_URL and _TOKEN (docs/store.md)
  PILOTLIGHT_UPSTREAM_HOSTS, _UPSTREAM_KEY_*, _RUNPOD_API_KEY, _WORKERS_AI_ACCOUNT, _WORKERS_AI_TOKEN
                              models that the Worker reaches by itself (docs/endpoints.md)
  PILOTLIGHT_GRACE_MS, _KEEP_ALIVE_MS, _FIRST_TOKEN_MS, _IDLE_MS, _TOTAL_MS   time limits of requests`;

/** Variables of the Worker (src/config.ts) that may be given here, with PILOTLIGHT_ in front. */
const workerVarNames = [
  'HOT_IDLE_MS',
  'PARKED_IDLE_MS',
  'GRACE_MS',
  'KEEP_ALIVE_MS',
  'FIRST_TOKEN_MS',
  'IDLE_MS',
  'TOTAL_MS',
  'WAIT_COST_MICROS_PER_SECOND',
  'GPU_BUDGET',
  'RECORD_DECISIONS',
  'PROBES',
];

/** Throws with one clear line when a variable is not usable. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): DevSettings {
  const root = resolve(import.meta.dirname, '../../..');
  const given = workerVarNames.flatMap((name) => {
    const value = env[`PILOTLIGHT_${name}`];
    return value === undefined || value === ''
      ? []
      : [[name, String(readWhole(`PILOTLIGHT_${name}`, value))] as const];
  });
  const models = env['PILOTLIGHT_MODELS'] ?? '';
  return {
    root,
    port: readPort('PORT', orDefault(env['PORT'], '8787')),
    agentPort: readPort('AGENT_PORT', orDefault(env['AGENT_PORT'], '8788')),
    stateDir: resolve(orDefault(env['PILOTLIGHT_STATE'], '.pilotlight')),
    modelsFile: models === '' ? null : resolve(models),
    cronMs: readWhole('PILOTLIGHT_CRON_MS', orDefault(env['PILOTLIGHT_CRON_MS'], '60000'), 100),
    agentToken: randomBytes(24).toString('hex'),
    workerVars: { ...Object.fromEntries(given), ...textsOf(env) },
  };
}

/** Which texts mean something is the Worker's to know: it says so when these do not. */
const workerTextNames = [
  'PREWARM',
  'EDGE_STORE',
  'UPSTASH_REDIS_REST_URL',
  'UPSTASH_REDIS_REST_TOKEN',
  'UPSTREAM_HOSTS',
  'RUNPOD_API_KEY',
  'WORKERS_AI_ACCOUNT',
  'WORKERS_AI_TOKEN',
];
/** Each endpoint has a secret of its own name. */
const upstreamKey = /^PILOTLIGHT_(UPSTREAM_KEY_[A-Z0-9_]+)$/;

function textsOf(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const given = workerTextNames.flatMap((name) => {
    const value = env[`PILOTLIGHT_${name}`] ?? '';
    return value === '' ? [] : [[name, value] as const];
  });
  const keys = Object.entries(env).flatMap(([variable, value = '']) => {
    const name = upstreamKey.exec(variable)?.[1];
    return name === undefined || value === '' ? [] : [[name, value] as const];
  });
  return Object.fromEntries([...given, ...keys]);
}

/** An empty variable counts as one that is not set. */
function orDefault(text: string | undefined, byDefault: string): string {
  return text === undefined || text === '' ? byDefault : text;
}

function readPort(name: string, text: string): number {
  const port = Number(text);
  if (!/^[0-9]+$/.test(text) || port < 1 || port > 65_535)
    throw new Error(`${name} must be a port from 1 to 65535, not "${text}"`);
  return port;
}

/** The Worker takes no longer time, and a timer could not wait for much longer ones. */
const wholeMax = 3_600_000;

function readWhole(name: string, text: string, min = 0): number {
  const value = Number(text);
  if (/^[0-9]+$/.test(text) && value >= min && value <= wholeMax) return value;
  throw new Error(`${name} must be a whole number from ${min} to ${wholeMax}, not "${text}"`);
}
