// Bugs to plant: each is one change to a copy of the project, and the same chaos run must catch it. A plant whose text is no longer
// found in the source is an error: it would prove nothing.
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export interface Plant {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export const plants: Readonly<Record<string, Plant>> = {
  /** A message is acknowledged first and given to its session later. */
  'ack-before-write': {
    file: 'functions/v1/sessions.ts',
    find: '  const reply = await stub.fetch(',
    replace: [
      "  const late = () => stub.fetch('https://session/turn', { method: 'POST', body: JSON.stringify({ ...post, stream: false }) });",
      '  c.executionCtx.waitUntil(scheduler.wait(400).then(late));',
      '  if (post.key !== null) return Response.json({ messages: [] });',
      '  const reply = await stub.fetch(',
    ].join('\n'),
  },
  /** A pool asks for a replica first and writes its row later. */
  'start-before-row': {
    file: 'src/hosts/pool-host.ts',
    find: 'if (change !== null) this.#ports.write(change);',
    replace: 'if (change !== null) setTimeout(() => this.#ports.write(change), 400);',
  },
};

/** What `chaos:modal` must catch. */
export const modalPlants: Readonly<Record<string, Plant>> = {
  /** Nothing keeps a second sandbox of the same life from being made. */
  'nameless-sandboxes': {
    file: 'gpu-workers/agent/modal/sandbox-store.ts',
    find: 'name: nameOf(owner, row),',
    replace: 'name: `${nameOf(owner, row).slice(0, 40)}-${Date.now()}`,',
  },
  /** What an earlier agent has left is not looked at. */
  'no-take-over': {
    file: 'gpu-workers/agent/modal/sandbox-sweep.ts',
    find: 'if (row !== null) this.#takeOver(row, sandbox);',
    replace: 'void this.#takeOver;',
  },
  /** A replica is said to be gone as soon as it was told to go. */
  'stop-before-end': {
    file: 'gpu-workers/agent/modal/sandbox-replica.ts',
    find: 'const sandbox = this.#sandbox;\n    if (sandbox === null) return ok(null);\n    const ended',
    replace:
      'const sandbox = this.#sandbox;\n    if (sandbox === null || this.#stopping) return ok(null);\n    const ended',
  },
};

const root = resolve(import.meta.dirname, '../..');
const parts = [
  'src',
  'functions',
  'durable-objects',
  'gpu-workers',
  'tenants',
  'stubs',
  'wrangler.toml',
  'package.json',
  'tsconfig.json',
  'tsconfig.base.json',
  'dist',
];

/** A copy of the project with one of these bugs in it; returns its folder. */
export function plantBug(name: string): string {
  const plant = plants[name];
  if (plant === undefined)
    throw new Error(`no such plant: ${name}; there are ${Object.keys(plants).join(', ')}`);
  return plantEdits(name, [plant]);
}

/** A copy of the project with these changes in it; returns its folder. */
export function plantEdits(name: string, edits: readonly Plant[]): string {
  const copy = mkdtempSync(join(tmpdir(), `pilotlight-${name}-`));
  // What a build writes may not be there yet.
  for (const part of parts.filter((each) => existsSync(join(root, each))))
    cpSync(join(root, part), join(copy, part), { recursive: true, preserveTimestamps: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const { file, find, replace } of edits) {
    const path = join(copy, file);
    const source = readFileSync(path, 'utf8');
    if (!source.includes(find)) {
      rmSync(copy, { recursive: true, force: true });
      throw new Error(`${name}: "${find}" is no longer in ${file}`);
    }
    writeFileSync(
      path,
      source.replace(find, () => replace),
    );
  }
  return copy;
}
