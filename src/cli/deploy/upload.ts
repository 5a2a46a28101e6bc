// What a deployment uploads: the multipart form that wrangler writes instead of sending it. Pure.
import { z } from 'zod';

/** A binding as the platform's API spells it; what else belongs to its type is kept as it is. */
export const binding = z.looseObject({ name: z.string(), type: z.string() });
export type Binding = z.infer<typeof binding>;

const uploadMetadata = z.looseObject({
  bindings: z.array(binding).default([]),
  compatibility_date: z.string().default(''),
  compatibility_flags: z.array(z.string()).default([]),
  placement: z.unknown().optional(),
});

export interface Upload {
  readonly bindings: readonly Binding[];
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  /** Text of every module, by its name in the form. */
  readonly modules: Readonly<Record<string, Uint8Array>>;
}

/** Reads the form; its first line is its boundary. */
export async function readUpload(form: Uint8Array<ArrayBuffer>): Promise<Upload> {
  const boundary = /^--([^\r\n]+)/.exec(new TextDecoder().decode(form.subarray(0, 200)))?.[1];
  if (boundary === undefined) throw new Error('what wrangler wrote is not a form');
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
  const fields = await new Response(form, { headers }).formData();
  const modules: Record<string, Uint8Array> = {};
  let metadata = uploadMetadata.parse({});
  for (const [name, value] of fields) {
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : await value.bytes();
    if (name === 'metadata') metadata = uploadMetadata.parse(JSON.parse(new TextDecoder().decode(bytes)));
    else modules[name] = bytes;
  }
  return {
    bindings: metadata.bindings,
    compatibilityDate: metadata.compatibility_date,
    compatibilityFlags: metadata.compatibility_flags,
    modules,
  };
}
