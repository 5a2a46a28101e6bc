// The first form of a tenant's routing rule: a model name that means another version for this tenant. The schema is closed: a
// field that it does not know is an error when the rule is read, never a surprise when a request comes.
import { z } from 'zod';

export const rule = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,64}$/),
  match: z.strictObject({ model: z.string().min(1).max(100) }),
  /** Version id. */
  target: z.string().min(1).max(100),
});

export interface Rule {
  readonly id: string;
  readonly match: { readonly model: string };
  readonly target: string;
}
