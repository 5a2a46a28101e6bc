// What `npm run deploy` is told: parsed once, refused in words.
import { parseArgs } from 'node:util';
import { err, ok, type Result } from '../../core/base/result.ts';

export const deployable = ['staging', 'production'] as const;
export type Deployable = (typeof deployable)[number];

export interface DeployOptions {
  readonly env: Deployable;
  /** Stop before anything is changed. */
  readonly dryRun: boolean;
  /** Format, lint, types and unit tests have been run by whoever calls. */
  readonly skipChecks: boolean;
  /** Where the deployment answers, if that is not what wrangler says. */
  readonly url: string | null;
  /** File of secrets that are set with this deployment. */
  readonly secretsFile: string | null;
  /** How long the deployment may take to answer as it should. */
  readonly patienceMs: number;
}

const patienceSeconds = { byDefault: '90', max: 3_600 } as const;

export const deployHelp = `npm run deploy -- --env staging|production [--dry-run] [--skip-checks] [--url URL] [--secrets-file FILE]
                              [--patience SECONDS]

Checks the sources, bundles and weighs the Worker, says what would change, deploys, asks the deployment whether it is
well, and prints the command that takes it back.

  --env NAME           which environment of wrangler.toml
  --dry-run            stop before anything is changed; needs no login
  --skip-checks        leave out npm run check (for a pipeline that has just run the tests)
  --url URL            where to ask the deployment, if not at the address that wrangler names
  --secrets-file FILE  set these secrets with the deployment: needed for the first one (docs/deploy.md)
  --patience SECONDS   how long the deployment may take to answer as it should (default 90)

PILOTLIGHT_SMOKE_KEY   a tenant's key: with it, the deployment is also asked for its models`;

export function parseDeployOptions(args: readonly string[]): Result<DeployOptions | 'help', string> {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        env: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        'skip-checks': { type: 'boolean', default: false },
        url: { type: 'string' },
        'secrets-file': { type: 'string' },
        patience: { type: 'string', default: patienceSeconds.byDefault },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (cause) {
    return err(cause instanceof Error ? cause.message : String(cause));
  }
  if (values.help) return ok('help');
  const env = deployable.find((each) => each === values.env);
  if (env === undefined) return err(`--env must be ${deployable.join(' or ')}`);
  const url = values.url ?? null;
  if (url !== null && !/^https?:\/\/[^/]+\/?$/.test(url)) {
    return err(`--url must look like https://host, without a path: "${url}"`);
  }
  const seconds = Number(values.patience);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > patienceSeconds.max) {
    return err(`--patience must be a whole number of seconds from 1 to ${patienceSeconds.max}`);
  }
  return ok({
    env,
    dryRun: values['dry-run'],
    skipChecks: values['skip-checks'],
    url: url?.replace(/\/$/, '') ?? null,
    secretsFile: values['secrets-file'] ?? null,
    patienceMs: seconds * 1_000,
  });
}
