// The agent where it is a service: Dockerfile, systemd unit, example of settings, and the Worker that ships the container. What these files
// name exists, and says the same in each of them. Docker itself was never run.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix, resolve } from 'node:path';
import { experimental_readRawConfig as readRawConfig } from 'wrangler';
import { describe, expect, test } from 'vitest';
import { clusterSettingsHelp } from '../../../gpu-workers/agent/kubernetes/cluster-settings.ts';
import { modalSettingsHelp, parseModalSettings } from '../../../gpu-workers/agent/modal/modal-settings.ts';
import { parseSettings, settingsHelp } from '../../../gpu-workers/agent/settings.ts';
import {
  agentPort,
  containerVariables,
  passedOn,
  sleepAfterSeconds,
} from '../../../gpu-workers/container/agent-image.ts';
import { readImage } from '../../support/agent-image.ts';
import { parseSource } from '../../support/architecture/source.ts';

const root = resolve(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const stages = readImage();
const image = stages.at(-1);
if (image === undefined) throw new Error('the Dockerfile has no stage');

const variable = /\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g;
/** What `node gpu-workers/agent/main.ts --help` lists. */
const listed = new Set(
  [settingsHelp, modalSettingsHelp, clusterSettingsHelp].join('\n').match(variable) ?? [],
);
const unlisted = (names: Iterable<string>): readonly string[] =>
  [...names].filter((name) => !listed.has(name));

/** Every file of the project that a program loads, itself included, and the packages. */
function loadedBy(program: string): {
  readonly files: ReadonlySet<string>;
  readonly packages: ReadonlySet<string>;
} {
  const files = new Set<string>();
  const packages = new Set<string>();
  const waiting = [program];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (files.has(path)) continue;
    files.add(path);
    for (const to of parseSource({ path, text: read(path) }).imports) {
      if (to.endsWith('.ts')) waiting.push(posix.normalize(to));
      else if (!to.startsWith('node:')) packages.add(to);
    }
  }
  return { files, packages };
}

describe('the Dockerfile', () => {
  const sources = stages.flatMap(({ copies }) => copies.map(({ from }) => from));

  test('copies what exists, and .dockerignore lets exactly that through', () => {
    expect(sources.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const lines = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines[0]).toBe('*');
    expect(new Set(lines.slice(1))).toEqual(new Set(sources.map((path) => `!${path}`)));
  });

  test('has every file that the agent loads, and every package among those that it installs', () => {
    const { files, packages } = loadedBy('gpu-workers/agent/main.ts');
    const copied = image.copies.map(({ from }) => from);
    const covered = (path: string): boolean =>
      copied.some((each) => path === each || path.startsWith(`${each}/`));
    expect(files.size).toBeGreaterThan(50);
    expect([...files].filter((path) => !covered(path))).toEqual([]);
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    expect([...packages].filter((name) => dependencies[name] === undefined)).toEqual([]);
    expect(stages[0]?.runs[0]).toMatch(/^npm ci --omit=dev /);
    expect(image.taken).toEqual(['packages:/app/node_modules']);
  });

  test('keeps every path where the agent looks for it', () => {
    for (const { from, to } of image.copies) expect(to).toBe(from);
  });

  test('runs as nobody of importance, on the port that it opens and asks about', () => {
    expect(image.user).toBe('node');
    expect(image.port).toBe(agentPort);
    expect(image.env['AGENT_PORT']).toBe(String(agentPort));
    expect(image.health.join(' ')).toContain('${process.env.AGENT_PORT}/healthz');
    expect(image.command).toEqual(['node', 'gpu-workers/agent/main.ts']);
    for (const { base } of stages) expect(base).toBe('node:22-slim');
  });

  test('names no variable that the agent does not list, and values that it takes', () => {
    expect(unlisted(read('gpu-workers/agent/Dockerfile').match(variable) ?? [])).toEqual([]);
    expect(parseSettings({ ...image.env, AGENT_TOKEN: 't' })).toMatchObject({
      ok: true,
      value: { host: '0.0.0.0', port: agentPort, stateDir: '/var/lib/pilotlight/agent' },
    });
  });
});

describe('the settings of a service', () => {
  const example = read('gpu-workers/agent/agent.env.example');

  test('are those that the agent lists; only the token has to be filled in, and the owner is not left to the default', () => {
    expect(unlisted(example.match(variable) ?? [])).toEqual([]);
    expect([...example.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value])).toEqual([
      ['AGENT_TOKEN', ''],
      ['MODAL_OWNER', 'staging'],
    ]);
  });
});

describe('the systemd unit', () => {
  const unit = read('gpu-workers/agent/pilotlight-agent.service');
  const setting = (name: string): readonly string[] =>
    [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);

  test('starts a program of the project, with variables that the agent lists', () => {
    const [program = ''] = setting('ExecStart');
    const [, path = ''] = /^\/usr\/bin\/node \/opt\/pilotlight\/(\S+)$/.exec(program) ?? [];
    expect(existsSync(join(root, path))).toBe(true);
    expect(unlisted(setting('Environment').map((text) => text.split('=')[0] ?? ''))).toEqual([]);
    expect(setting('Environment')).toContain(`PILOTLIGHT_STATE=/var/lib/${setting('StateDirectory')[0]}`);
  });

  test('does not take away what the agent and its replicas need', () => {
    for (const name of ['MemoryDenyWriteExecute', 'ProcSubset', 'PrivateDevices', 'PrivateNetwork'])
      expect(setting(name)).toEqual([]);
    // Longer than the agent's own end.
    expect(Number(setting('TimeoutStopSec')[0])).toBeGreaterThan(5);
    expect(setting('KillMode')).toEqual(['mixed']);
  });

  test('is one that systemd takes without a word, and calls well guarded', (context) => {
    if (spawnSync('systemd-analyze', ['--version']).status !== 0)
      context.skip('systemd-analyze is not here: nobody has looked at the unit');
    const folder = mkdtempSync(join(tmpdir(), 'pilotlight-unit-'));
    const file = join(folder, 'pilotlight-agent.service');
    // It looks whether the program is there.
    const here = unit.replace('/usr/bin/node', process.execPath).replaceAll('/opt/pilotlight', root);
    const judge = (text: string, ...words: readonly string[]): string => {
      writeFileSync(file, text);
      const { status, stdout, stderr } = spawnSync('systemd-analyze', [...words, file], { encoding: 'utf8' });
      return status === 0 ? stderr : `${status}: ${stdout}${stderr}`;
    };
    expect(judge(here, 'verify', '--man=no')).toBe('');
    expect(judge(here.replace('OOMPolicy=', 'OomPolicy='), 'verify', '--man=no')).toContain('OomPolicy');
    const exposure = ['security', '--offline=yes', '--no-pager', '--threshold=30'];
    expect(judge(here, ...exposure)).toBe('');
    expect(judge(here.replaceAll(/^(?:Protect|Restrict|System|Cap).*\n/gm, ''), ...exposure)).not.toBe('');
    rmSync(folder, { recursive: true });
  });
});

describe('the container', () => {
  test('is told what the agent lists, its own fixed settings, and no other secret of the Worker', () => {
    expect(unlisted(passedOn)).toEqual([]);
    const given = { AGENT_TOKEN: 't', MODAL_TOKEN_ID: 'a', OTHER_SECRET: 's', AGENT: {}, MODAL_OWNER: '' };
    expect(containerVariables({ ...given, AGENT_PORT: '1', AGENT_HOST: '127.0.0.1' })).toEqual({
      AGENT_TOKEN: 't',
      MODAL_TOKEN_ID: 'a',
      ...image.env,
    });
  });

  test('has all settings of the agent but those of its place, of its parent, and of Kubernetes', () => {
    const left = [...listed].filter((name) => !(passedOn as readonly string[]).includes(name));
    expect(left.filter((name) => !name.startsWith('KUBERNETES_')).sort()).toEqual([
      'AGENT_HOST',
      'AGENT_PORT',
      'PILOTLIGHT_PARENT_WATCH',
      'PILOTLIGHT_STATE',
    ]);
  });

  test('is awake for as long as the agent waits for a pool that asks about a found sandbox', () => {
    const settings = parseModalSettings({ MODAL_TOKEN_ID: 'a', MODAL_TOKEN_SECRET: 'b' });
    if (!settings.ok) throw new Error(settings.error);
    const { claimMs, sweepMs } = settings.value;
    expect(sleepAfterSeconds * 1_000).toBeGreaterThan(claimMs + sweepMs);
  });
});

describe("the container's wrangler.toml", () => {
  interface RawEnvironment {
    readonly name?: string;
    readonly vars?: Readonly<Record<string, unknown>>;
    readonly secrets?: { readonly required: readonly string[] };
    readonly durable_objects?: { readonly bindings: readonly object[] };
    readonly containers?: readonly {
      readonly name?: string;
      readonly class_name?: string;
      readonly image?: string;
      readonly image_build_context?: string;
      readonly max_instances?: number;
    }[];
  }
  const file = join(root, 'gpu-workers/container/wrangler.toml');
  const config = readRawConfig({ config: file }).rawConfig as RawEnvironment & {
    readonly compatibility_date?: string;
    readonly migrations?: readonly object[];
    readonly env?: Readonly<Record<string, RawEnvironment>>;
  };

  test('has the environments of the platform that have deployments, and its date', () => {
    expect(Object.keys(config.env ?? {})).toEqual(['staging', 'production']);
    const platform = readRawConfig({ config: join(root, 'wrangler.toml') }).rawConfig;
    expect(config.compatibility_date).toBe(platform.compatibility_date);
    expect(config.migrations).toEqual([{ tag: 'v1', new_sqlite_classes: ['AgentObject'] }]);
  });

  test('has no container without an environment', () => {
    expect(config.containers).toBeUndefined();
    expect(config.durable_objects).toBeUndefined();
  });

  test.each(['staging', 'production'])(
    '%s has one container, made of the project, and asks for the token',
    (name) => {
      const env = config.env?.[name];
      const [container, ...more] = env?.containers ?? [];
      expect(more).toEqual([]);
      expect(env?.name).toBe(`pilotlight-agent-${name}`);
      expect(container).toMatchObject({ name: env?.name, class_name: 'AgentObject', max_instances: 1 });
      expect(env?.durable_objects).toEqual({ bindings: [{ name: 'AGENT', class_name: 'AgentObject' }] });
      expect(env?.secrets).toEqual({ required: ['AGENT_TOKEN'] });
      const at = (path = ''): string => resolve(dirname(file), path);
      expect(at(container?.image)).toBe(join(root, 'gpu-workers/agent/Dockerfile'));
      expect(at(container?.image_build_context)).toBe(root);
    },
  );

  test('gives each environment an owner of its own, so that none ends the sandboxes of another', () => {
    for (const name of ['staging', 'production']) {
      const vars = config.env?.[name]?.vars ?? {};
      expect(vars['MODAL_OWNER']).toBe(name);
      const settings = parseModalSettings({
        MODAL_TOKEN_ID: 'a',
        MODAL_TOKEN_SECRET: 'b',
        ...containerVariables(vars),
      });
      expect(settings).toMatchObject({ ok: true, value: { owner: name } });
    }
  });

  test('names every variable that goes on, and no other', () => {
    const named = new Set(readFileSync(file, 'utf8').match(variable) ?? []);
    expect(passedOn.filter((name) => !named.has(name))).toEqual([]);
    // Of the platform's own file.
    expect(unlisted(named)).toEqual(['AGENT_URL']);
  });
});
