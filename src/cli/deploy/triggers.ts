// What of wrangler.toml the platform keeps beside a version: routes, crons, migrations. Pure but for the parser, which is wrangler's own.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { experimental_readRawConfig as readRawConfig } from 'wrangler';
import { z } from 'zod';

const route = z.union([z.string(), z.looseObject({ pattern: z.string() })]);
const part = z.looseObject({
  name: z.string().optional(),
  workers_dev: z.boolean().optional(),
  route: z.string().optional(),
  routes: z.array(route).optional(),
  triggers: z.looseObject({ crons: z.array(z.string()).default([]) }).optional(),
  migrations: z.array(z.looseObject({ tag: z.string() })).optional(),
  vars: z.record(z.string(), z.unknown()).optional(),
  secrets: z.looseObject({ required: z.array(z.string()).default([]) }).optional(),
});
const file = part.extend({ env: z.record(z.string(), part).default({}) });

export interface EnvironmentConfig {
  readonly worker: string;
  readonly routes: readonly string[];
  readonly crons: readonly string[];
  readonly migrations: readonly string[];
  readonly vars: Readonly<Record<string, unknown>>;
  /** Empty = none. */
  readonly agentUrl: string;
  /** What the file requires, and with an agent what is shown to it. */
  readonly requiredSecrets: readonly string[];
}

/** One environment of this wrangler.toml; null when the file has none of that name. */
export function readEnvironment(toml: string, name: string): EnvironmentConfig | null {
  const { env, ...top } = file.parse(parseToml(toml));
  const own = env[name];
  if (own === undefined) return null;
  const { vars = {} } = own;
  const agentUrl = typeof vars['AGENT_URL'] === 'string' ? vars['AGENT_URL'] : '';
  const required = own.secrets?.required ?? [];
  return {
    worker: own.name ?? `${top.name ?? ''}-${name}`,
    routes: routesOf({ ...top, ...own }),
    crons: (own.triggers ?? top.triggers)?.crons ?? [],
    migrations: (own.migrations ?? top.migrations ?? []).map(({ tag }) => tag),
    vars,
    agentUrl,
    requiredSecrets: agentUrl === '' ? required : [...new Set(['AGENT_TOKEN', ...required])],
  };
}

/** A Worker without routes is served at the platform's own address, unless it says that it is not. */
function routesOf({
  route: one,
  routes = [],
  workers_dev: onWorkersDev,
}: z.infer<typeof part>): readonly string[] {
  const all = one === undefined ? routes : [one, ...routes];
  const patterns = all.map((each) => (typeof each === 'string' ? each : each.pattern));
  return (onWorkersDev ?? patterns.length === 0) ? [...patterns, 'workers.dev'] : patterns;
}

/** Wrangler reads files alone. */
function parseToml(text: string): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-toml-'));
  try {
    const config = join(folder, 'wrangler.toml');
    writeFileSync(config, text);
    return readRawConfig({ config }).rawConfig;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
