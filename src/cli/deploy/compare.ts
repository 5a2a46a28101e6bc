// What a deployment changes, line by line: what would be uploaded against what is deployed, as far as that can be told. Pure.
import type { EnvironmentConfig } from './triggers.ts';
import type { Binding, Upload } from './upload.ts';

/** What the platform says of the version that serves. */
export interface Deployed {
  readonly versionId: string;
  readonly createdOn: string;
  /** The commit it was made from, if it says so. */
  readonly commit: string | null;
  readonly bindings: readonly Binding[];
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
}

export interface Planned {
  readonly upload: Pick<Upload, 'bindings' | 'compatibilityDate' | 'compatibilityFlags'>;
  readonly config: EnvironmentConfig;
}

/** `before`: the environment in the wrangler.toml of the deployed commit; null when that is not known here. */
export function compareDeployment(
  { upload, config }: Planned,
  deployed: Deployed,
  before: EnvironmentConfig | null,
): readonly string[] {
  return [
    ...compareBindings(upload.bindings, deployed.bindings),
    ...compareValue('compatibility date', deployed.compatibilityDate, upload.compatibilityDate),
    ...compareLists('compatibility flag', deployed.compatibilityFlags, upload.compatibilityFlags),
    ...(before === null
      ? ['? routes, crons and migrations: the deployed version names no commit that is known here']
      : [
          ...compareLists('route', before.routes, config.routes),
          ...compareLists('cron', before.crons, config.crons),
          ...compareLists('migration', before.migrations, config.migrations),
        ]),
  ];
}

/** Migrations that the deployed commit did not have: the platform rolls nothing back across one. */
export function newMigrations(config: EnvironmentConfig, before: EnvironmentConfig): readonly string[] {
  return config.migrations.filter((tag) => !before.migrations.includes(tag));
}

function compareBindings(planned: readonly Binding[], deployed: readonly Binding[]): readonly string[] {
  const before = new Map(deployed.map((each) => [each.name, each]));
  const after = new Set(planned.map(({ name }) => name));
  const changes = planned.flatMap((each) => compareBinding(before.get(each.name), each));
  const gone = deployed
    // Secrets that wrangler.toml does not name stay as they are.
    .filter(({ name, type }) => !after.has(name) && type !== 'secret_text')
    .map((each) => `- ${nounOf(each)} ${each.name}${valueOf(each)}`);
  return [...changes, ...gone];
}

function compareBinding(before: Binding | undefined, after: Binding): readonly string[] {
  if (after.type === 'inherit') return before === undefined ? [`! secret ${after.name} is not set`] : [];
  if (before === undefined) return [`+ ${nounOf(after)} ${after.name}${valueOf(after)}`];
  const isSame = Object.entries(after).every(
    ([key, value]) => JSON.stringify(value) === JSON.stringify(before[key]),
  );
  if (isSame || after.type === 'secret_text') return [];
  return [`~ ${nounOf(after)} ${after.name}:${valueOf(before) || ' other'} ->${valueOf(after)}`];
}

function nounOf({ type }: Binding): string {
  return type === 'plain_text' || type === 'json' ? 'var' : type === 'secret_text' ? 'secret' : type;
}

function valueOf({ type, ...rest }: Binding): string {
  if (type === 'plain_text') return ` ${JSON.stringify(rest['text'])}`;
  if (type === 'json') return ` ${JSON.stringify(rest['json'])}`;
  if (type === 'secret_text') return '';
  const className = rest['class_name'];
  return typeof className === 'string' ? ` ${className}` : '';
}

function compareValue(what: string, before: string, after: string): readonly string[] {
  return before === after ? [] : [`~ ${what}: ${before} -> ${after}`];
}

function compareLists(what: string, before: readonly string[], after: readonly string[]): readonly string[] {
  return [
    ...after.filter((each) => !before.includes(each)).map((each) => `+ ${what} ${each}`),
    ...before.filter((each) => !after.includes(each)).map((each) => `- ${what} ${each}`),
  ];
}
