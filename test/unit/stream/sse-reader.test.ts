// The reading of server-sent events: tables for the format, laws for the cutting.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeSseReader } from '../../../src/core/stream/sse-reader.ts';

const EVENT_MAX = 200;

interface Reading {
  readonly events: readonly (readonly [string, string])[];
  readonly intact: boolean;
}

function readAll(pieces: readonly string[], eventCharsMax = EVENT_MAX): Reading {
  const events: [string, string][] = [];
  const reader = makeSseReader(eventCharsMax, (name, data) => events.push([name, data]) > 0);
  const intact = pieces.every((piece) => reader.push(piece));
  return { events, intact };
}

describe('the format of events', () => {
  const cases: readonly (readonly [string, string, readonly (readonly [string, string])[]])[] = [
    ['one line', 'data: a\n\n', [['', 'a']]],
    ['no space after the colon', 'data:a\n\n', [['', 'a']]],
    ['only one space is dropped', 'data:  a\n\n', [['', ' a']]],
    [
      'CRLF line ends',
      'data: a\r\n\r\ndata: b\r\n\r\n',
      [
        ['', 'a'],
        ['', 'b'],
      ],
    ],
    [
      'CR line ends',
      'data: a\r\rdata: b\r\r',
      [
        ['', 'a'],
        ['', 'b'],
      ],
    ],
    [
      'mixed line ends',
      'data: a\r\n\ndata: b\n\r',
      [
        ['', 'a'],
        ['', 'b'],
      ],
    ],
    ['several data lines are one event', 'data: a\ndata: b\n\n', [['', 'a\nb']]],
    ['an empty data line counts', 'data:\ndata: b\n\n', [['', '\nb']]],
    [
      'a named event',
      'event: error\ndata: a\n\ndata: b\n\n',
      [
        ['error', 'a'],
        ['', 'b'],
      ],
    ],
    ['a name without data is no event', 'event: error\n\ndata: b\n\n', [['', 'b']]],
    ['comments and blank lines mean nothing', ': hi\n\n\n:\ndata: a\n\n', [['', 'a']]],
    ['id and retry are known', 'id: 1\nretry: 5\ndata: a\n\n', [['', 'a']]],
    ['an event without its blank line has not come', 'data: a\n\ndata: b\n', [['', 'a']]],
    ['a line separator of Unicode ends no line', 'data: a\u2028b\n\n', [['', 'a\u2028b']]],
  ];
  it.each(cases)('%s', (_name, text, events) => {
    expect(readAll([text])).toEqual({ events, intact: true });
  });

  it.each([['<html>\n'], ['{"choices":[]}\n'], ['data\n'], ['da: a\n'], ['\u0000\n']])(
    'damage is not skipped over: %j',
    (line) => {
      expect(readAll([`data: a\n\n${line}data: b\n\n`])).toEqual({ events: [['', 'a']], intact: false });
    },
  );

  it('stops when told to, in the middle of a piece', () => {
    const seen: string[] = [];
    const reader = makeSseReader(EVENT_MAX, (_name, data) => seen.push(data) < 2);
    expect(reader.push('data: a\n\ndata: b\n\ndata: c\n\n')).toBe(false);
    expect(seen).toEqual(['a', 'b']);
  });
});

describe('the bound on one event', () => {
  it.each([
    ['a line that never ends', `data: ${'x'.repeat(EVENT_MAX)}`],
    ['a comment that never ends', `:${'x'.repeat(EVENT_MAX)}`],
    ['many lines of one event', 'data: xxxxxxxxxx\n'.repeat(EVENT_MAX / 10)],
    ['a whole event that is too large', `data: ${'x'.repeat(EVENT_MAX)}\n\n`],
  ])('holds for %s', (_name, text) => {
    expect(readAll([text])).toEqual({ events: [], intact: false });
  });

  it('leaves a long stream of small events alone', () => {
    expect(readAll(['data: a\n\n'.repeat(1_000)]).intact).toBe(true);
  });
});

describe('laws', () => {
  const line = fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .string({ unit: 'binary', maxLength: 40 })
        .map((text) => `data: ${text.replaceAll(/[\r\n]/g, '')}`),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom('', '', ': comment', 'event: error', 'data', 'garbage', 'id: 1'),
    },
    {
      weight: 1,
      arbitrary: fc
        .integer({ min: EVENT_MAX - 20, max: EVENT_MAX + 20 })
        .map((n) => `data: ${'y'.repeat(n)}`),
    },
  );
  const lineEnd = fc.constantFrom('\n', '\n', '\r\n', '\r');
  const stream = fc
    .array(fc.tuple(line, lineEnd, lineEnd), { maxLength: 20 })
    .map((lines) => lines.map(([text, first, second]) => `${text}${first}${second}`).join(''));

  it('any cutting of the same text gives the same events', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat()), (text, draws) => {
        const cuts = [...new Set(draws.map((draw) => draw % (text.length + 1)))].sort((a, b) => a - b);
        const pieces = [0, ...cuts].map((from, at) => text.slice(from, cuts[at]));
        expect(readAll(pieces)).toEqual(readAll([text]));
        expect(readAll(text.split(''))).toEqual(readAll([text]));
      }),
      { numRuns: 1_000 },
    );
  });

  it('every event written comes back as it was', () => {
    const safe = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((text) => !/[\r\n]/.test(text));
    fc.assert(
      fc.property(fc.array(safe), (data) => {
        const text = data.map((each) => `data: ${each}\n\n`).join('');
        expect(readAll([text], 10_000).events.map(([, each]) => each)).toEqual(data);
      }),
    );
  });
});
