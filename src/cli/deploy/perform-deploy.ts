// The deployment itself: wrangler uploads, and writes down what it has made of it.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { err, ok, type Result } from '../../core/base/result.ts';
import { runWrangler } from './run-wrangler.ts';

export interface DeployAsk {
  readonly root: string;
  readonly env: string;
  /** Kept with the version, so that the next deployment can say what has changed since. */
  readonly commit: string | null;
  readonly folder: string;
  readonly secretsFile: string | null;
}

export interface Done {
  readonly versionId: string;
  /** Where it answers. */
  readonly urls: readonly string[];
}

const entry = z.looseObject({
  type: z.string(),
  version_id: z.string().nullish(),
  targets: z.array(z.string()).nullish(),
});

export async function performDeploy(ask: DeployAsk): Promise<Result<Done, string>> {
  const { root, env, commit, folder, secretsFile } = ask;
  const told = join(folder, 'deployed.ndjson');
  const { isGood, words } = await runWrangler({
    root,
    args: [
      'deploy',
      '--env',
      env,
      // What somebody has changed in the dashboard is not overwritten in silence.
      '--strict',
      ...(commit === null ? [] : ['--tag', commit, '--message', `commit ${commit}`]),
      ...(secretsFile === null ? [] : ['--secrets-file', secretsFile]),
    ],
    env: { WRANGLER_OUTPUT_FILE_PATH: told },
    onText: (text) => process.stdout.write(text),
  });
  // Routes and crons are set after the upload: a failure among them leaves the new version serving.
  if (!isGood) {
    return err(`wrangler could not deploy all of it; its words are above. What serves now:
  npx wrangler deployments status --env ${env}`);
  }
  const lines = existsSync(told) ? readFileSync(told, 'utf8').trim().split('\n') : [];
  const done = lines.map((line) => entry.parse(JSON.parse(line))).find(({ type }) => type === 'deploy');
  const versionId = done?.version_id ?? null;
  if (versionId === null) return err(`wrangler ended without a deployment:\n${words}`);
  const urls = (done?.targets ?? []).flatMap(urlOf);
  // A domain of one's own is what clients use; ALLOWED_HOSTS may shut the other one.
  const isOwn = (url: string): boolean => !url.endsWith('.workers.dev');
  return ok({ versionId, urls: [...urls.filter(isOwn), ...urls.filter((url) => !isOwn(url))] });
}

/** Targets are addresses, or patterns of routes, of which those for every path name a host; or no places at all (`schedule: ...`). */
function urlOf(target: string): readonly string[] {
  if (/^https?:\/\//.test(target)) return [target.replace(/\/$/, '')];
  const host = /^([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:\/\*?)?(?: \(.*\))?$/.exec(target)?.[1];
  return host === undefined ? [] : [`https://${host}`];
}
