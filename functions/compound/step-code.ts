// Why a step failed, as the platform says it. Pure.

/** The code of a step that failed; null for what is no failed step (the run has ended, a bug): that is to be thrown on. */
export function stepCode(cause: unknown): string | null {
  if (!(cause instanceof Error) || !('code' in cause)) return null;
  return typeof cause.code === 'string' ? cause.code : null;
}
