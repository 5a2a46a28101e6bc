// In which order a choice takes its targets, and by which figure. Owns the seven ways to choose; whether a target can be taken at all is
// decided in `order-attempts.ts`. Pure: what is drawn follows from the request's seed.
import { unreachable } from '../base/assert.ts';
import type { CompiledChoice, CompiledTarget } from './compile-rules.ts';
import { draw, rendezvousScore } from './rendezvous.ts';
import { resolveModel, type AliasScope } from './resolve-model.ts';
import type { ModelVersion } from '../registry/model.ts';
import type { RouteQuestion, TargetView } from './route-question.ts';
import { warmths, type Chooser, type Sticky } from './rule-set.ts';

export interface RankedTarget {
  readonly target: CompiledTarget;
  /** Null when no such model is served here. */
  readonly version: ModelVersion | null;
  /** What it was ordered by; null where nothing was compared. */
  readonly score: number | null;
  readonly because: string;
}

/** Figures within this share of the best are the same figure: measurements are noisy, and all isolates would run after the same noise. */
const tieShare = 0.1;
/** Waits and first-token times that differ by less are not told apart. */
const tieMs = 5;

/** What kept slots add to their pool's load: the line that others have, as a share of their slots, before a choice takes kept ones. */
const keptLoad = 0.5;

export function rankTargets(
  choice: CompiledChoice,
  question: RouteQuestion,
  scope: AliasScope,
): readonly RankedTarget[] {
  const { by, sticky, from } = choice;
  const targets = from.map((target): Known => {
    const version = resolveModel(question.catalogue, scope, target.name);
    return { target, version, key: version?.id ?? target.name, weight: target.weight };
  });
  if (by === 'target') return targets.map((each) => ranked(each, null, 'the target of the rule'));
  if (by === 'weight' || by === 'session' || by === 'prefix') {
    const { key, of } = affinityKey(by === 'weight' ? sticky : by, question);
    return targets
      .map((each) => ({ each, score: rendezvousScore(key, each.key, each.weight) }))
      .sort((a, b) => b.score - a.score)
      .map(({ each, score }) => ranked(each, score, drawnFor(by, each.weight, of)));
  }
  const scored = targets.map((each): Scored => {
    const view = each.version === null ? undefined : question.views.get(each.version.id);
    return { each, view, figure: figureOf(by, view) };
  });
  return byFigure(by, scored, question).map(({ each, view, figure }) =>
    ranked(each, round(figure), inWords(by, view)),
  );
}

interface Known {
  readonly target: CompiledTarget;
  readonly version: ModelVersion | null;
  readonly key: string;
  readonly weight: number;
}

interface Scored {
  readonly each: Known;
  readonly view: TargetView | undefined;
  readonly figure: number;
}

function ranked({ target, version }: Known, score: number | null, because: string): RankedTarget {
  return { target, version, score, because };
}

interface AffinityKey {
  readonly key: string;
  /** What was there to go by. */
  readonly of: 'prefix' | Sticky | 'request';
}

/** The narrowest that is known, no narrower than asked for; without any, a draw of the request's own. */
function affinityKey(wanted: Sticky | 'prefix' | null, question: RouteQuestion): AffinityKey {
  const { tenant, keyId, session, user, prefix, seed } = question;
  // The tenant is part of each, so that tenants do not share their fate.
  const made = (of: 'prefix' | Sticky, value: string): AffinityKey => ({
    key: JSON.stringify([tenant, of, value]),
    of,
  });
  if (wanted === null) return { key: `request ${seed}`, of: 'request' };
  if (wanted === 'prefix' && prefix !== null) return made('prefix', prefix);
  if (wanted === 'prefix') return { key: `request ${seed}`, of: 'request' };
  if (wanted === 'session' && session !== null) return made('session', session);
  if (wanted !== 'key' && user !== null) return made('user', user);
  return made('key', keyId);
}

function drawnFor(by: Chooser, weight: number, of: AffinityKey['of']): string {
  const whose = of === 'request' ? 'this request' : `its ${of}`;
  return by === 'weight' ? `drawn for ${whose} with weight ${weight}` : `drawn for ${whose}`;
}

type Measured = Exclude<Chooser, 'weight' | 'session' | 'prefix'>;

/**
 * Lower is better. What is not known counts as the best of its kind where trying it is how it becomes known (load, latency), as the worst
 * where it would be a guess with money or waiting (price, warmth).
 */
function figureOf(by: Measured, view: TargetView | undefined): number {
  switch (by) {
    case 'least-loaded':
      return loadOf(view);
    case 'lowest-latency':
      return (view?.predictedWaitMs ?? 0) + (view?.firstTokenMsP50 ?? 0);
    case 'cheapest':
      return view?.price ?? Number.POSITIVE_INFINITY;
    case 'warmest':
      return warmthRank(view);
    default:
      return unreachable(by);
  }
}

/**
 * A pool that has no slot counts as a full one, for whoever comes waits until it has one; and one more for each who waits already. One that
 * has none left but those it keeps for whom nobody else can serve comes behind others that are full, until those have lines.
 */
function loadOf(view: TargetView | undefined): number {
  if (view === undefined) return 0;
  const { inFlight, slots, keptSlots = 0, warmth } = view;
  if (slots === 0) return warmth === null ? 0 : 1 + inFlight;
  const isKept = keptSlots > 0 && inFlight + keptSlots >= slots;
  return inFlight / slots + (isKept ? keptLoad : 0);
}

function warmthRank(view: TargetView | undefined): number {
  return view === undefined || view.warmth === null ? warmths.length : warmths.indexOf(view.warmth);
}

function inWords(by: Measured, view: TargetView | undefined): string {
  switch (by) {
    case 'least-loaded':
      return view === undefined || view.warmth === null
        ? 'load not known'
        : `${view.inFlight} of ${view.slots} slots taken${keptInWords(view)}`;
    case 'lowest-latency': {
      const { predictedWaitMs = null, firstTokenMsP50 = null } = view ?? {};
      return `wait ${said(predictedWaitMs)}, first token ${said(firstTokenMsP50)}`;
    }
    case 'cheapest':
      return `price ${view?.price ?? 'not known'}`;
    case 'warmest':
      return `warmth ${view?.warmth ?? 'not known'}`;
    default:
      return unreachable(by);
  }
}

function keptInWords({ keptSlots = 0 }: TargetView): string {
  return keptSlots === 0 ? '' : `, the last ${keptSlots} kept`;
}

function said(ms: number | null): string {
  return ms === null ? 'not known' : `${Math.round(ms)} ms`;
}

/** Equal figures: cheapest and warmest go by the shorter wait, then all by a draw for the request, so that none gets every request. */
function byFigure(by: Measured, scored: readonly Scored[], { seed }: RouteQuestion): readonly Scored[] {
  const isNoisy = by === 'least-loaded' || by === 'lowest-latency';
  const best = Math.min(...scored.map(({ figure }) => figure));
  const slack = by === 'lowest-latency' ? Math.max(tieMs, best * tieShare) : best * tieShare;
  const level = ({ figure }: Scored): number => (isNoisy && figure <= best + slack ? best : figure);
  const wait = ({ view }: Scored): number => view?.predictedWaitMs ?? 0;
  const request = `request ${seed}`;
  const drawn = ({ each }: Scored): number => draw(request, each.key);
  return scored.toSorted(
    (a, b) =>
      compare(level(a), level(b)) || (isNoisy ? 0 : compare(wait(a), wait(b))) || compare(drawn(b), drawn(a)),
  );
}

/** Infinities are equal to each other, which their difference would not say. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Null for what cannot be written as JSON. */
function round(figure: number): number | null {
  return Number.isFinite(figure) ? Math.round(figure * 1_000) / 1_000 : null;
}
