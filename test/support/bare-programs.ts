// The product's two programs on the bare runtime: the state directory that they share, the agent, and workerd with the bundled Worker.
// Knows how each is started; when, how often, and how it ends is the matter of whoever owns it.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pilotlightObjects, workerdCommand, writeWorkerFiles, type RawWorkerOptions } from './raw-workerd.ts';

const root = resolve(import.meta.dirname, '../..');

export interface BarePrograms {
  readonly stateDir: string;
  /** The bundled Worker. */
  readonly modulePath: string;
  /** Models besides the built-in ones. */
  readonly models: object;
  readonly port: number;
  readonly agentPort: number;
  readonly agentToken: string;
  /** What the Worker takes for the agent, where something stands between the two. */
  readonly agentUrl?: string;
  /** Variables of the Worker (src/config.ts). */
  readonly vars?: Readonly<Record<string, string>>;
  readonly agentEnv?: Readonly<Record<string, string>>;
  /** The copy of the project whose agent is run. */
  readonly agentFrom?: string | undefined;
  /** A certificate that the Worker trusts beside the usual ones. */
  readonly trusted?: string | undefined;
}

/** The files that both programs begin with. */
export function writeProgramFiles(programs: BarePrograms): void {
  writeAgentFiles(programs);
  writeWorkerFiles(workerOf(programs));
}

export function writeAgentFiles(programs: BarePrograms): void {
  mkdirSync(join(programs.stateDir, 'agent'), { recursive: true });
  writeFileSync(modelsFileOf(programs), JSON.stringify(programs.models));
}

/** The Worker as the bare runtime takes it, its state in a folder of its own. */
export function workerOf(programs: BarePrograms): RawWorkerOptions {
  const { modulePath, port, stateDir, agentPort, agentToken, agentUrl, models, vars, trusted } = programs;
  return {
    modulePath,
    port,
    stateDir: join(stateDir, 'worker'),
    objects: pilotlightObjects,
    trusted,
    vars: {
      ENVIRONMENT: 'dev',
      AGENT_URL: agentUrl ?? `http://127.0.0.1:${agentPort}`,
      AGENT_TOKEN: agentToken,
      EXTRA_MODELS: JSON.stringify(models),
      ...vars,
    },
  };
}

/** What it prints is appended to `agent.log` in the state directory; `errors` shows what it complains of, and nothing else. */
export function spawnAgent(programs: BarePrograms, output: 'log' | 'errors' = 'log'): ChildProcess {
  const { stateDir, agentPort, agentToken, agentEnv, agentFrom = root } = programs;
  return spawnWatched([process.execPath, join(agentFrom, 'gpu-workers/agent/main.ts')], {
    log: output === 'log' ? join(stateDir, 'agent.log') : null,
    env: {
      ...process.env,
      AGENT_PORT: String(agentPort),
      AGENT_TOKEN: agentToken,
      PILOTLIGHT_STATE: stateDir,
      PILOTLIGHT_MODELS: modelsFileOf(programs),
      PILOTLIGHT_PARENT_WATCH: '1',
      ...agentEnv,
    },
  });
}

/** What it prints is appended to `worker.log` in the state directory. */
export function spawnWorker(programs: BarePrograms): ChildProcess {
  const log = join(programs.stateDir, 'worker.log');
  return spawnWatched(workerdCommand(workerOf(programs)), { log, env: process.env });
}

function modelsFileOf({ stateDir }: BarePrograms): string {
  return join(stateDir, 'models.json');
}

/** The open input tells the agent that whoever started it is there. */
function spawnWatched(
  [command = '', ...args]: readonly string[],
  { log, env }: { readonly log: string | null; readonly env: NodeJS.ProcessEnv },
): ChildProcess {
  if (log === null) return spawn(command, args, { cwd: root, env, stdio: ['pipe', 'ignore', 'inherit'] });
  const file = openSync(log, 'a');
  try {
    return spawn(command, args, { cwd: root, env, stdio: ['pipe', file, file] });
  } finally {
    closeSync(file);
  }
}
