// How a sandbox says whose it is: tags that the next agent reads, and a name that keeps a second one of the same life from being made.
import { createHash } from 'node:crypto';

/** One life of one replica, as its tags name it. */
export interface SandboxRow {
  readonly id: string;
  readonly generation: number;
  readonly pool: string;
  readonly version: string;
}

/** The tag that all sandboxes of one agent's state carry. */
export const ownerTag = 'pilotlight';

export function tagsOf(owner: string, { id, generation, pool, version }: SandboxRow): Record<string, string> {
  return {
    ...lifeTags(owner, { id, generation }),
    'pilotlight-pool': spell(pool),
    'pilotlight-version': spell(version),
  };
}

/** What one life is found by. */
export function lifeTags(
  owner: string,
  { id, generation }: Pick<SandboxRow, 'id' | 'generation'>,
): Record<string, string> {
  return {
    [ownerTag]: owner,
    'pilotlight-replica': id,
    'pilotlight-generation': String(generation),
  };
}

/** Null when they are not the tags of a replica. */
export function readTags(tags: Readonly<Record<string, string>>): SandboxRow | null {
  const id = tags['pilotlight-replica'] ?? '';
  const generation = Number(tags['pilotlight-generation']);
  const pool = unspell(tags['pilotlight-pool'] ?? '');
  const version = unspell(tags['pilotlight-version'] ?? '');
  if (id === '' || pool === '' || version === '' || !Number.isInteger(generation) || generation < 1)
    return null;
  return { id, generation, pool, version };
}

/** Modal keeps names unique among the running sandboxes of an App, and takes fewer than 64 characters. */
export function nameOf(owner: string, { id, generation }: Pick<SandboxRow, 'id' | 'generation'>): string {
  const digest = createHash('sha256').update(`${owner}\0${id}\0${generation}`).digest('hex');
  return `pilotlight-${digest.slice(0, 32)}`;
}

/** Letters, digits, dots and dashes only: nothing is said of what else a tag may hold. */
function spell(text: string): string {
  return text.replaceAll(
    /[^A-Za-z0-9.-]/g,
    (char) => `_${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}

function unspell(text: string): string {
  return text.replaceAll(/_([0-9a-f]{4})/g, (_, code: string) => String.fromCodePoint(parseInt(code, 16)));
}
