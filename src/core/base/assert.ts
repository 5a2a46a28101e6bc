/** Throws when `condition` is false. For bugs only: untrusted input is parsed into a `Result` instead. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}

/** Returns `value` when it is there, throws when it is not: says "this cannot be missing" where a type cannot. */
export function must<T>(value: T | null | undefined, message: string): T {
  if (value === null || value === undefined) throw new Error(`missing: ${message}`);
  return value;
}

/** Marks the arm of a switch that the types rule out. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
