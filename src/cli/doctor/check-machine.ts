// This machine: packages as package.json pins them, the native module, room and rights for the state, free ports, the built page.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { checkPorts, checkSettings, checkStateDir } from '../dev/preflight.ts';
import type { DevSettings } from '../dev/settings.ts';
import { isDashboardBuilt } from '../dev/dashboard-build.ts';
import { readStatus } from '../dev/status-file.ts';
import { fine, warning, wrong, type Finding } from './finding.ts';

/** Databases, logs and what the toolchain unpacks; weights of one's own need more. */
const freeBytesMin = 512 * 1024 * 1024;
/** Loading it takes a second on a busy machine. */
const nativeMsMax = 30_000;

const manifest = z.looseObject({
  version: z.string().optional(),
  devDependencies: z.record(z.string(), z.string()).default({}),
});

export function checkWrangler(root: string): Finding {
  const pinned = readManifest(join(root, 'package.json'))?.devDependencies['wrangler'] ?? 'none';
  const installed = readManifest(join(root, 'node_modules/wrangler/package.json'))?.version;
  if (installed === pinned) return fine('wrangler', `version ${installed}`);
  const what =
    installed === undefined ? 'wrangler is not installed' : `wrangler is ${installed}, not ${pinned}`;
  return wrong('wrangler', what, 'run "npm ci"');
}

function readManifest(file: string): z.infer<typeof manifest> | null {
  return existsSync(file) ? manifest.parse(JSON.parse(readFileSync(file, 'utf8'))) : null;
}

/** In a process of its own: a native module that does not fit may take its process with it. */
export function checkNative(root: string): Finding {
  const { status, stderr } = spawnSync(process.execPath, ['--eval', "require('@fugood/llama.node')"], {
    cwd: root,
    encoding: 'utf8',
    timeout: nativeMsMax,
  });
  if (status === 0) return fine('native-module', '@fugood/llama.node loads');
  const reason = /^\w*Error: .*$/m.exec(stderr)?.[0] ?? `it ended with ${status}`;
  return wrong(
    'native-module',
    `@fugood/llama.node does not load: ${reason}`,
    'run "npm ci" (with install scripts allowed); there are builds for Linux, macOS and Windows on x64 and arm64 with glibc',
  );
}

export function checkDisk({ stateDir }: Pick<DevSettings, 'stateDir'>): Finding {
  try {
    checkStateDir(stateDir);
    mkdirSync(stateDir, { recursive: true });
    const { bavail, bsize } = statfsSync(stateDir);
    return judgeSpace(stateDir, bavail * bsize);
  } catch (cause) {
    return wrong('disk', messageOf(cause), 'set PILOTLIGHT_STATE to a folder that can be written to');
  }
}

export function judgeSpace(stateDir: string, freeBytes: number): Finding {
  const mebibytes = Math.floor(freeBytes / 1024 / 1024);
  if (freeBytes >= freeBytesMin) return fine('disk', `${mebibytes} MiB are free at ${stateDir}`);
  return wrong(
    'disk',
    `only ${mebibytes} MiB are free at ${stateDir}`,
    'make room, or set PILOTLIGHT_STATE to another disk',
  );
}

export async function checkFreePorts(settings: DevSettings): Promise<Finding> {
  const status = readStatus(settings.stateDir);
  if (status !== null) {
    return fine('ports', `npm run dev (pid ${status.dev}) has ${status.port} and ${status.agentPort}`);
  }
  try {
    if (settings.port === settings.agentPort) checkSettings(settings);
    await checkPorts(settings);
    return fine('ports', `${settings.port} and ${settings.agentPort} are free`);
  } catch (cause) {
    return wrong(
      'ports',
      messageOf(cause),
      'npm run dev takes PORT and AGENT_PORT from its environment: set them to free ports',
    );
  }
}

export function checkDashboard(root: string): Finding {
  if (isDashboardBuilt(root)) {
    const { mtime } = statSync(join(root, 'dist/dashboard/index.html'));
    return fine('dashboard', `built at ${mtime.toISOString()}`);
  }
  return warning(
    'dashboard',
    'the dashboard is not built, or older than its sources',
    'run "npm run build:dashboard"; npm run dev and npm run deploy do it by themselves',
  );
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
