// A plan's explanation as lines that a person reads: what was decided, rule by rule, target by target. Pure.
import type { RoutePlan, RuleVerdict, TargetVerdict } from './route-plan.ts';

export function renderExplanation({ deny, failure, attempts, explain }: RoutePlan): string {
  const [first] = attempts;
  const outcome =
    deny !== null
      ? `denied: ${deny.reason}`
      : first === undefined
        ? `no route: ${failure?.kind ?? 'nothing is served for it'}`
        : `goes to ${first.target}`;
  return [
    `${outcome} (${explain.because})`,
    'rules, in their order:',
    ...explain.rules.map((verdict) => `  ${renderRule(verdict)}`),
    'targets:',
    ...explain.targets.map((verdict) => `  ${renderTarget(verdict)}`),
    ...explain.notes.map((note) => `note: ${note}`),
  ].join('\n');
}

const outcomes: Readonly<Record<RuleVerdict['outcome'], string>> = {
  fired: 'fired',
  off: 'is off',
  'not-reached': 'not reached',
  'not-met': 'did not fire',
};

function renderRule({ layer, rule, outcome, on, got }: RuleVerdict): string {
  const why = on === null ? '' : `: ${on} does not hold${got === null ? '' : ` (it is ${got})`}`;
  return `${layer} ${rule}: ${outcomes[outcome]}${why}`;
}

function renderTarget({ target, role, score, place, because }: TargetVerdict): string {
  const taken = place === null ? 'not taken' : `attempt ${place + 1}`;
  return `${taken}: ${target} as ${role}, ${because}${score === null ? '' : ` [${Number(score.toPrecision(4))}]`}`;
}
