// What a command came to: what is printed, and the exit code, which scripts rely on.

export const exitCodes = {
  /** Done, or nothing to do. */
  done: 0,
  /** The deployment refused, or could not be reached. Some tenants may have been applied; each is told. */
  refused: 1,
  /** Options, files or rules that are wrong; nothing was sent. */
  badInput: 2,
  /** `diff` and `apply --dry-run`: something would change. */
  differs: 3,
} as const;

export interface Outcome {
  readonly exit: keyof typeof exitCodes;
  /** For people. */
  readonly lines: readonly string[];
  /** For programs, with `--json`. */
  readonly json: unknown;
  /** Go to stderr, whatever the form of the rest. */
  readonly complaints: readonly string[];
}

export function failed(exit: 'refused' | 'badInput', complaints: readonly string[]): Outcome {
  return { exit, lines: [], json: { error: complaints.join('\n') }, complaints };
}
