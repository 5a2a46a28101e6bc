// A check and its bar.
import type { Check } from '../../../src/cli/checks.ts';

export function atLeast(bar: number, check: Check): Check {
  return { ...check, bar, op: '>=', ok: check.value >= bar };
}

export function atMost(bar: number, check: Check): Check {
  return { ...check, bar, op: '<=', ok: check.value <= bar };
}
