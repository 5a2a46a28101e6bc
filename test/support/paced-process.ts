// An emulated GPU of the project's own as a process of a test, for servers that stand in front of models.
import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeQuietPort } from './modal/quiet-ports.ts';

export const pacedServer = resolve(import.meta.dirname, '../../gpu-workers/servers/paced-server.ts');

export interface PacedProcess {
  readonly port: number;
  close(): Promise<void>;
}

const startMsMax = 15_000;

/** Resolves once it serves. `model`: what it calls itself. */
export async function startPaced(model: string, pace: object = {}): Promise<PacedProcess> {
  const port = await takeQuietPort();
  const env = {
    PATH: process.env['PATH'],
    PORT: String(port),
    PILOTLIGHT_SLOTS: '8',
    PILOTLIGHT_VERSION: model,
    PILOTLIGHT_PARENT_WATCH: '1',
    PILOTLIGHT_PACE: JSON.stringify({
      loadMs: 0,
      wakeMs: 0,
      firstTokenMs: 1,
      tokenMs: 1,
      tokens: 8,
      ...pace,
    }),
  };
  const child = spawn(process.execPath, [pacedServer], { env, stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.on('error', () => undefined);
  const untilMs = Date.now() + startMsMax;
  while (!(await isReady(port))) {
    if (Date.now() > untilMs) throw new Error('the paced server did not start');
    await sleep(20);
  }
  return { port, close: () => end(child) };
}

async function isReady(port: number): Promise<boolean> {
  const health = await fetch(`http://127.0.0.1:${port}/health`).catch(() => null);
  return health !== null && (await health.text()).includes('"ready"');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const { promise, resolve: done } = Promise.withResolvers<void>();
  child.once('exit', () => done());
  child.kill('SIGTERM');
  await promise;
}
