// Pieces of TypeScript: each anti-pattern, and what looks like it and is right.
import type { CodeLabel } from '../../functions/compound/code-review/prompts.ts';
import { capitalize as cap, type Draw } from './draw.ts';
import { indent, join, maybe, type Piece, type Words } from './code-words.ts';

const tsLoop = (draw: Draw, w: Words, body: string): string =>
  draw.pick([
    `for (const ${w.one} of ${w.many}) {\n${indent(body)}\n}`,
    `for (const ${w.one} of ${w.many}) {\n${indent(body)}\n}`,
    `for (let i = 0; i < ${w.many}.length; i++) {\n  const ${w.one} = ${w.many}[i];\n${indent(body)}\n}`,
  ]);

const tsPlain: Piece = (draw, w) =>
  draw.pick([
    `total += ${w.one}.${w.field};`,
    `if (${w.one}.${w.field} === ${draw.pick(['null', '0', "'open'", 'undefined'])}) continue;`,
    `found.push(${w.one}.${w.field});`,
    `const ${w.value}Text = String(${w.one}.${w.value});`,
    `${w.one}.${w.field} = ${draw.pick(['true', '0', "''", `${w.value}.trim()`])};`,
    `console.log(${w.one}.${w.field});`,
    `known.set(${w.one}.id, ${w.one});`,
    `count += 1;`,
  ]);
const tsStart: Piece = (draw, w) =>
  draw.pick([
    'let total = 0;',
    `const found: string[] = [];`,
    `const known = new Map<string, ${cap(w.other)}>();`,
    `if (${w.many}.length === 0) return;`,
    `const ${w.others} = await load${cap(w.others)}();`,
    'let count = 0;',
  ]);
const tsAfter: Piece = (draw, w) =>
  draw.pick([
    'return total;',
    'return found;',
    'return count;',
    `await save(${w.many});`,
    'return [...known.values()];',
    `return ${w.many}.length;`,
  ]);
const tsCall: Piece = (draw, w) =>
  draw.pick([
    `fetch('https://${w.value}.example.com/' + ${w.one}.id)`,
    `${w.method}One(${w.one})`,
    `db.${draw.pick(['save', 'get', 'insert', 'find', 'update'])}(${w.one}${draw.pick(['', '.id'])})`,
    `client.send({ ${w.field}: ${w.one}.${w.field} })`,
    `fetch(\`/api/${w.many}/\${${w.one}.id}\`, {\n  method: 'PUT',\n  body: JSON.stringify(${w.one}),\n})`,
    `api.${w.method}(${w.one}.${w.field})`,
  ]);

export function tsMethod(draw: Draw, w: Words, body: string): string {
  if (draw.chance(0.15)) return body;
  const wait = body.includes('await ') ? 'async ' : '';
  const result = draw
    .pick(['', ': Promise<void>', ': number', ': string[]'])
    .replace(/^: (?!Promise)(.*)$/, wait === '' ? ': $1' : ': Promise<$1>');
  const args = `${w.many}: ${draw.pick([`${cap(w.other)}[]`, `readonly ${cap(w.other)}[]`, 'string[]'])}`;
  if (draw.chance(0.2)) return `${wait}${w.method}(${args})${result} {\n${indent(body)}\n}`;
  return `${draw.pick(['export ', ''])}${wait}function ${w.method}(${args})${result} {\n${indent(body)}\n}`;
}

function inTsLoop(draw: Draw, w: Words, core: string): string {
  const body = join(
    maybe(draw, 0.5, () => tsPlain(draw, w)),
    core,
    maybe(draw, 0.4, () => tsPlain(draw, w)),
  );
  return join(
    maybe(draw, 0.5, () => tsStart(draw, w)),
    tsLoop(draw, w, body),
    maybe(draw, 0.4, () => tsAfter(draw, w)),
  );
}

function tsTry(draw: Draw, w: Words, caught: string): string {
  const tried = draw.pick([
    `await ${tsCall(draw, w)};`,
    `return JSON.parse(${w.value});`,
    `const ${w.other} = await ${tsCall(draw, w)};\n${tsPlain(draw, w)}`,
    `${w.method}Now(${w.value});`,
  ]);
  const error = draw.pick([' (e)', '', ' (error)', ' (err)', ' (cause)']);
  return join(
    maybe(draw, 0.3, () => tsStart(draw, w)),
    `try {\n${indent(tried)}\n} catch${error} {${caught === '' ? draw.pick(['', '\n', ' ']) : `\n  ${caught}\n`}}`,
    maybe(draw, 0.2, () => tsAfter(draw, w)),
  );
}

export const tsPieces: readonly (readonly [CodeLabel, Piece])[] = [
  [
    'await-in-loop',
    (draw, w) =>
      inTsLoop(
        draw,
        w,
        `${draw.pick(['', `const ${w.other} = `, `const ${w.other} = `])}await ${tsCall(draw, w)};`,
      ),
  ],
  [
    'nested-loop',
    (draw, w) =>
      inTsLoop(
        draw,
        w,
        draw.pick([
          `for (const ${w.other} of ${w.others}) {\n  if (${w.other}.${w.field} === ${w.one}.${w.field}) {\n    ${tsPlain(draw, w)}\n  }\n}`,
          `for (let j = 0; j < ${w.others}.length; j++) {\n  if (${w.others}[j].id === ${w.one}.id) ${draw.pick(['count += 1;', `found.push(${w.one});`])}\n}`,
          `const ${w.other} = ${w.others}.${draw.pick(['find', 'filter', 'findIndex', 'some'])}((each) => each.${w.field} === ${w.one}.${w.field});`,
        ]),
      ),
  ],
  ['empty-catch', (draw, w) => tsTry(draw, w, draw.pick(['', '', '// ignore', '// nothing', '// TODO']))],
  [
    'any',
    (draw, w) => {
      const core = draw.pick([
        `const ${w.value}: any = JSON.parse(${w.field});`,
        `const ${w.value} = ${w.field} as any;`,
        `let ${w.value}: any;`,
        `const ${w.value}: any[] = [];`,
        `const ${w.value}: Record<string, any> = {};`,
      ]);
      return draw.pick([
        join(core, tsAfter(draw, w)),
        join(
          maybe(draw, 0.5, () => tsStart(draw, w)),
          core,
          tsPlain(draw, w),
        ),
        `function ${w.method}(${w.value}: any) {\n${indent(join(tsStart(draw, w), tsAfter(draw, w)))}\n}`,
        `export function ${w.method}(${w.many}: any[]): any {\n${indent(tsAfter(draw, w))}\n}`,
        inTsLoop(draw, w, core),
      ]);
    },
  ],
];

export const tsRight: readonly Piece[] = [
  (draw, w) => inTsLoop(draw, w, tsPlain(draw, w)),
  (draw, w) =>
    `${draw.pick(['', `const ${w.others} = `, 'return '])}await Promise.all(${w.many}.map((${w.one}) => ${tsCall(draw, w)}));`,
  (draw, w) =>
    join(
      `const ${w.one} = await ${tsCall(draw, { ...w, one: w.value })};`,
      tsPlain(draw, w),
      tsAfter(draw, w),
    ),
  (draw, w) =>
    tsTry(
      draw,
      w,
      draw.pick([
        'throw e;',
        'log.error(error);',
        "throw new Error('failed', { cause });",
        'console.error(e);',
        'return null;',
        'failures.push(error);',
        `return { ok: false };`,
      ]),
    ),
  (draw, w) =>
    inTsLoop(
      draw,
      w,
      `const ${w.other} = known.get(${w.one}.id);\nif (${w.other} !== undefined) total += ${w.other}.${w.field};`,
    ),
  (draw, w) => `const ${w.value}: unknown = JSON.parse(${w.field});\n${tsAfter(draw, w)}`,
  (draw, w) =>
    join(
      tsStart(draw, w),
      `return ${w.many}.${draw.pick(['map', 'filter'])}((each) => each.${w.field}${draw.pick(['', ' > 0', '.length > 0'])});`,
    ),
];
