// What a pool may do about a failure of its backend, by kind. Owns the sorting alone. Pure.
import type { BackendFailure } from './sighting.ts';

/**
 * - `transient`: nobody knows whether the command was heard; the same one is sent again, which is safe by id and generation
 * - `auth`:      as transient, but an operator has to mend it
 * - `capacity`:  heard, and nothing begun; another place may have room now, this one later
 * - `missing`:   what was asked about is gone
 * - `fenced`:    a later life is known; this one is over
 * - `refused`:   heard, and not now or not done yet: a request runs, or what is to end runs on
 * - `never`:     the same command will fail in the same way until the configuration changes
 */
export type FailureClass = 'transient' | 'auth' | 'capacity' | 'missing' | 'fenced' | 'refused' | 'never';

export function classOf(kind: BackendFailure['kind']): FailureClass {
  switch (kind) {
    case 'unreachable':
    case 'timeout':
    case 'bad-reply':
      return 'transient';
    case 'unauthorized':
      return 'auth';
    case 'no-capacity':
    case 'quota':
      return 'capacity';
    case 'not-found':
      return 'missing';
    case 'stale-generation':
      return 'fenced';
    case 'busy':
      return 'refused';
    case 'cannot-start':
    case 'unsupported':
      return 'never';
  }
}
