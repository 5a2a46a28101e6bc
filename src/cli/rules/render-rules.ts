// Versions and differences as lines for a terminal.
import type { Change, Difference } from '../../core/tenant/diff-json.ts';
import type { ToldVersion } from './admin-client.ts';

/** A value that is longer tells nobody anything on one line; `show` prints it whole. */
const valueCharsMax = 200;

export function renderDifference(title: string, { changes, isCut }: Difference): readonly string[] {
  if (changes.length === 0) return [`${title}: no change`];
  const cut = isCut ? [`  ... and more; only the first ${changes.length} are shown`] : [];
  return [`${title}:`, ...changes.map((change) => `  ${renderChange(change)}`), ...cut];
}

function renderChange(change: Change): string {
  const path = change.path === '' ? 'the whole' : change.path;
  switch (change.kind) {
    case 'added':
      return `+ ${path}  ${short(change.to)}`;
    case 'removed':
      return `- ${path}  ${short(change.from)}`;
    case 'changed':
      return `~ ${path}  ${short(change.from)} -> ${short(change.to)}`;
    case 'reordered':
      return `^ ${path}  ${change.from.join(' ')} -> ${change.to.join(' ')}`;
  }
}

export function renderVersions(
  versions: readonly (ToldVersion & { readonly isCurrent: boolean })[],
): readonly string[] {
  return versions.map(({ version, createdMs, by, comment, copyOf, hash, isCurrent }) => {
    const when = version === 0 ? 'with the deployment' : new Date(createdMs).toISOString();
    const copy = copyOf === null ? [] : [`copy of ${copyOf}`];
    const words = comment === null ? [] : [comment];
    const mark = isCurrent ? '*' : ' ';
    return [`${mark} ${String(version).padStart(4)}  ${when}  ${hash}  ${by}`, ...copy, ...words].join('  ');
  });
}

function short(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= valueCharsMax ? text : `${text.slice(0, valueCharsMax)}...`;
}
