// What the documents for operators tell people to type, and what they say clients are told, exists.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scenarios } from '../../rig/scenarios.ts';

const root = resolve(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const { scripts } = JSON.parse(read('package.json')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

const all = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].map(([, found = '']) => found);

/** What the text names and the project does not have. */
function missing(text: string): readonly string[] {
  const commands = all(text, /npm run ([a-z0-9:-]+)/g).filter((name) => scripts[name] === undefined);
  const links = all(text, /\]\(([a-z./-]+\.md)(?:#[a-z-]+)?\)/g).filter(
    (file) => !existsSync(join(root, 'docs', file)),
  );
  const files = all(
    text,
    /(?<!vLLM's )`((?:test|src|docs|gpu-workers|tenants|\.github)\/[\w./-]+\.\w+)`/g,
  ).filter((file) => !existsSync(join(root, file)));
  const told = read('src/core/api/render-failure.ts');
  const codes = all(text, /`[45]\d\d ([a-z_]+)`/g).filter((code) => !told.includes(`'${code}'`));
  const variables = all(text, /`([A-Z]+(?:_[A-Z0-9]+)+)`/g).filter(
    (name) => !known.includes(name.replace('PILOTLIGHT', '')) && !ofOthers.has(name),
  );
  return [...commands, ...links, ...files, ...codes, ...variables];
}

const known = [
  'src/config.ts',
  'src/backends/upstream/upstream-variables.ts',
  'gpu-workers/agent/settings.ts',
  'gpu-workers/agent/modal/modal-settings.ts',
  'gpu-workers/agent/kubernetes/cluster-settings.ts',
  'src/cli/deploy/options.ts',
  'src/cli/dev/settings.ts',
  '.github/workflows/deploy.yml',
]
  .map(read)
  .join('\n');

/** Variables of the servers that are driven. */
const ofOthers = new Set(['VLLM_API_KEY', 'OLLAMA_NUM_PARALLEL', 'MAX_CONCURRENCY']);

describe('what is written for operators', () => {
  test.each([
    'docs/deploy.md',
    'docs/agent.md',
    'docs/operations.md',
    'docs/backends.md',
    'docs/endpoints.md',
    'docs/models.md',
    'docs/store.md',
    '.github/workflows/deploy.yml',
    '.dev.vars.example',
  ])('%s names commands, files, codes and variables that there are', (file) => {
    expect(missing(read(file))).toEqual([]);
  });

  test('and what there is not is found', () => {
    const text = '`npm run nothing`, [a](gone.md), `src/gone.ts`, `503 never_told`, `NO_SUCH_VARIABLE`';
    expect(missing(text)).toEqual(['nothing', 'gone.md', 'src/gone.ts', 'never_told', 'NO_SUCH_VARIABLE']);
  });
});

/** The first cells of the table of outages, without the head. */
function downRows(text: string): readonly string[] {
  const [, section = ''] = text.split(/^## What is down$/m);
  const [table = ''] = section.split(/^## /m);
  return all(table, /^\| (.+?) +\|/gm).filter((cell) => cell !== 'what is down' && !/^-+$/.test(cell));
}

/** What stands before the colon in the titles of tests. */
function downTests(sources: readonly string[]): readonly string[] {
  return sources.flatMap((text) => all(text, /^ *test\('([^':]+): /gm));
}

/** Rows that nothing shows: neither a test that begins with their name, nor a scenario that they name. */
function unshown(rows: readonly string[], shown: readonly string[]): readonly string[] {
  return rows.filter((row) => {
    const scenario = /`npm run rig -- ([a-z]+)`/.exec(row)?.[1];
    return !shown.includes(row) && !scenarios.some(({ name }) => name === scenario);
  });
}

describe('the table of what is down', () => {
  const rows = downRows(read('docs/operations.md'));
  const files = readdirSync(join(root, 'test/e2e')).filter((name) => name.startsWith('edge-alone-'));
  const shown = downTests(files.map((name) => read(`test/e2e/${name}`)));

  test('has a test for each row, and a row for each test', () => {
    expect(rows.length).toBeGreaterThan(8);
    expect(unshown(rows, shown)).toEqual([]);
    expect([...new Set(shown)].filter((name) => !rows.includes(name))).toEqual([]);
  });

  test('and a row that nothing shows is found', () => {
    const table =
      '## What is down\n\n| what is down | x |\n| --- | - |\n| the moon | y |\n| a (`npm run rig -- b`) | z |\n## Next';
    expect(unshown(downRows(table), shown)).toEqual(['the moon', 'a (`npm run rig -- b`)']);
  });
});
