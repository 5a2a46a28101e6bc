// What the account says: who is logged in, and which version serves. Asks through wrangler, which knows the login and the API.
import { z } from 'zod';
import { err, ok, type Result } from '../../core/base/result.ts';
import { runWrangler } from './run-wrangler.ts';
import { binding } from './upload.ts';
import type { Deployed } from './compare.ts';

const deploymentStatus = z.looseObject({
  created_on: z.string(),
  versions: z.array(z.looseObject({ version_id: z.string(), percentage: z.number() })).min(1),
});
const versionView = z.looseObject({
  id: z.string(),
  annotations: z.record(z.string(), z.unknown()).optional(),
  resources: z.looseObject({
    bindings: z.array(binding).default([]),
    script_runtime: z
      .looseObject({
        compatibility_date: z.string().optional(),
        compatibility_flags: z.array(z.string()).optional(),
      })
      .default({}),
  }),
});

/** Null = logged in; else why not, in words that say what to do. */
export async function whyNotLoggedIn(root: string): Promise<string | null> {
  const { isGood, stdout, words } = await runWrangler({ root, args: ['whoami', '--json'] });
  if (isGood) return null;
  if (/"loggedIn":\s*false/.test(stdout)) return notLoggedIn;
  return `the account cannot be asked; is the network there, and the token right and not expired?\n${words.trim()}`;
}

const notLoggedIn = `wrangler is not logged in. Either
  npx wrangler login                                     (opens a browser)
or, in a pipeline, set CLOUDFLARE_API_TOKEN (a token with the template "Edit Cloudflare Workers") and CLOUDFLARE_ACCOUNT_ID`;

/** The version that serves most requests; null when the Worker has never been deployed. */
export async function readDeployed(root: string, env: string): Promise<Result<Deployed | null, string>> {
  const status = await runWrangler({ root, args: ['deployments', 'status', '--env', env, '--json'] });
  if (!status.isGood) {
    return isNoWorker(status.words)
      ? ok(null)
      : err(`what is deployed cannot be read: ${status.words.trim()}`);
  }
  const { created_on: createdOn, versions } = deploymentStatus.parse(JSON.parse(status.stdout));
  const [main] = [...versions].sort((a, b) => b.percentage - a.percentage);
  const id = main?.version_id ?? '';
  const view = await runWrangler({ root, args: ['versions', 'view', id, '--env', env, '--json'] });
  if (!view.isGood) return err(`version ${id} cannot be read: ${view.words.trim()}`);
  const { annotations, resources } = versionView.parse(JSON.parse(view.stdout));
  const tag = annotations?.['workers/tag'];
  return ok({
    versionId: id,
    createdOn,
    commit: typeof tag === 'string' && /^[0-9a-f]{7,40}$/.test(tag) ? tag : null,
    bindings: resources.bindings,
    compatibilityDate: resources.script_runtime.compatibility_date ?? '',
    compatibilityFlags: resources.script_runtime.compatibility_flags ?? [],
  });
}

/** Names of the secrets that the deployed Worker has; null when it does not exist. */
export async function readSecretNames(
  root: string,
  env: string,
): Promise<Result<readonly string[] | null, string>> {
  const { isGood, stdout, words } = await runWrangler({ root, args: ['secret', 'list', '--env', env] });
  if (!isGood) return /not found/.test(words) ? ok(null) : err(`secrets cannot be listed: ${words.trim()}`);
  return ok(
    z
      .array(z.looseObject({ name: z.string() }))
      .parse(JSON.parse(stdout))
      .map(({ name }) => name),
  );
}

/** The platform's code for a Worker that does not exist, and wrangler's words for one without a deployment. */
function isNoWorker(words: string): boolean {
  return /code: 10007|code: 10090|has no deployments/.test(words);
}
