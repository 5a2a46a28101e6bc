// `npm run modal:deploy -- APP`: puts one of the apps of gpu-workers/modal on Modal with Modal's own command, and says how it is served from
// there. Owns the order; each step is in modal-deploy/.
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { readApps } from './modal-deploy/apps.ts';
import { findMissing } from './modal-deploy/find-missing.ts';
import { findUrl, renderModelLines } from './modal-deploy/model-lines.ts';
import { modalDeployHelp, parseModalDeploy, type ModalDeployOptions } from './modal-deploy/options.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = join(root, 'gpu-workers/modal');

async function main(): Promise<number> {
  const apps = readApps(join(folder, 'apps.json'));
  const options = parseModalDeploy(process.argv.slice(2), Object.keys(apps));
  if (!options.ok) return say(`${options.error}\n\n${modalDeployHelp(apps)}`, 2);
  if (options.value === 'help') return say(modalDeployHelp(apps), 0);
  const app = apps[options.value.app];
  if (app === undefined) throw new Error('an app that was parsed is not there');
  const args = commandOf(app.file, options.value);
  const missing = findMissing(process.env);
  for (const { what, remedy } of missing) console.log(`missing   ${what}\n          ${remedy}`);
  console.log(`command   modal ${args.join(' ')}`);
  if (options.value.dryRun) {
    console.log(`\n${renderModelLines(app, null)}\n\ndry run: nothing was deployed`);
    return 0;
  }
  if (missing.length > 0) return 1;
  const { code, words } = await runModal(args);
  if (code !== 0) return say(`\nmodal deploy ended with ${code}: what it said above is why`, 1);
  return say(`\n${renderModelLines(app, findUrl(words))}`, 0);
}

function commandOf(file: string, { environment }: ModalDeployOptions): readonly string[] {
  const env = environment === null ? [] : ['--env', environment];
  return ['deploy', join('gpu-workers/modal', file), ...env];
}

async function runModal(
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly words: string }> {
  const child = spawn('modal', [...args], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let words = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    words += text;
    process.stdout.write(text);
  });
  const { promise: ended, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject).once('close', resolve);
  return { code: await ended, words };
}

function say(text: string, code: number): number {
  (code === 0 ? console.log : console.error)(text);
  return code;
}

process.exitCode = await main();
