// A plan, and who made it, in words. Pure.
import type { WarmthPlan } from '../core/warming/pool-plan.ts';
import { farMs } from '../core/warming/pool-plan.ts';
import type { DecidedBy } from '../core/warming/warmth-view.ts';
import { formatSpan } from './format.ts';

export interface DeciderWords {
  readonly badge: string;
  readonly sentence: string;
}

export const deciders: Readonly<Record<DecidedBy, DeciderWords>> = {
  forecast: {
    badge: 'forecast',
    sentence: 'The forecast decides: a level stays warm while its chance of being needed is worth its price.',
  },
  guard: {
    badge: 'guard',
    sentence:
      'The guard decides: of late the forecast has cost more than plain ski rental would have, so ski rental rules until the account is filled again.',
  },
  broken: {
    badge: 'forecast broken',
    sentence: 'Ski rental decides: the forecast gives no usable number.',
  },
  windows: {
    badge: 'fixed windows',
    sentence:
      'The windows asked for in the settings decide when an idle replica goes; the forecast may warm ahead.',
  },
};

/** What a plan asks for, in one or two sentences. */
export function describePlan(plan: WarmthPlan): string {
  return `${describeKept(plan)} ${describeWindow(plan)}`;
}

function describeKept({ keepHot, warmTo, keepParked, parkTo }: WarmthPlan): string {
  const parts = [
    keepHot > 0 ? `keeps ${replicas(keepHot)} hot${describeAhead(warmTo, keepHot)}` : null,
    keepParked > keepHot
      ? `keeps ${replicas(keepParked)} parked or better${describeAhead(parkTo, keepParked)}`
      : null,
  ].filter((part) => part !== null);
  if (parts.length === 0) return 'The plan keeps nothing warm beyond what is in use.';
  return `The plan ${parts.join(', and ')}.`;
}

/** How many of those kept are brought up even when none is there. */
function describeAhead(ahead: number, kept: number): string {
  if (ahead === 0) return '';
  return ahead >= kept ? ' (started ahead of demand)' : ` (${ahead} of them started ahead of demand)`;
}

function describeWindow({ hotMinMs, hotMaxMs }: WarmthPlan): string {
  // Where the two contradict each other the lower bound holds.
  const latestMs = Math.max(hotMinMs, hotMaxMs);
  if (latestMs >= farMs && hotMinMs >= farMs) return 'Idle replicas stay for ever.';
  if (latestMs === 0) return 'Any other replica is put away as soon as it is idle.';
  if (hotMinMs === latestMs) return `An idle replica is put away after ${formatSpan(latestMs)}.`;
  if (latestMs >= farMs) return `An idle replica stays for ${formatSpan(hotMinMs)} at least.`;
  if (hotMinMs === 0) return `Any other idle replica may go at once, and goes after ${formatSpan(latestMs)}.`;
  return `An idle replica stays for ${formatSpan(hotMinMs)} at least and ${formatSpan(latestMs)} at most.`;
}

/** The window in short, for a table: `60 s`, `up to 10 min`, `1 min to 10 min`, `1 min or longer`. */
export function formatWindow(minMs: number, maxMs: number): string {
  const latestMs = Math.max(minMs, maxMs);
  if (minMs === latestMs) return formatSpan(minMs);
  if (latestMs >= farMs) return minMs === 0 ? 'any' : `${formatSpan(minMs)} or longer`;
  return minMs === 0 ? `up to ${formatSpan(latestMs)}` : `${formatSpan(minMs)} to ${formatSpan(latestMs)}`;
}

function replicas(count: number): string {
  return count === 1 ? '1 replica' : `${count} replicas`;
}
