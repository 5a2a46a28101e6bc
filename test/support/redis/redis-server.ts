// A real redis-server for a test: on a free port, in memory alone, ended by its own process. Owns the process.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { findFreePort } from '../raw-workerd.ts';

export interface RedisServer {
  readonly port: number;
  /** A client that speaks the protocol of Upstash's answers: flat lists. */
  connect(): Redis;
  /** Stops answering, its connections stay open: what a machine without time looks like. */
  pause(): void;
  resume(): void;
  kill(): Promise<void>;
}

/** Whether this machine has a redis-server (`apt-get install redis-server`). What needs one is skipped where it has not, and says so. */
export function hasRedis(): boolean {
  const isThere = spawnSync('redis-server', ['--version']).status === 0;
  if (!isThere) console.warn('skipped, because there is no redis-server on this machine');
  return isThere;
}

export async function startRedis(port?: number): Promise<RedisServer> {
  const own = port ?? (await findFreePort());
  const args = ['--port', String(own), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await untilReady(child);
  return {
    port: own,
    connect: () => new Redis({ port: own, host: '127.0.0.1', protocol: 2, maxRetriesPerRequest: 0 }),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** Its own word that it takes connections. Throws when it ends before. */
async function untilReady(child: ChildProcess): Promise<void> {
  let said = '';
  for await (const piece of child.stdout ?? []) {
    said += String(piece);
    if (said.includes('Ready to accept connections')) break;
  }
  if (!said.includes('Ready to accept connections')) throw new Error(`redis-server did not start:\n${said}`);
  // What it says from here on is read by nobody, and must not fill the pipe.
  child.stdout?.resume();
}
