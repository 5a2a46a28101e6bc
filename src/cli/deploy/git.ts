// What the version control of this copy says; every answer may be missing, since a copy need not be a clone.
import { spawnSync } from 'node:child_process';

/** Short enough for the tag of a version, which may have 25 characters. */
const commitChars = 12;

/** The commit of the sources; null when there is none, or when something in them is not committed. */
export function cleanCommit(root: string): string | null {
  const changes = git(root, ['status', '--porcelain']);
  const head = git(root, ['rev-parse', `--short=${commitChars}`, 'HEAD']);
  return changes === '' && head !== null ? head.trim() : null;
}

/** A file as it was in a commit; null when either is not known here. */
export function fileAt(root: string, commit: string, path: string): string | null {
  return git(root, ['show', `${commit}:${path}`]);
}

function git(root: string, args: readonly string[]): string | null {
  const { status, stdout } = spawnSync('git', [...args], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? stdout : null;
}
