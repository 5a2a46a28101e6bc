// The architecture as rules over source files. Each rule is a pure function that returns what breaks it, as `path: what`.
import type { FileText, Source } from './source.ts';

export type Rule<T extends FileText> = (files: readonly T[]) => readonly string[];

const control = ['src/core', 'src/hosts', 'src/backends', 'src/store', 'src/telemetry'];
const edge = [...control, 'src/config.ts', 'src/env.ts', 'tenants', 'gpu-workers/models.ts'];

/** What each part may import, besides itself. A package or platform module is named as it is imported; `*` ends an open name. */
const layers: Readonly<Record<string, readonly string[]>> = {
  'src/core': ['zod'],
  'src/hosts': ['src/core', 'src/backends', 'src/store', 'src/telemetry', 'src/config.ts', 'src/env.ts'],
  'src/backends': ['src/core', 'zod'],
  'src/store': ['src/core', 'src/backends', '@upstash/*', 'zod'],
  'src/telemetry': ['src/core'],
  'src/sim': [...control, 'zod'],
  'src/dashboard': [
    'src/core',
    'react',
    'react-dom/*',
    '@tanstack/*',
    'uplot*',
    'eventsource-parser',
    '@vitejs/*',
    'vite',
  ],
  'src/cli': [...edge, 'src/sim', 'gpu-workers', 'node:*', 'wrangler', 'zod'],
  'src/config.ts': [...edge, 'zod'],
  'src/env.ts': ['durable-objects'],
  'src/index.ts': ['src/env.ts', 'functions', 'durable-objects'],
  'functions/compound': ['src/core', 'zod', '@apexdevtools/apex-parser', '@babel/*'],
  functions: [...edge, 'durable-objects', 'functions/compound', 'hono', 'hono/*', 'zod'],
  'durable-objects': [...edge, 'functions/compound', 'cloudflare:workers'],
  tenants: ['src/core'],
  'gpu-workers': [
    'src/core',
    'src/backends',
    'functions/compound',
    'zod',
    'node:*',
    '@energetic-ai/*',
    '@fugood/*',
    '@cloudflare/containers',
    'modal',
  ],
};

export const importsPointDown: Rule<Source> = (sources) =>
  shipped(sources).flatMap(({ path, imports }) => {
    const part = partOf(path);
    if (part === null) return [`${path}: is in no part that the layers name`];
    const allowed = [part, ...(layers[part] ?? [])];
    return imports
      .filter((to) => !allowed.some((each) => covers(each, to)))
      .map((to) => `${path}: imports ${to}`);
  });

function partOf(path: string): string | null {
  return Object.keys(layers).find((part) => covers(part, path)) ?? null;
}

function covers(allowed: string, to: string): boolean {
  if (allowed.endsWith('*')) return to.startsWith(allowed.slice(0, -1));
  return to === allowed || to.startsWith(`${allowed}/`);
}

const impure = [
  /^Date\.now$/,
  /^new Date\(\)$/,
  /^Date\(\)$/,
  /^Math\.random$/,
  /^(?:crypto|console|performance|process|globalThis|navigator|scheduler|caches|self|WebAssembly)\./,
  /^(?:fetch|setTimeout|setInterval|setImmediate|queueMicrotask|structuredClone|eval)\(\)$/,
  /^new (?:Function|WebSocket|Worker|AbortController|BroadcastChannel)\(/,
];

/** No clock, chance or outside world in the core: the same input gives the same output, in production and in the simulator. */
export const coreIsPure: Rule<Source> = (sources) =>
  inCore(sources).flatMap(({ path, uses }) =>
    uses
      .filter(({ what }) => impure.some((pattern) => pattern.test(what)))
      .map(({ what, line }) => `${path}:${line}: ${what}`),
  );

const linesMax = { shipped: 300, test: 500, function: 70 } as const;

/** Lines that are neither blank nor comment. */
export const filesAreSmall: Rule<Source> = (sources) =>
  sources.flatMap(({ path, text }) => {
    const lines = text.split('\n').filter((line) => !/^\s*(?:\/\/|\/?\*|$)/.test(line)).length;
    const max = path.startsWith('test/') ? linesMax.test : linesMax.shipped;
    return lines > max ? [`${path}: ${lines} lines, at most ${max}`] : [];
  });

export const functionsAreSmall: Rule<Source> = (sources) =>
  shipped(sources).flatMap(({ path, functions }) =>
    functions
      .filter(({ lines }) => lines > linesMax.function)
      .map(
        ({ name, line, lines }) =>
          `${path}:${line}: ${name} has ${lines} lines, at most ${linesMax.function}`,
      ),
  );

/**
 * A unit test imports each file of the core, or imports one of the same folder that is made of it: the private parts of an idea are
 * tested through the idea.
 */
export const coreIsTested: Rule<Source> = (sources) => {
  const core = new Map(inCore(sources).map((source) => [source.path, source]));
  const tested = new Set<string>();
  const waiting = sources
    .filter(({ path }) => path.startsWith('test/unit/'))
    .flatMap(({ imports }) => imports);
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const source = core.get(path);
    if (source === undefined || tested.has(path)) continue;
    tested.add(path);
    waiting.push(...source.imports.filter((to) => folderOf(to) === folderOf(source.path)));
  }
  return [...core.values()]
    .filter(({ path, hasCode }) => hasCode && !tested.has(path))
    .map(({ path }) => `${path}: no test under test/unit reaches it`);
};

/** Files that a program finds by convention. */
const conventional = ['src/dashboard/vite.config.ts'];

/**
 * Every file is used: named by a manifest (a file that is no source: package.json, wrangler.toml, a page, a README beside it), or
 * imported or started by one that is. The simulator's users are its tests.
 */
export const noFileIsDead = (
  sources: readonly Source[],
  manifests: readonly FileText[],
): readonly string[] => {
  const all = new Map(shipped(sources).map((source) => [source.path, source]));
  const paths = [...all.keys()];
  const named = manifests.flatMap(({ path, text }) => paths.filter((each) => isNamed(each, path, text)));
  const simulated = sources
    .filter(({ path }) => path.startsWith('test/sim/'))
    .flatMap(({ imports }) => imports.filter((to) => to.startsWith('src/sim/')));
  const waiting = [...conventional, ...named, ...simulated];
  const used = new Set<string>();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const source = all.get(path);
    if (source === undefined || used.has(path)) continue;
    used.add(path);
    waiting.push(
      ...source.imports,
      ...source.names.flatMap((name) => paths.filter((each) => endsWithPath(each, name))),
    );
  }
  return paths.filter((path) => !used.has(path)).map((path) => `${path}: nothing uses it`);
};

/** By its whole path anywhere, or by its name in a manifest of the same folder. */
function isNamed(path: string, manifest: string, text: string): boolean {
  return (
    text.includes(path) ||
    (folderOf(path) === folderOf(manifest) && text.includes(path.slice(folderOf(path).length + 1)))
  );
}

function endsWithPath(path: string, name: string): boolean {
  return `/${path}`.endsWith(`/${name.replace(/^(?:\.{1,2}\/)+/, '')}`);
}

export const noTestIsAlone: Rule<Source> = (sources) =>
  sources
    .filter(({ path }) => path.startsWith('test/'))
    .flatMap(({ path, uses }) =>
      uses
        .filter(({ what }) => /^(?:test|it|describe|suite)…?\.only$/.test(what))
        .map(({ line }) => `${path}:${line}: runs alone`),
    );

export const noBarrels: Rule<Source> = (sources) =>
  sources.filter(({ isBarrel }) => isBarrel).map(({ path }) => `${path}: only re-exports`);

const machinePaths = /(?:^|[^\w.<>~-])\/(?:work\/(?:main|shared)|root|home\/\w+|Users\/\w+)\b|\.\.\/shared\b/;

/** The project is whole in any folder of any machine. */
export const noMachinePaths: Rule<FileText> = (files) =>
  files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, at) => (machinePaths.test(line) ? [`${path}:${at + 1}: ${line.trim()}`] : [])),
  );

/** Packages come from whatever registry the machine is set up with. */
export const lockNamesNoRegistry: Rule<FileText> = (files) =>
  files
    .filter(({ path }) => path === 'package-lock.json')
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, at) =>
          /"resolved":\s*"\w+:\/\//.test(line) ? [`${path}:${at + 1}: ${line.trim()}`] : [],
        ),
    );

function shipped(sources: readonly Source[]): readonly Source[] {
  return sources.filter(({ path }) => /^(?:src|functions|durable-objects|gpu-workers|tenants)\//.test(path));
}

function inCore(sources: readonly Source[]): readonly Source[] {
  return sources.filter(({ path }) => path.startsWith('src/core/'));
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
