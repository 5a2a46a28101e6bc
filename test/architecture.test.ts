import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readTree } from './support/architecture/read-tree.ts';
import {
  coreIsPure,
  coreIsTested,
  filesAreSmall,
  functionsAreSmall,
  importsPointDown,
  lockNamesNoRegistry,
  noBarrels,
  noFileIsDead,
  noMachinePaths,
  noTestIsAlone,
} from './support/architecture/rules.ts';
import { parseSource, type FileText, type Source } from './support/architecture/source.ts';

const files = readTree(resolve(import.meta.dirname, '..'));
const isSource = ({ path }: FileText): boolean => /\.tsx?$/.test(path);
const sources = files.filter(isSource).map(parseSource);
const manifests = files.filter((file) => !isSource(file));

const plant = (path: string, ...lines: readonly string[]): Source =>
  parseSource({ path, text: lines.join('\n') });

describe('the architecture holds', () => {
  test.each([
    ['imports point down', importsPointDown],
    ['the core reads no clock, throws no dice and reaches for nothing outside', coreIsPure],
    ['files are small', filesAreSmall],
    ['functions are small', functionsAreSmall],
    ['each file of the core has its test', coreIsTested],
    ['no test runs alone', noTestIsAlone],
    ['no file only re-exports others', noBarrels],
  ])('%s', (_name, rule) => {
    expect(rule(sources)).toEqual([]);
  });

  test('no file is dead', () => {
    expect(noFileIsDead(sources, manifests)).toEqual([]);
  });

  test('no file names a place on one machine', () => {
    expect(noMachinePaths(files)).toEqual([]);
  });

  test('the lock file names no registry', () => {
    expect(files.map(({ path }) => path)).toContain('package-lock.json');
    expect(lockNamesNoRegistry(files)).toEqual([]);
  });
});

describe('each rule catches what breaks it', () => {
  test.each([
    ['src/core/pool/a.ts', "import { b } from '../../hosts/b.ts';", 'src/hosts/b.ts'],
    ['src/core/pool/a.ts', "import { readFileSync } from 'node:fs';", 'node:fs'],
    ['src/core/pool/a.ts', "export * from '../../sim/clock.ts';", 'src/sim/clock.ts'],
    ['src/core/pool/a.ts', "const b = await import('hono');", 'hono'],
    ['src/hosts/a.ts', "import type { App } from '../../functions/app.ts';", 'functions/app.ts'],
    ['src/backends/a.ts', "import { connect } from 'cloudflare:sockets';", 'cloudflare:sockets'],
    ['durable-objects/a.ts', "import { app } from '../functions/app.ts';", 'functions/app.ts'],
    ['functions/a.ts', "import { World } from '../src/sim/pool-world.ts';", 'src/sim/pool-world.ts'],
    [
      'gpu-workers/agent/a.ts',
      "import { host } from '../../src/hosts/pool-host.ts';",
      'src/hosts/pool-host.ts',
    ],
    ['src/dashboard/a.tsx', "import { help } from '../cli/dev/settings.ts';", 'src/cli/dev/settings.ts'],
    ['functions/a.ts', "import { chat } from '../test/support/stack.ts';", 'test/support/stack.ts'],
  ])('an import upwards: %s with %s', (path, line, to) => {
    expect(importsPointDown([plant(path, line)])).toEqual([`${path}: imports ${to}`]);
  });

  test('a file in a part that the layers do not name', () => {
    expect(importsPointDown([plant('src/utils/a.ts', 'export const a = 1;')])).toHaveLength(1);
  });

  test.each([
    'Date.now()',
    "Date['now']()",
    'new Date()',
    'new Date',
    'Date()',
    'Math.random()',
    'crypto.randomUUID()',
    'performance.now()',
    'console.log(1)',
    "process.env['HOME']",
    'globalThis.fetch',
    "fetch('http://a.test')",
    'setTimeout(go, 1)',
    'queueMicrotask(go)',
  ])('a core that is not pure: %s', (expression) => {
    expect(coreIsPure([plant('src/core/a.ts', `export const a = () => ${expression};`)])).toHaveLength(1);
  });

  test('what only looks impure is allowed: a date made from a number, another object with the same method', () => {
    const text =
      'export const a = (ms: number, clock: Clock) => [new Date(ms), clock.now(), Date.UTC(1, 2)];';
    expect(coreIsPure([plant('src/core/a.ts', text)])).toEqual([]);
    expect(coreIsPure([plant('src/hosts/a.ts', 'export const a = Date.now();')])).toEqual([]);
  });

  test('a file of 301 lines, and a test of 501; comments and blank lines are free', () => {
    const lines = (count: number): string[] =>
      Array.from({ length: count }, (_, at) => `export const a${at} = ${at};`);
    expect(filesAreSmall([plant('src/core/a.ts', ...lines(301))])).toHaveLength(1);
    expect(
      filesAreSmall([plant('src/core/a.ts', ...lines(300), '', '// why', '/** why', ' * so', ' */')]),
    ).toEqual([]);
    expect(filesAreSmall([plant('test/a.test.ts', ...lines(501))])).toHaveLength(1);
    expect(filesAreSmall([plant('test/a.test.ts', ...lines(500))])).toEqual([]);
  });

  test.each([
    ['function', 'export function a(): void {', '}'],
    ['arrow function', 'export const a = (): void => {', '};'],
    ['method', 'export class A { a(): void {', '} }'],
  ])('a %s of more than 70 lines', (_kind, open, close) => {
    const body = (count: number): string[] => Array.from({ length: count - 2 }, () => '  go();');
    expect(functionsAreSmall([plant('src/a.ts', open, ...body(71), close)])).toHaveLength(1);
    expect(functionsAreSmall([plant('src/a.ts', open, ...body(70), '// why', close)])).toEqual([]);
  });

  test('a file of the core without a test; types alone need none, nor does a part that its folder uses', () => {
    const core = [
      plant('src/core/pool/decide.ts', "import { part } from './part.ts';", 'export const decide = part;'),
      plant(
        'src/core/pool/part.ts',
        "import { other } from '../base/other.ts';",
        'export const part = other;',
      ),
      plant('src/core/pool/types.ts', 'export interface A { readonly a: number }', 'export type B = A;'),
      plant('src/core/base/other.ts', 'export const other = 1;'),
    ];
    const unit = plant(
      'test/unit/pool/decide.test.ts',
      "import { decide } from '../../../src/core/pool/decide.ts';",
    );
    expect(coreIsTested([...core, unit])).toEqual([
      'src/core/base/other.ts: no test under test/unit reaches it',
    ]);
    expect(coreIsTested(core)).toHaveLength(3);
  });

  test('a file that nothing uses, also when two such files use each other', () => {
    const tree = [
      plant('src/index.ts', "import { a } from './hosts/a.ts';"),
      plant('src/hosts/a.ts', "const program = 'servers/b-server.ts';"),
      plant('gpu-workers/servers/b-server.ts', 'go();'),
      plant('src/hosts/dead.ts', "import './dead-too.ts';"),
      plant('src/hosts/dead-too.ts', "import './dead.ts';"),
      plant('src/sim/world.ts', 'go();'),
      plant(
        'test/sim/world.test.ts',
        "import '../../src/sim/world.ts';",
        "import '../../src/hosts/dead.ts';",
      ),
    ];
    const manifest = { path: 'wrangler.toml', text: 'main = "src/index.ts"' };
    expect(noFileIsDead(tree, [manifest])).toEqual([
      'src/hosts/dead.ts: nothing uses it',
      'src/hosts/dead-too.ts: nothing uses it',
    ]);
    expect(noFileIsDead(tree, [])).toHaveLength(5);
  });

  test.each(['test.only', 'describe.only', 'test.concurrent.only', 'it.only.each([])'])('%s', (call) => {
    expect(noTestIsAlone([plant('test/unit/a.test.ts', `${call}('a', () => undefined);`)])).toHaveLength(1);
  });

  test('something else of that name is no test', () => {
    expect(noTestIsAlone([plant('test/unit/a.test.ts', 'bench.run().only; bench.only();')])).toEqual([]);
  });

  test('a file that only re-exports', () => {
    expect(noBarrels([plant('src/core/pool/all.ts', "export * from './a.ts';")])).toHaveLength(1);
    expect(noBarrels([plant('src/core/pool/b.ts', "export { a } from './a.ts';")])).toHaveLength(1);
    expect(
      noBarrels([plant('src/core/pool/b.ts', "export { a } from './a.ts';", 'export const b = 1;')]),
    ).toEqual([]);
  });

  // Written in pieces, so that this file does not break the rule itself.
  test.each([
    ['/wo', 'rk/main/src'],
    ['see ../sha', 'red/notes.md'],
    ['/ro', 'ot/.npm'],
    ['/ho', 'me/ada/code'],
  ])('a place on one machine: %s%s', (start, end) => {
    expect(noMachinePaths([{ path: 'docs/a.md', text: `first line\nsee ${start}${end}` }])).toHaveLength(1);
  });

  test('a lock file that names a registry', () => {
    const lock = (resolved: string): FileText => ({
      path: 'package-lock.json',
      text: `{\n"resolved": "${resolved}"\n}`,
    });
    expect(lockNamesNoRegistry([lock('https://registry.example/zod-4.tgz')])).toHaveLength(1);
    expect(lockNamesNoRegistry([lock('stubs/empty')])).toEqual([]);
  });
});
