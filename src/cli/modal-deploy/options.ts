// What `npm run modal:deploy` is told: parsed once, refused in words.
import { parseArgs } from 'node:util';
import { err, ok, type Result } from '../../core/base/result.ts';
import type { ModalApps } from './apps.ts';

export interface ModalDeployOptions {
  readonly app: string;
  /** The environment of the workspace; null = the one that the profile says. */
  readonly environment: string | null;
  readonly dryRun: boolean;
}

export function modalDeployHelp(apps: ModalApps): string {
  const rows = Object.entries(apps).map(
    ([name, { model, gpu, slots }]) => `  ${name.padEnd(12)} ${model} on ${gpu}, ${slots} requests at once`,
  );
  return `npm run modal:deploy -- APP [--env NAME] [--dry-run]

Puts an app of gpu-workers/modal on Modal, prints its URL, and the lines for the file of models that serve it.

${rows.join('\n')}

  --env NAME   environment of the workspace (default: the profile's)
  --dry-run    say what would be done and what is missing; deploys nothing

It needs Modal's command (pip install modal) and a token (modal setup, or MODAL_TOKEN_ID and MODAL_TOKEN_SECRET).`;
}

export function parseModalDeploy(
  args: readonly string[],
  names: readonly string[],
): Result<ModalDeployOptions | 'help', string> {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        env: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (cause) {
    return err(cause instanceof Error ? cause.message : String(cause));
  }
  const { values, positionals } = parsed;
  if (values.help) return ok('help');
  const [app, ...more] = positionals;
  if (app === undefined || more.length > 0) return err(`name one app: ${names.join(', ')}`);
  if (!names.includes(app)) return err(`there is no app "${app}": ${names.join(', ')}`);
  const environment = values.env ?? null;
  if (environment !== null && !/^[A-Za-z0-9._-]{1,64}$/.test(environment))
    return err('--env must be a name of letters, digits, dots and dashes');
  return ok({ app, environment, dryRun: values['dry-run'] });
}
