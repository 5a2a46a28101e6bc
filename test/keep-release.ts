// `npm run release:keep`: bundles the sources as they are and keeps the bundle as "the version before", with which test/e2e/mixed-versions.test.ts
// mixes whatever comes after. Run at each release, and committed with it: a clone without history can build no older version.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { bundleWorker } from './support/raw-workerd.ts';

const root = resolve(import.meta.dirname, '..');
const folder = join(import.meta.dirname, 'fixtures/releases');
const outDir = mkdtempSync(join(tmpdir(), 'pilotlight-release-'));

try {
  const bundle = readFileSync(bundleWorker(outDir, root, ['--minify']));
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  const commit = spawnSync('git', ['rev-parse', '--short=12', 'HEAD'], {
    cwd: root,
    encoding: 'utf8',
  }).stdout.trim();
  const sha256 = createHash('sha256').update(bundle).digest('hex');
  writeFileSync(
    join(folder, 'previous.js.br'),
    brotliCompressSync(bundle, { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } }),
  );
  writeFileSync(join(folder, 'previous.json'), `${JSON.stringify({ version, commit, sha256 }, null, 2)}\n`);
  console.log(`kept version ${version} of commit ${commit}: ${bundle.length} bytes`);
} finally {
  rmSync(outDir, { recursive: true, force: true });
}
