// Stop strings: wherever the pieces of an answer are cut, what is sent is the text up to the stop string
// that is complete first.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerText } from '../../../gpu-workers/servers/answer-text.ts';

/** Feeds the text as a model does: the whole text so far, again and again. */
function send(whole: string, cuts: readonly number[], stops: readonly string[]): readonly string[] {
  const text = new AnswerText(stops);
  const sent = cuts.map((cut) => text.grow(whole.slice(0, cut)));
  return [...sent, text.finish(whole)];
}

/** The shortest beginning that ends with a stop string, without it; of several that it ends with, the longest counts. */
function cutAtFirstStop(whole: string, stops: readonly string[]): string {
  for (let end = 1; end <= whole.length; end += 1) {
    const soFar = whole.slice(0, end);
    const lengths = stops.filter((stop) => soFar.endsWith(stop)).map((stop) => stop.length);
    if (lengths.length > 0) return soFar.slice(0, end - Math.max(...lengths));
  }
  return whole;
}

describe('the text of an answer', () => {
  it('is sent on as it grows when there is nothing to stop at', () => {
    expect(send('A cold start', [1, 6], [])).toEqual(['A', ' cold', ' start']);
  });

  it('is held back while it may become a stop string, and sent when it does not', () => {
    expect(send('no replica here', [3, 8, 15], ['replica is'])).toEqual(['no ', '', 'replica he', 're']);
  });

  it('ends before a stop string that begins in the middle of a piece', () => {
    const text = new AnswerText(['plica']);
    expect(text.grow('no replica is running')).toBe('no re');
    expect(text.stopped).toBe(true);
    expect(text.finish('no replica is running')).toBe('');
    expect(text.text).toBe('no re');
  });

  it('ends at the stop string that is complete first, also where a longer one began before it', () => {
    for (const cuts of [[3], [4], [1, 2, 3, 4]]) expect(send('cbaa', cuts, ['baa', 'a']).join('')).toBe('cb');
    expect(send('cbaa', [2, 3], ['ba', 'a']).join('')).toBe('c');
  });

  it('waits when the engine takes back what it had read, and goes on once it is there again', () => {
    const text = new AnswerText([]);
    expect(text.grow('{"na')).toBe('{"na');
    expect(text.grow('')).toBe('');
    expect(text.grow('{"name')).toBe('me');
  });

  it('is the same whatever the pieces: the text up to the stop string that is complete first', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 30 });
    const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }), {
      maxLength: 3,
    });
    const cuts = fc.array(fc.nat(30), { maxLength: 12 });
    fc.assert(
      fc.property(letters, stops, cuts, (whole, stops, cuts) => {
        const inOrder = cuts.map((cut) => Math.min(cut, whole.length)).sort((one, other) => one - other);
        expect(send(whole, inOrder, stops).join('')).toBe(cutAtFirstStop(whole, stops));
      }),
      { numRuns: 1_000, examples: [['cbaa', ['baa', 'a'], [3]]] },
    );
  });
});
