// Takes a pool's record apart: what came to it from outside (requests that ask for a slot and give it back, isolates that renew), which the
// twin is told as well, and what it commanded and how long that took, which the twin is to decide itself. Pure.
import type { PoolEvent, SlotOutcome, TenantCount } from '../../core/pool/pool-events.ts';
import { eventsIn, type PoolNote } from '../../hosts/pool-recorder.ts';
import type { WholePoolRecording } from './check-pools.ts';
import type { GivenCommand } from './pool-command.ts';

/** One slot asked for, granted and given back. */
export interface Visit {
  readonly pool: string;
  readonly waiterId: string;
  readonly tenant: string;
  readonly askedMs: number;
  /** How long after being asked it gave up waiting; null when it did not. */
  readonly cancelMs: number | null;
  readonly deadlineMs: number;
  /** From the grant to the return; null when it was never granted, or never given back. */
  readonly holdMs: number | null;
  readonly outcome: SlotOutcome;
}

/** An isolate's renewal of its slots, known by who was granted them. */
export interface Renewal {
  readonly pool: string;
  readonly atMs: number;
  readonly waiterIds: readonly string[];
  readonly reused: number;
  readonly tenants: readonly TenantCount[];
}

export interface PoolInputs {
  readonly visits: readonly Visit[];
  readonly renewals: readonly Renewal[];
  readonly commands: readonly GivenCommand[];
}

export function readInputs({ settings, notes }: WholePoolRecording): PoolInputs {
  const { pool } = settings;
  const grants = grantsOf(notes);
  const waiterOf = new Map([...grants].map(([waiterId, { leaseId }]) => [leaseId, waiterId]));
  const releases = firstOf(notes, 'release', ({ leaseId }) => leaseId);
  const cancels = firstOf(notes, 'cancel', ({ waiterId }) => waiterId);
  const visits: Visit[] = [];
  const renewals: Renewal[] = [];
  for (const { nowMs, event } of eventsIn(notes)) {
    if (event.kind === 'acquire') {
      const { id: waiterId, tenant, deadlineMs } = event.waiter;
      const grant = grants.get(waiterId);
      const release = grant === undefined ? undefined : releases.get(grant.leaseId);
      const cancel = cancels.get(waiterId);
      visits.push({
        pool,
        waiterId,
        tenant,
        askedMs: nowMs,
        deadlineMs,
        cancelMs: cancel === undefined ? null : cancel.nowMs - nowMs,
        holdMs: grant === undefined || release === undefined ? null : release.nowMs - grant.nowMs,
        outcome: release?.event.outcome ?? 'served',
      });
    } else if (event.kind === 'beat') {
      const waiterIds = event.leaseIds.flatMap((id) => waiterOf.get(id) ?? []);
      renewals.push({ pool, atMs: nowMs, waiterIds, reused: event.reused, tenants: event.tenants ?? [] });
    }
  }
  return { visits, renewals, commands: readCommands(pool, notes) };
}

/** A poll of a start that goes on, or a command that is sent again, is the same one. */
function readCommands(pool: string, notes: readonly PoolNote[]): readonly GivenCommand[] {
  const commands: { -readonly [Name in keyof GivenCommand]: GivenCommand[Name] }[] = [];
  const last = (id: string): (typeof commands)[number] | undefined =>
    commands.findLast(({ replicaId }) => replicaId === id);
  for (const { nowMs, events, effects } of notes) {
    for (const event of events) {
      if (event.kind !== 'command-done' || isUnderWay(event)) continue;
      const command = last(event.replicaId);
      if (command?.command === event.command) command.doneMs ??= nowMs;
    }
    for (const effect of effects) {
      if (effect.kind !== 'command') continue;
      const { command, replicaId, generation } = effect;
      if (last(replicaId)?.command === command) continue;
      commands.push({ pool, command, replicaId, generation, askedMs: nowMs, doneMs: null });
    }
  }
  return commands;
}

/** A start whose long poll ended before its load did. */
function isUnderWay({ result }: Extract<PoolEvent, { kind: 'command-done' }>): boolean {
  return !result.ok || result.sighting?.condition === 'loading' || result.sighting?.condition === 'waking';
}

function grantsOf(
  notes: readonly PoolNote[],
): ReadonlyMap<string, { readonly leaseId: string; readonly nowMs: number }> {
  const grants = new Map<string, { readonly leaseId: string; readonly nowMs: number }>();
  for (const { nowMs, effects } of notes)
    for (const effect of effects)
      if (effect.kind === 'grant') grants.set(effect.waiterId, { leaseId: effect.grant.leaseId, nowMs });
  return grants;
}

type EventOf<K extends PoolEvent['kind']> = Extract<PoolEvent, { kind: K }>;

/** The first event of a kind about each thing. */
function firstOf<K extends PoolEvent['kind']>(
  notes: readonly PoolNote[],
  kind: K,
  about: (event: EventOf<K>) => string,
): ReadonlyMap<string, { readonly nowMs: number; readonly event: EventOf<K> }> {
  const found = new Map<string, { readonly nowMs: number; readonly event: EventOf<K> }>();
  for (const { nowMs, event } of eventsIn(notes)) {
    if (event.kind !== kind) continue;
    const known = event as EventOf<K>;
    const key = about(known);
    if (!found.has(key)) found.set(key, { nowMs, event: known });
  }
  return found;
}
