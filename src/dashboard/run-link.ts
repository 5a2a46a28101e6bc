// Addresses of runs within the page: `#runs` for all of them, `#run/<id>` for one. Pure.

export const linkToRuns = '#runs';
const prefix = '#run/';
/** Ids are letters, digits, dashes, dots and underscores, so that a name needs no escapes. */
const idPattern = /^[\w.-]{1,100}$/;

export function linkToRun(id: string): string {
  return `${prefix}${id}`;
}

/** The run that an address names; null for whatever is no id of a run. */
export function runOfHash(hash: string): string | null {
  if (!hash.startsWith(prefix)) return null;
  const id = hash.slice(prefix.length);
  return idPattern.test(id) ? id : null;
}

/** A run that a step has called has its parent's id and the step's number for its id. */
export function childOf(run: string, step: number): string {
  return `${run}.${step}`;
}
