// What the doctor finds, and how it says it. Pure.

/** `warning`: the next command mends it, or nothing here needs it. `unknown`: it could not be looked at, and why. */
export type FindingState = 'ok' | 'warning' | 'wrong' | 'unknown';

export interface Finding {
  /** Short and stable: programs go by it. */
  readonly id: string;
  readonly state: FindingState;
  readonly what: string;
  /** What to do; null when there is nothing to do. */
  readonly remedy: string | null;
}

export function fine(id: string, what: string): Finding {
  return { id, state: 'ok', what, remedy: null };
}

export function wrong(id: string, what: string, remedy: string): Finding {
  return { id, state: 'wrong', what, remedy };
}

export function warning(id: string, what: string, remedy: string): Finding {
  return { id, state: 'warning', what, remedy };
}

export function unknown(id: string, what: string): Finding {
  return { id, state: 'unknown', what, remedy: null };
}

const labels = { ok: 'ok', warning: 'warning', wrong: 'WRONG', unknown: '?' } as const;

export function renderFindings(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ id, state, what, remedy }) => [
    `${labels[state].padEnd(9)}${id}: ${indented(what)}`,
    ...(remedy === null ? [] : [`         -> ${indented(remedy)}`]),
  ]);
  const count = findings.filter(({ state }) => state === 'wrong').length;
  const end =
    count === 0 ? 'nothing is wrong' : count === 1 ? '1 thing is wrong' : `${count} things are wrong`;
  return [...lines, '', end].join('\n');
}

function indented(text: string): string {
  return text.replaceAll('\n', '\n            ');
}
