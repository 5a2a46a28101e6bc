// `npm run dev`: the whole product on this machine, as one foreground program.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildDashboard } from './dev/dashboard-build.ts';
import { checkAndLock, releaseLock } from './dev/preflight.ts';
import { agentProgram, workerProgram } from './dev/programs.ts';
import { help, readSettings, type DevSettings } from './dev/settings.ts';
import { Supervisor } from './dev/supervisor.ts';

const tinted = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
const tints: Readonly<Record<string, number>> = { agent: 33, worker: 36, dev: 35 };

function print(name: string, line: string): void {
  const label = name.padEnd(7);
  console.log(`${tinted ? `\u001b[${tints[name] ?? 0}m${label}\u001b[0m` : label}${line}`);
}

async function main(): Promise<void> {
  if (process.argv.includes('--help') || process.argv.includes('-h')) return console.log(help);
  const settings = readSettings(process.env);
  const { extraModels } = await checkAndLock(settings);
  const agent = new Supervisor(agentProgram(settings), print);
  const worker = new Supervisor(workerProgram(settings, extraModels), print);
  const cron = setInterval(() => void runCron(settings), settings.cronMs);
  const end = async (code: number): Promise<never> => {
    clearInterval(cron);
    await Promise.all([worker.stop(), agent.stop()]);
    releaseLock(settings.stateDir);
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void end(0));
  const pids = (): void => {
    const now = {
      dev: process.pid,
      agent: agent.pid,
      worker: worker.pid,
      port: settings.port,
      agentPort: settings.agentPort,
    };
    writeFileSync(join(settings.stateDir, 'dev.json'), JSON.stringify(now));
  };
  setInterval(pids, 250).unref();
  try {
    print('dev', 'building the dashboard, starting the agent and the worker');
    const broken = buildDashboard(settings.root);
    if (broken !== null) print('dev', `the dashboard could not be built: ${broken}`);
    await Promise.all([agent.start(), worker.start()]);
  } catch (cause) {
    print('dev', `error: ${cause instanceof Error ? cause.message : String(cause)}`);
    return end(1);
  }
  pids();
  announce(settings);
}

function announce(settings: DevSettings): void {
  const url = `http://127.0.0.1:${settings.port}`;
  print('dev', `dashboard  ${url}/`);
  print('dev', `endpoint   ${url}/v1   (keys sk-pilotlight-dev, sk-pilotlight-acme)`);
  print('dev', `admin      ${url}/admin/v1/pools   (token admin-pilotlight-dev)`);
  print('dev', `agent      http://127.0.0.1:${settings.agentPort}`);
  print('dev', `state      ${settings.stateDir}`);
  const body =
    '{"model":"assistant","stream":true,"messages":[{"role":"user","content":"What is a cold start?"}]}';
  print(
    'dev',
    `try        curl -N ${url}/v1/chat/completions -H 'authorization: Bearer sk-pilotlight-dev' -H 'content-type: application/json' -d '${body}'`,
  );
  console.log(`ready ${url}`);
}

/** The local runtime never fires crons; what a missed one would have done, the next one does. */
async function runCron(settings: DevSettings): Promise<void> {
  const url = `http://127.0.0.1:${settings.port}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*&time=${Date.now()}`;
  await fetch(url, { signal: AbortSignal.timeout(20_000) })
    .then((response) => response.body?.cancel())
    .catch(() => undefined);
}

main().catch((cause: unknown) => {
  console.error(`error: ${cause instanceof Error ? cause.message : String(cause)}`);
  process.exit(1);
});
