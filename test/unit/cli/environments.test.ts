// wrangler.toml as the toolchain reads it: every environment is whole, and what a deployment cannot do without is there.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { experimental_readRawConfig as readRawConfig } from 'wrangler';
import { describe, expect, test } from 'vitest';

/** What of the file is looked at here. */
interface RawEnvironment {
  readonly name?: string;
  readonly vars?: Readonly<Record<string, unknown>>;
  readonly secrets?: { readonly required: readonly string[] };
  readonly durable_objects?: {
    readonly bindings: readonly { readonly name: string; readonly class_name: string }[];
  };
}
interface RawConfig extends RawEnvironment {
  readonly migrations?: readonly { readonly new_sqlite_classes?: readonly string[] }[];
  readonly env?: Readonly<Record<string, RawEnvironment>>;
}

const root = resolve(import.meta.dirname, '../../..');
const rawConfig = readRawConfig({ config: join(root, 'wrangler.toml') }).rawConfig as RawConfig;
const environments = Object.keys(rawConfig.env ?? {});

/** Keys that no environment inherits, as the installed wrangler validates them; one is validated in a wrapper of its own. */
const wrangler = readFileSync(join(root, 'node_modules/wrangler/wrangler-dist/cli.js'), 'utf8');
const validated = [...wrangler.matchAll(/^ {4}(\w+): notInheritable\(/gm)].map(([, name = '']) => name);
const uninherited = [...new Set([...validated, 'durable_objects'])];
const used = uninherited.filter(
  (key) => (rawConfig as object as Readonly<Record<string, unknown>>)[key] !== undefined,
);

/** What the environment would lack, as `key` or `key: what`. */
function missingIn(config: RawConfig, name: string): readonly string[] {
  const top = config as object as Readonly<Record<string, unknown>>;
  const env = (config.env?.[name] ?? {}) as object as Readonly<Record<string, unknown>>;
  const absent = uninherited.filter((key) => top[key] !== undefined && env[key] === undefined);
  const bound = (holder: unknown): readonly string[] =>
    ((holder as RawConfig['durable_objects'])?.bindings ?? []).map(
      (each) => `${each.name} ${each.class_name}`,
    );
  const given = new Set(bound(env['durable_objects']));
  const objects = bound(top['durable_objects']).filter((each) => !given.has(each));
  return [...absent, ...objects.map((each) => `durable_objects: ${each}`)];
}

const optionalSecrets = [
  'RUNPOD_API_KEY',
  'WORKERS_AI_TOKEN',
  'UPSTREAM_KEY_',
  'REPLICA_KEY',
  'MODAL_PROXY_ID',
  'MODAL_PROXY_SECRET',
  'UPSTASH_REDIS_REST_TOKEN',
];
const secretName = /_(?:KEY|TOKEN|SECRET|PROXY_ID|TOKEN_SHA256)$/;
const missingNames = (text: string): readonly string[] =>
  optionalSecrets.filter((name) => !text.includes(name));

/** The lines of an environment's variables, those left out as a comment included, without their values. */
const variablesOf = (toml: string, name: string): readonly string[] => {
  const [, section = ''] = new RegExp(`\\[env\\.${name}\\.vars\\]\\n([^[]*)`).exec(toml) ?? [];
  return [...section.matchAll(/^(?:# )?([A-Z][A-Z0-9_]+) = /gm)].map(([, variable = '']) => variable);
};

describe('wrangler.toml', () => {
  test('has the environments dev, test, staging and production', () => {
    expect(environments).toEqual(['dev', 'test', 'staging', 'production']);
  });

  test.each(environments)('%s repeats every key that it does not inherit', (name) => {
    expect(missingIn(rawConfig, name)).toEqual([]);
  });

  test.each(used)('an environment without its %s is found out', (key) => {
    const { [key]: _, ...without } = (rawConfig.env?.['staging'] ?? {}) as object as Record<string, unknown>;
    const planted = { ...rawConfig, env: { staging: without } } as RawConfig;
    expect(missingIn(planted, 'staging')).toContain(key);
  });

  test('an environment without one of its objects is found out', () => {
    const staging = rawConfig.env?.['staging'];
    const bindings = (staging?.durable_objects?.bindings ?? []).filter(({ name }) => name !== 'TENANT');
    const planted = { ...rawConfig, env: { staging: { ...staging, durable_objects: { bindings } } } };
    expect(missingIn(planted as RawConfig, 'staging')).toEqual(['durable_objects: TENANT TenantObject']);
  });

  test('is compared with the keys that the installed wrangler does not inherit', () => {
    expect(uninherited.length).toBeGreaterThan(30);
    expect(used).toEqual(['vars', 'version_metadata', 'durable_objects']);
  });

  test.each(['staging', 'production'])('%s requires the secrets that every deployment needs', (name) => {
    expect(rawConfig.env?.[name]?.secrets).toEqual({ required: ['ADMIN_TOKEN_SHA256'] });
    const example = readFileSync(join(root, '.dev.vars.example'), 'utf8');
    expect([...example.matchAll(/^(\w+)=/gm)].map(([, each]) => each)).toEqual([
      'AGENT_TOKEN',
      'ADMIN_TOKEN_SHA256',
    ]);
  });

  test.each(['staging', 'production'])('%s lists the secrets that only some models need', (name) => {
    const text = readFileSync(join(root, 'wrangler.toml'), 'utf8');
    const [, section = ''] =
      new RegExp(`\\[env\\.${name}\\.secrets\\]\\n([^[]*required[^\\n]*\\n[^[]*)`).exec(text) ?? [];
    expect(missingNames(section)).toEqual([]);
    expect(missingNames(section.replace('REPLICA_KEY', ''))).toEqual(['REPLICA_KEY']);
  });

  test.each(['.dev.vars.example', 'docs/deploy.md'])('%s lists them, too', (file) => {
    expect(missingNames(readFileSync(join(root, file), 'utf8'))).toEqual([]);
  });

  test('no secret of the Worker is on no list', () => {
    const read = ['src/config.ts', 'src/backends/upstream/upstream-variables.ts'].flatMap((file) =>
      Array.from(readFileSync(join(root, file), 'utf8').matchAll(/^ {2}([A-Z][A-Z0-9_]+): /gm)),
    );
    const names = read.map(([, name = '']) => name).filter((name) => secretName.test(name));
    const known = ['AGENT_TOKEN', 'ADMIN_TOKEN_SHA256', ...optionalSecrets];
    // Each vendor has one of its own, which no schema names.
    expect(new Set([...names, 'UPSTREAM_KEY_'])).toEqual(new Set(known));
  });

  test.each(['staging', 'production'])('%s is a Worker of its own and says which it is', (name) => {
    const env = rawConfig.env?.[name];
    expect(env?.name).toBe(`pilotlight-${name}`);
    expect(env?.vars?.['ENVIRONMENT']).toBe(name);
  });

  test('staging and production have the same variables', () => {
    const toml = readFileSync(join(root, 'wrangler.toml'), 'utf8');
    const staging = variablesOf(toml, 'staging');
    expect(staging).toEqual(expect.arrayContaining(['ENVIRONMENT', 'AGENT_URL', 'EDGE_STORE']));
    expect(variablesOf(toml, 'production')).toEqual(staging);
    const planted = toml.replace(/(\[env\.production\.vars\][^[]*?)AGENT_URL = ""\n/, '$1');
    expect(variablesOf(planted, 'production')).not.toEqual(staging);
  });

  test('without an environment nothing is served', () => {
    expect(rawConfig.vars?.['ENVIRONMENT']).toBe('none');
  });

  test('every object class has its migration', () => {
    const made = (rawConfig.migrations ?? []).flatMap(({ new_sqlite_classes }) => new_sqlite_classes ?? []);
    const bound = (rawConfig.durable_objects?.bindings ?? []).map(({ class_name }) => class_name);
    expect(new Set(made)).toEqual(new Set(bound));
  });
});
