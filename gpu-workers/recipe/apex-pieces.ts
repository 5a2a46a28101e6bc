// Pieces of Apex: each anti-pattern, and what looks like it and is right.
import type { CodeLabel } from '../../functions/compound/code-review/prompts.ts';
import { capitalize as cap, type Draw } from './draw.ts';
import { indent, join, maybe, type Piece, type Words } from './code-words.ts';

const apexLoop = (draw: Draw, w: Words, body: string): string =>
  draw.chance(0.8)
    ? `for (${w.type} ${w.one} : ${draw.pick([w.many, w.many, `[SELECT Id, ${cap(w.field)} FROM ${w.type} WHERE ${cap(w.value)} != null]`])}) {\n${indent(body)}\n}`
    : `for (Integer i = 0; i < ${w.many}.size(); i++) {\n  ${w.type} ${w.one} = ${w.many}[i];\n${indent(body)}\n}`;

const apexPlain: Piece = (draw, w) =>
  draw.pick([
    `${w.one}.${cap(w.field)} = ${draw.pick(['true', "'Open'", "'Closed'", '0', w.value])};`,
    `total += ${w.one}.${cap(w.field)};`,
    `if (${w.one}.${cap(w.field)} == null) {\n  continue;\n}`,
    `String ${w.value}Text = String.valueOf(${w.one}.${cap(w.value)});`,
    `ids.add(${w.one}.Id);`,
    `found.add(${w.one});`,
    `System.debug(${w.one}.${cap(w.field)});`,
    `${w.other}Map.put(${w.one}.Id, ${w.one});`,
  ]);

const apexStart: Piece = (draw, w) =>
  draw.pick([
    `List<${w.type}> found = new List<${w.type}>();`,
    'Set<Id> ids = new Set<Id>();',
    'Decimal total = 0;',
    `Map<Id, ${w.type}> ${w.other}Map = new Map<Id, ${w.type}>();`,
    `if (${w.many}.isEmpty()) {\n  return;\n}`,
    `List<${w.type}> ${w.many} = [SELECT Id, ${cap(w.field)} FROM ${w.type} WHERE ${cap(w.value)} = :${w.value} LIMIT ${draw.int(1, 9)}00];`,
  ]);

const apexQuery: Piece = (draw, w) => {
  const where = draw.pick([
    `${cap(w.other)}Id = :${w.one}.Id`,
    `Id = :${w.one}.${cap(w.other)}__c`,
    `${cap(w.value)} = :${w.one}.${cap(w.value)}`,
  ]);
  const select = draw.pick([
    `SELECT Id FROM ${cap(w.other)}`,
    `SELECT Id, ${cap(w.field)}\n  FROM ${cap(w.other)}`,
    `SELECT COUNT() FROM ${cap(w.other)}`,
  ]);
  return draw.pick([
    `List<${cap(w.other)}> ${w.others} = [${select} WHERE ${where}];`,
    `${cap(w.other)} ${w.other} = [${select} WHERE ${where} LIMIT 1];`,
    `Integer size = [${select} WHERE ${where}].size();`,
  ]);
};

const apexWrite: Piece = (draw, w) =>
  draw.pick([
    `update ${w.one};`,
    `insert new ${cap(w.other)}(${cap(w.field)} = ${w.one}.${cap(w.field)});`,
    `delete ${w.one};`,
    `upsert ${w.one};`,
    `Database.update(${w.one});`,
    `insert ${w.other};`,
    `Database.insert(${w.other}, false);`,
  ]);

const apexAfter: Piece = (draw, w) =>
  draw.pick([
    'update found;',
    `insert found;`,
    `update ${w.many};`,
    'return total;',
    'return found;',
    'return;',
    `Database.update(found, false);`,
    `if (!found.isEmpty()) {\n  update found;\n}`,
  ]);

function apexId(draw: Draw): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'.split('');
  const tail = Array.from({ length: draw.pick([7, 10]) }, () => draw.pick(letters)).join('');
  return `'${draw.pick(['001', '003', '005', '006', '012', '00D', '00Q', '00G', '500', 'a0B'])}${draw.int(0, 9)}0000${tail}'`;
}

export function apexMethod(draw: Draw, w: Words, body: string): string {
  if (draw.chance(0.15)) return body;
  if (draw.chance(0.1)) {
    return `trigger ${w.type}Trigger on ${w.type} (before ${draw.pick(['insert', 'update'])}) {\n${indent(body)}\n}`;
  }
  const head = `${draw.pick(['public', 'private', 'public static', 'global static'])} ${draw.pick(['void', 'Decimal', `List<${w.type}>`])}`;
  return `${head} ${w.method}(List<${w.type}> ${w.many}) {\n${indent(body)}\n}`;
}

export const apexPieces: readonly (readonly [CodeLabel, Piece])[] = [
  ['soql-in-loop', (draw, w) => inApexLoop(draw, w, apexQuery(draw, w))],
  [
    'dml-in-loop',
    (draw, w) =>
      inApexLoop(
        draw,
        w,
        draw.chance(0.3)
          ? `if (${w.one}.${cap(w.field)} > ${draw.int(1, 99)}) {\n  ${apexWrite(draw, w)}\n}`
          : apexWrite(draw, w),
      ),
  ],
  [
    'soql-injection',
    (draw, w) =>
      join(
        maybe(draw, 0.4, () => apexStart(draw, w)),
        draw.pick([
          `return Database.query('SELECT Id FROM ${w.type} WHERE ${cap(w.field)} = \\'' + ${w.value} + '\\'');`,
          `String query = 'SELECT Id, ${cap(w.field)} FROM ${w.type} WHERE ${cap(w.field)} LIKE \\'%' + ${w.value} + '%\\'';\nreturn Database.query(query);`,
          `String filter = '${cap(w.field)} = ' + ${w.value};\nfound = Database.query('SELECT Id FROM ${w.type} WHERE ' + filter);`,
          `List<${w.type}> found = Database.query('SELECT Id FROM ' + ${w.value} + ' LIMIT ${draw.int(1, 99)}');`,
        ]),
      ),
  ],
  [
    'hard-coded-id',
    (draw, w) =>
      draw.chance(0.5)
        ? inApexLoop(
            draw,
            w,
            draw.pick([
              `${w.one}.RecordTypeId = ${apexId(draw)};`,
              `if (${w.one}.OwnerId == ${apexId(draw)}) {\n  ${apexPlain(draw, w).split('\n')[0]?.replace(/ \{$/, ';') ?? ''}\n}`,
            ]),
          )
        : join(
            maybe(draw, 0.5, () => apexStart(draw, w)),
            draw.pick([
              `Id ${w.value}Id = ${apexId(draw)};`,
              `${w.one}.OwnerId = ${apexId(draw)};`,
              `private static final String ${w.value.toUpperCase()} = ${apexId(draw)};`,
              `return [SELECT Id FROM ${w.type} WHERE Id = ${apexId(draw)}];`,
            ]),
            maybe(draw, 0.4, () => apexAfter(draw, w)),
          ),
  ],
  [
    'nested-loop',
    (draw, w) =>
      inApexLoop(
        draw,
        w,
        `for (${cap(w.other)} ${w.other} : ${w.others}) {\n  if (${w.other}.${cap(w.field)} == ${w.one}.${draw.pick([cap(w.field), 'Id'])}) {\n    ${draw.pick([`found.add(${w.one});`, `${w.one}.${cap(w.value)} = ${w.other}.${cap(w.value)};`, 'total += 1;', 'matches++;'])}\n  }\n}`,
      ),
  ],
  [
    'empty-catch',
    (draw, w) => apexTry(draw, w, draw.pick(['', '', '// ignored', '// nothing to do', '// TODO'])),
  ],
];

function inApexLoop(draw: Draw, w: Words, core: string): string {
  const body = join(
    maybe(draw, 0.5, () => apexPlain(draw, w)),
    core,
    maybe(draw, 0.4, () => apexPlain(draw, w)),
  );
  return join(
    maybe(draw, 0.5, () => apexStart(draw, w)),
    apexLoop(draw, w, body),
    maybe(draw, 0.4, () => apexAfter(draw, w)),
  );
}

function apexTry(draw: Draw, w: Words, caught: string): string {
  const tried = draw.pick([
    apexAfter(draw, w),
    apexPlain(draw, w),
    'new Http().send(request);',
    `${w.method}Later(${w.one});`,
    `update ${w.one};`,
  ]);
  const error = draw.pick([
    'Exception e',
    'DmlException e',
    'Exception problem',
    'QueryException e',
    'Exception ex',
  ]);
  return join(
    maybe(draw, 0.3, () => apexStart(draw, w)),
    `try {\n${indent(tried)}\n} catch (${error}) {${caught === '' ? draw.pick(['', '\n', ' ']) : `\n  ${caught}\n`}}`,
    maybe(draw, 0.2, () => apexAfter(draw, w)),
  );
}

/** Right, and near to something wrong. */
export const apexRight: readonly Piece[] = [
  (draw, w) => inApexLoop(draw, w, apexPlain(draw, w)),
  (draw, w) =>
    `${join(apexStart(draw, w), apexLoop(draw, w, `ids.add(${w.one}.Id);`))}\nList<${cap(w.other)}> ${w.others} = [SELECT Id FROM ${cap(w.other)} WHERE ${w.type}Id IN :ids];`,
  (draw, w) =>
    `${apexLoop(draw, w, join(apexPlain(draw, w), `found.add(${w.one});`))}\n${draw.pick(['update', 'insert', 'upsert', 'delete'])} found;`,
  (draw, w) =>
    apexTry(
      draw,
      w,
      draw.pick([
        'throw e;',
        'logger.error(e);',
        'System.debug(e.getMessage());',
        `throw new ${w.type}Exception(e);`,
        'failures.add(e.getMessage());',
        'return null;',
        'handle(e);',
      ]),
    ),
  (draw, w) =>
    join(
      apexStart(draw, w),
      `return [SELECT Id, ${cap(w.field)} FROM ${w.type} WHERE ${cap(w.field)} = :${w.value} LIMIT ${draw.int(1, 99)}];`,
    ),
  (_, w) =>
    `Id ${w.value}Id = Schema.SObjectType.${w.type}.getRecordTypeInfosByName().get('${cap(w.value)}').getRecordTypeId();`,
  (draw, w) =>
    inApexLoop(
      draw,
      w,
      `${cap(w.other)} ${w.other} = ${w.other}Map.get(${w.one}.${cap(w.other)}Id);\nif (${w.other} != null) {\n  ${w.one}.${cap(w.field)} = ${w.other}.${cap(w.field)};\n}`,
    ),
  (_, w) =>
    `return Database.queryWithBinds('SELECT Id FROM ${w.type} WHERE ${cap(w.field)} = :${w.value}', binds, AccessLevel.USER_MODE);`,
];
