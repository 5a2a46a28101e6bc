// Whose a field is, by `metadata.managedFields`. Pure.
import { z } from 'zod';

/** Each entry is one manager's fields as a tree whose keys are names behind `f:`. */
export const managedFields = z
  .array(z.object({ manager: z.string(), fieldsV1: z.record(z.string(), z.unknown()).optional() }))
  .default([]);

export type ManagedFields = z.infer<typeof managedFields>;
export type FieldPath = readonly string[];

/**
 * The name under which the API server enters the fields of an object, or of a scale subresource, that has no owner yet, as soon as somebody
 * applies to it. It stands for nobody.
 */
export const nobody = 'before-first-apply';

/** The managers that hold the field, nobody left out. */
export function ownersOf(entries: ManagedFields, path: FieldPath): readonly string[] {
  return entries
    .filter(({ manager, fieldsV1 }) => manager !== nobody && holds(fieldsV1, path))
    .map(({ manager }) => manager);
}

function holds(tree: unknown, path: FieldPath): boolean {
  let at: unknown = tree;
  for (const name of path) {
    if (typeof at !== 'object' || at === null) return false;
    at = (at as Record<string, unknown>)[`f:${name}`];
  }
  return at !== undefined;
}
