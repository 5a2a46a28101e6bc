// A model server as a process: its port, its signals, its parent, its exit codes. Owns the way in and the way out; requests are
// model-server.ts, models are engines.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from './engine.ts';
import { ServerLife } from './life.ts';
import { ModelServer } from './model-server.ts';
import type { ServerSettings } from './settings.ts';

/** Running requests get this long after SIGTERM; what comes after fits into the 3 s after which the agent kills. */
const drainMs = 2_000;
/** Stopping a model takes a step of it; one that does not stop is not worth waiting for. */
const breakOffMs = 1_000;
/** Longer than callers keep an idle connection, so that it is never closed just when a request is sent on it. */
const keepAliveMs = 120_000;

const exitCodes = { left: 0, broken: 1, misconfigured: 2, cannotLoad: 3 } as const;

/** Serves until the process is told to leave. */
export async function runServerProcess(engine: Engine, settings: ServerSettings): Promise<void> {
  const life = new ServerLife(settings.slots);
  const giveUp = (cause: unknown): never => exitWith('cannotLoad', reasonOf(cause));
  const server = new ModelServer(engine, life, giveUp, settings.key);
  const replies = new Set<ServerResponse>();
  const http = createServer({ keepAliveTimeout: keepAliveMs }, (request, response) => {
    replies.add(response);
    response.once('close', () => replies.delete(response));
    void server.answer(request, response);
  });
  http.once('error', (cause) => exitWith('misconfigured', `cannot listen: ${cause.message}`));
  http.listen(settings.port, '127.0.0.1');
  let quitting = false;
  const quit = (): void => {
    if (!quitting) void breakOff(server, life, engine);
    quitting = true;
  };
  const leave = async (): Promise<void> => {
    life.drain();
    setTimeout(quit, drainMs);
    await life.untilIdle();
    // The last bytes of the last replies are still on their way.
    await Promise.all([...replies].map((reply) => once(reply, 'close')));
    quit();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void leave());
  if (settings.parentWatch) watchParent(quit);
  await server.load();
}

/** Ends the process; the reason is the last line on stderr, where the agent finds it. */
export function exitWith(how: keyof typeof exitCodes, reason: string): never {
  console.error(reason.replaceAll(/\s*\n\s*/g, ' '));
  process.exit(exitCodes[how]);
}

/** Ends the model before the process: native code that computes while its process exits brings it down with a crash. */
async function breakOff(server: ModelServer, life: ServerLife, engine: Engine): Promise<void> {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), breakOffMs);
  life.drain();
  server.cutAll();
  await Promise.race([life.untilIdle(), sleep(breakOffMs / 2)]);
  await engine.unload();
  process.exit(exitCodes.left);
}

/** The pipe closes when the parent ends, however it ends. */
function watchParent(quit: () => void): void {
  process.stdin.once('end', quit).once('close', quit).once('error', quit).resume();
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
