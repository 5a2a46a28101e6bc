// A real deployment on this machine for one run: the agent, the Worker in the local runtime, and the cron, as the development program
// starts them, over a state directory of its own and with a tap on the way to the agent. Owns their start and their end.
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { FreePorts } from '../../../gpu-workers/agent/free-ports.ts';
import { runCron } from '../dev/cron.ts';
import { endLeftovers } from '../dev/leftovers.ts';
import { agentProgram, scratchOf, workerProgram } from '../dev/programs.ts';
import type { DevSettings } from '../dev/settings.ts';
import { Supervisor, type Program } from '../dev/supervisor.ts';
import { AgentTap } from './agent-tap.ts';

export interface StackOptions {
  /** Text for PILOTLIGHT_MODELS. */
  readonly models: string;
  readonly cronMs: number;
}

export interface LocalStack {
  readonly url: string;
  readonly tap: AgentTap;
  /** What its programs said last. */
  words(): string;
  stop(): Promise<void>;
}

/** More processes than this are no replay on one machine any more. */
const replicasMax = 200;
const wordsMax = 60;

/** Throws with the programs' last words when one of them does not start. */
export async function startLocalStack(options: StackOptions): Promise<LocalStack> {
  const stateDir = mkdtempSync(join(tmpdir(), 'pilotlight-replay-'));
  const settings = await makeSettings(stateDir, options);
  const ports = new FreePorts();
  const tapPort = await ports.take();
  const tap = new AgentTap(`http://127.0.0.1:${settings.agentPort}`);
  const lines: string[] = [];
  const print = (name: string, line: string): void => {
    lines.push(`${name}  ${line}`);
    if (lines.length > wordsMax) lines.shift();
  };
  const nothing = (): void => undefined;
  const agent = new Supervisor(withReplicas(agentProgram(settings)), print, nothing);
  // The Worker takes the tap for the agent.
  const program = workerProgram({ ...settings, agentPort: tapPort }, options.models);
  const worker = new Supervisor(withPage(program, stateDir), print, nothing);
  const cron = new AbortController();
  const stop = async (): Promise<void> => {
    cron.abort();
    await Promise.all([worker.stop(), agent.stop()]);
    await tap.close();
    await endLeftovers(stateDir);
    rmSync(stateDir, { recursive: true, force: true });
  };
  try {
    await tap.listen(tapPort);
    await Promise.all([agent.start(), worker.start()]);
  } catch (cause) {
    await stop();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${why}:\n${lines.join('\n')}`, { cause });
  }
  void runCron(settings, print, cron.signal);
  return { url: `http://127.0.0.1:${settings.port}`, tap, words: () => lines.join('\n'), stop };
}

async function makeSettings(stateDir: string, options: StackOptions): Promise<DevSettings> {
  const ports = new FreePorts();
  const modelsFile = join(stateDir, 'models.json');
  writeFileSync(modelsFile, options.models);
  mkdirSync(scratchOf(stateDir));
  return {
    root: resolve(import.meta.dirname, '../../..'),
    port: await ports.take(),
    agentPort: await ports.take(),
    stateDir,
    modelsFile,
    cronMs: options.cronMs,
    agentToken: randomBytes(24).toString('hex'),
    workerVars: { RECORD_DECISIONS: '1' },
  };
}

function withReplicas(program: Program): Program {
  return { ...program, env: { ...program.env, AGENT_REPLICAS_MAX: String(replicasMax) } };
}

/** Nobody looks at the dashboard here: an empty page stands for it, so that none has to be built. */
function withPage(program: Program, stateDir: string): Program {
  const folder = join(stateDir, 'page');
  mkdirSync(folder);
  writeFileSync(join(folder, 'index.html'), '<!doctype html>\n');
  return { ...program, args: [...program.args, '--assets', folder] };
}
