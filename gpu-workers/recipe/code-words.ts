// Names and the small parts that pieces of code are put together from.
import { capitalize, type Draw } from './draw.ts';
import { drawName } from './made-up-facts.ts';

export interface Words {
  /** One of them, many of them, their type, a field, another list, a method. */
  readonly one: string;
  readonly many: string;
  readonly type: string;
  readonly field: string;
  readonly other: string;
  readonly others: string;
  readonly method: string;
  readonly value: string;
}

export type Piece = (draw: Draw, w: Words) => string;

const nouns =
  'account contact invoice order item user lead payment customer product task event ticket asset quote line record job file message report price team member'.split(
    ' ',
  );
const verbs =
  'load update sync close find send collect merge check fix count handle process apply fetch build refresh'.split(
    ' ',
  );
const fields = 'name status amount email total owner region score phone city rating count stage level'.split(
  ' ',
);

export function drawWords(draw: Draw): Words {
  const made = (): string => (draw.chance(0.25) ? drawName(draw).toLowerCase() : draw.pick(nouns));
  const [noun, other] = [made(), made()];
  const short = draw.chance(0.25);
  return {
    one: short ? draw.pick(['a', 'each', 'x', 'row', 'it', 'rec']) : noun,
    many: draw.pick([`${noun}s`, `${noun}List`, `all${capitalize(noun)}s`, 'records', 'items']),
    type: capitalize(noun) + draw.pick(['', '', '__c']),
    field: draw.pick(fields),
    other: draw.pick([other, `${other}Row`, 'b', 'match']),
    others: draw.pick([`${other}s`, `${other}List`, `new${capitalize(other)}s`]),
    method: draw.pick(verbs) + draw.pick(['', capitalize(noun), 'All', 'Them', capitalize(noun) + 's']),
    value: draw.pick(fields),
  };
}

export function indent(code: string): string {
  return code
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}

/** The parts that there are, a line each. */
export function join(...parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null).join('\n');
}

export function maybe(draw: Draw, share: number, piece: () => string): string | null {
  return draw.chance(share) ? piece() : null;
}
