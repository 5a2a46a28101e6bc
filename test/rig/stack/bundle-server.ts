// The emulated model server in one file, as an image would ship it. Started from its sources it maps a third more memory, for what strips their types,
// and the kernel takes a third longer to take it apart when it is killed: time that is the rig's and nobody else's.
import { join, resolve } from 'node:path';
import { build } from 'vite';

const root = resolve(import.meta.dirname, '../../..');
const file = 'paced-server.mjs';

/** Writes the bundle into `outDir`; returns its path. */
export async function bundlePacedServer(outDir: string): Promise<string> {
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: join(root, 'gpu-workers/servers/paced-server.ts'),
      outDir,
      emptyOutDir: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: file } },
    },
  });
  return join(outDir, file);
}
