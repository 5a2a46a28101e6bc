// `npm run dev`: the whole product on this machine, as one foreground program. Owns the order of start and end; what each step does
// is in dev/.
import { mkdirSync, rmSync } from 'node:fs';
import { announce } from './dev/announce.ts';
import { runCron } from './dev/cron.ts';
import { endLeftovers } from './dev/leftovers.ts';
import { checkPorts, checkSettings, checkStateDir } from './dev/preflight.ts';
import { DashboardBuild } from './dev/dashboard-build.ts';
import { makePrinter } from './dev/printer.ts';
import { agentProgram, scratchOf, workerProgram } from './dev/programs.ts';
import { help, readSettings, type DevSettings } from './dev/settings.ts';
import { StateLock } from './dev/state-lock.ts';
import { removeStatus, writeStatus } from './dev/status-file.ts';
import { Supervisor } from './dev/supervisor.ts';

/** Everything has to be gone five seconds after npm was told to end. */
const parentEveryMs = 200;

const print = makePrinter(process.stdout.isTTY && process.env['NO_COLOR'] === undefined);

async function main(): Promise<void> {
  if (process.argv.includes('--help') || process.argv.includes('-h')) return console.log(help);
  const settings = readSettings(process.env);
  const extraModels = checkSettings(settings);
  checkStateDir(settings.stateDir);
  const lock = StateLock.take(settings.stateDir);
  try {
    await endLeftovers(settings.stateDir);
    await checkPorts(settings);
    clearScratch(settings.stateDir);
  } catch (cause) {
    lock.release();
    throw cause;
  }
  await run(settings, extraModels, lock);
}

async function run(settings: DevSettings, extraModels: string, lock: StateLock): Promise<void> {
  const status = (): void => writeStatus(settings, { agent: agent.pid, worker: worker.pid });
  const agent = new Supervisor(agentProgram(settings), print, status);
  const worker = new Supervisor(workerProgram(settings, extraModels), print, status);
  const dashboard = new DashboardBuild(settings);
  const cron = new AbortController();
  let ending = false;
  const end = async (code: number): Promise<void> => {
    // A second signal, or one after a failure, must not cut the first end short: that would leave processes behind.
    if (ending) return;
    ending = true;
    cron.abort();
    await Promise.all([worker.stop(), agent.stop(), dashboard.stop()]);
    await endLeftovers(settings.stateDir);
    removeStatus(settings.stateDir);
    clearScratch(settings.stateDir);
    lock.release();
    process.exit(code);
  };
  endWith(end);
  endWithNpm(end);
  try {
    print('dev', 'building the dashboard, starting the agent and the worker');
    const page = dashboard.run().then((broken) => {
      if (broken !== null)
        print('dev', `the dashboard could not be built, the endpoint runs without it: ${broken}`);
    });
    await Promise.all([agent.start(), page.then(() => (ending ? undefined : worker.start()))]);
  } catch (cause) {
    if (!ending) print('dev', `error: ${messageOf(cause)}`);
    return end(1);
  }
  if (ending) return;
  void runCron(settings, print, cron.signal);
  announce(settings, print);
}

function clearScratch(stateDir: string): void {
  rmSync(scratchOf(stateDir), { recursive: true, force: true });
  mkdirSync(scratchOf(stateDir));
}

function endWith(end: (code: number) => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(0));
  // Whoever reads the output may go away first; that is no reason to leave processes behind.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  process.on('uncaughtException', (cause) => {
    print('dev', `error: ${cause.stack ?? cause.message}`);
    void end(1);
  });
}

/** npm's shell passes no signal on when it ends: what started this program being gone means the same as a signal. */
function endWithNpm(end: (code: number) => Promise<void>): void {
  const { ppid } = process;
  if (process.env['npm_lifecycle_event'] === undefined) return;
  setInterval(() => process.ppid !== ppid && void end(0), parentEveryMs).unref();
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

main().catch((cause: unknown) => {
  console.error(`error: ${messageOf(cause)}`);
  process.exit(1);
});
