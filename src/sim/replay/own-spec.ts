// Our own policy as it is spelt on a command line: `ours:GAMMA`, and `ours:GAMMA:without=prewarm+tenants` with parts switched off to
// measure what each is worth. Owns the spelling.
import { err, ok, type Result } from '../../core/base/result.ts';
import { figureGroups, type FigureGroup } from '../../core/demand/hazard-figures.ts';
import type { HazardSnapshot } from '../../core/demand/hazard-model.ts';
import { gammaMax } from '../../core/warming/exchange.ts';
import type { WarmerSwitches } from '../../core/warming/warmer.ts';
import type { FleetFigures } from './fleet-policy.ts';
import { makeAttack, type AttackName } from './forecast-attacks.ts';
import { OwnPolicy } from './own-policy.ts';
import type { RunGuide } from './run-guide.ts';

/** Mechanisms that can be switched off, besides the figures of the forecast. */
const mechanisms = ['prewarm', 'parking', 'events', 'speculation', 'guard'] as const;
type Mechanism = (typeof mechanisms)[number];
/** What can be added: the classical bound on every single decision, which costs more than it saves beside the guard. */
const additions = { trust: 0.1 } as const;

export type OwnPart = FigureGroup | Mechanism;
export const ownParts: readonly OwnPart[] = [...(Object.keys(figureGroups) as FigureGroup[]), ...mechanisms];

export interface OwnSpec {
  readonly gamma: number;
  readonly off: readonly OwnPart[];
  /** 0 unless `with=trust` is given. */
  readonly trust: number;
}

/** Parses what follows `ours`: `:GAMMA[:without=a+b][:with=trust]`. The error says what may stand there. */
export function parseOwnSpec(spec: string): Result<OwnSpec, string> {
  const [name, gammaText = '', ...rest] = spec.split(':');
  const gamma = Number(gammaText);
  if (name !== 'ours' || gammaText === '' || !(gamma > 0 && gamma <= gammaMax))
    return err(`"${spec}": ours:GAMMA takes GPU-seconds per second of waiting, above 0 up to ${gammaMax}`);
  const off = new Set<OwnPart>();
  let trust = 0;
  for (const part of rest) {
    if (part === 'with=trust') trust = additions.trust;
    else if (part.startsWith('without=')) {
      const names = part.slice('without='.length).split('+');
      const unknown = names.find((each) => !(ownParts as readonly string[]).includes(each));
      if (unknown !== undefined) return err(`"${spec}": "${unknown}" is none of ${ownParts.join(', ')}`);
      for (const each of names as readonly OwnPart[]) off.add(each);
    } else return err(`"${spec}": after ours:GAMMA may come :without=PART+PART or :with=trust`);
  }
  return ok({ gamma, off: [...off], trust });
}

export interface MakeOwnOptions {
  readonly spec: OwnSpec;
  readonly poolCount: number;
  readonly figures: FleetFigures;
  readonly attack?: AttackName;
  /** What `learnPast` gave for the same history and the same figures of the forecast. */
  readonly learned?: HazardSnapshot;
  /** Where the workload has runs of functions, and `graph` is not off. */
  readonly guide?: RunGuide;
}

/** The policy of a spec. The fleet's gamma is what its result is priced by; the spec's is what the policy decides by. */
export function makeOwnPolicy(options: MakeOwnOptions): OwnPolicy {
  const { spec, poolCount, figures, attack, learned, guide } = options;
  const isOff = (part: OwnPart): boolean => spec.off.includes(part);
  const parks = figures.wakeMs !== null && !isOff('parking');
  const warmth = {
    loadSeconds: figures.loadMs / 1000,
    wakeSeconds: parks && figures.wakeMs !== null ? figures.wakeMs / 1000 : null,
    parkedShare: parks ? figures.parkedShare : 0,
    gamma: spec.gamma,
  };
  const suffix = spec.off.length === 0 ? '' : `:without=${spec.off.join('+')}`;
  return new OwnPolicy({
    name: `ours:${spec.gamma}${suffix}${spec.trust > 0 ? ':with=trust' : ''}`,
    poolCount,
    figures: warmth,
    switches: switchesOf(spec),
    events: !isOff('events'),
    ...(attack === undefined ? {} : { attack: makeAttack(attack, warmth) }),
    ...(learned === undefined ? {} : { learned }),
    ...(guide === undefined ? {} : { guide }),
  });
}

function switchesOf({ off, trust }: OwnSpec): Partial<WarmerSwitches> {
  return {
    trust,
    off: off.filter((part): part is FigureGroup => part in figureGroups),
    ...(off.includes('prewarm') ? { prewarm: false } : {}),
    ...(off.includes('speculation') ? { speculation: Infinity } : {}),
    ...(off.includes('guard') ? { guardRatio: Infinity } : {}),
  };
}
