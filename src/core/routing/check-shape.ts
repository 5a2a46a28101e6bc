// The first look at what may be anything: is it small and flat enough for a schema that walks it by recursion? Never throws. Pure.
import type { Path } from './describe-rule-issues.ts';
import { shapeDepthMax, shapeNodesMax } from './rule-bounds.ts';

export interface ShapeIssue {
  readonly at: Path;
  readonly reason: string;
}

/** Null when there is nothing to object to. Stops at the first objection, so that a cycle is only something too deep. */
export function checkShape(value: unknown): ShapeIssue | null {
  const waiting: { readonly value: unknown; readonly at: Path }[] = [{ value, at: [] }];
  let nodes = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    nodes += 1;
    if (nodes > shapeNodesMax) return { at: [], reason: `holds more than ${shapeNodesMax} values` };
    if (typeof next.value !== 'object' || next.value === null) continue;
    if (next.at.length >= shapeDepthMax)
      return { at: next.at, reason: `is nested deeper than ${shapeDepthMax} levels` };
    const isList = Array.isArray(next.value);
    for (const [key, child] of Object.entries(next.value)) {
      const at = [...next.at, isList ? Number(key) : key];
      // As a name it would be lost on the way instead of refused.
      if (key === '__proto__') return { at, reason: 'is not a name that may be used' };
      waiting.push({ value: child, at });
    }
  }
  return null;
}
