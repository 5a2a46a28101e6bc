// The apps of gpu-workers/modal, as apps.json has them. Owns the shape of that file.
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const app = z.strictObject({
  file: z.string().endsWith('.py'),
  /** Its name on Modal. */
  app: z.string(),
  function: z.string(),
  task: z.enum(['chat', 'embedding', 'rerank']),
  model: z.string(),
  version: z.string(),
  gpu: z.string(),
  slots: z.int().min(1),
  contextTokens: z.int().min(64),
  flags: z.array(z.string()),
  /** A path and a body that it is asked with before its snapshot. */
  warm: z.tuple([z.string().startsWith('/v1/'), z.record(z.string(), z.unknown())]),
});

export type ModalApp = z.infer<typeof app>;
export type ModalApps = Readonly<Record<string, ModalApp>>;

export function readApps(file: string): ModalApps {
  return z.record(z.string(), app).parse(JSON.parse(readFileSync(file, 'utf8')));
}
