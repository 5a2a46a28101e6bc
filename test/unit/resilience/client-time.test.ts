// How long a client will wait, as its headers say, and what that makes of a request's limits.
import OpenAI from 'openai';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  leftOfClientTime,
  readClientTime,
  withinClientTime,
} from '../../../src/core/resilience/client-time.ts';

const limits = { totalMs: 300_000, graceMs: 10_000, keepAliveMs: 10_000, idleMs: 7 };

function read(headers: Readonly<Record<string, string>>) {
  return readClientTime((name) => headers[name] ?? null);
}

function bound(headers: Readonly<Record<string, string>>, stream = false) {
  const time = read(headers);
  if (!time.ok) throw new Error(time.error.kind);
  return withinClientTime(limits, time.value, stream);
}

describe('a deadline', () => {
  test.each([
    ['0', 0],
    ['1', 1],
    ['1500', 1_500],
    ['0001500', 1_500],
    ['300001', 300_000],
    ['9999999999', 300_000],
  ])('of %s ms leaves %d ms, for a stream too', (remaining, totalMs) => {
    for (const stream of [true, false])
      expect(bound({ 'x-pilotlight-remaining-ms': remaining }, stream)).toEqual({ ...limits, totalMs });
  });

  test.each(['', ' ', '-1', '+1', '1.5', '1e3', '0x10', '10000000000', '1500, 1500', '1500ms', 'soon', '٣'])(
    'that is no number of milliseconds is refused: "%s"',
    (remaining) => {
      expect(read({ 'x-pilotlight-remaining-ms': remaining })).toMatchObject({
        ok: false,
        error: {
          kind: 'invalid',
          param: 'x-pilotlight-remaining-ms',
          message: expect.stringContaining('whole number of milliseconds'),
        },
      });
    },
  );
});

describe('the hint of an OpenAI client', () => {
  test.each([
    ['x-stainless-timeout', '20', 19_750],
    ['x-stainless-timeout', '1', 750],
    ['x-stainless-timeout', '0', 250],
    ['x-stainless-timeout', '600', 300_000],
    ['x-stainless-read-timeout', '20', 19_750],
    ['x-stainless-read-timeout', '20.0', 19_750],
    ['x-stainless-read-timeout', '0.5', 250],
    ['x-stainless-read-timeout', '0', 300_000],
  ])('%s: %s is the time for an answer in one piece: %d ms', (name, value, totalMs) => {
    expect(bound({ [name]: value })).toEqual({ ...limits, totalMs });
  });

  test.each([
    ['x-stainless-timeout', '600', 10_000],
    ['x-stainless-timeout', '20', 10_000],
    ['x-stainless-timeout', '10', 5_000],
    ['x-stainless-timeout', '0', 250],
    ['x-stainless-read-timeout', '5.0', 2_000],
    ['x-stainless-read-timeout', '0.1', 250],
  ])('%s: %s lets a stream begin, and show that it lives, within %d ms', (name, value, silenceMs) => {
    const { totalMs } = limits;
    expect(bound({ [name]: value }, true)).toEqual({
      ...limits,
      totalMs,
      graceMs: silenceMs,
      keepAliveMs: silenceMs,
    });
  });

  test.each(['', '-1', 'none', '1e9', 'Infinity', '12345678', '1,2'])(
    'that makes no sense says nothing: "%s"',
    (value) => {
      for (const stream of [true, false])
        expect(bound({ 'x-stainless-timeout': value }, stream)).toEqual(limits);
    },
  );

  test('goes before a longer deadline, and after a shorter one', () => {
    const both = (remaining: string) =>
      bound({ 'x-pilotlight-remaining-ms': remaining, 'x-stainless-timeout': '9' }).totalMs;
    expect([both('15000'), both('5000')]).toEqual([8_750, 5_000]);
  });

  test('is what the client really sends: over a moment before it gives up, and at most a second earlier', async () => {
    for (const timeout of [400, 5_000, 5_999, 30_000]) {
      let sent: string | null = null;
      const fetch = (_url: unknown, init?: RequestInit): Promise<Response> => {
        sent = new Headers(init?.headers).get('x-stainless-timeout');
        return Promise.resolve(Response.json({ object: 'list', data: [] }));
      };
      const client = new OpenAI({ apiKey: 'sk', baseURL: 'http://127.0.0.1:1/v1', fetch });
      await client.models.list({ timeout });
      const { totalMs } = bound({ 'x-stainless-timeout': sent ?? '' });
      expect(totalMs).toBeLessThan(timeout - 100);
      expect(totalMs).toBeGreaterThan(timeout - 1_250);
    }
  });
});

describe('what is left to work that goes on without its client', () => {
  const remaining = { 'x-pilotlight-remaining-ms': '5000' };
  const timeout = { 'x-stainless-timeout': '2' };
  test.each([
    ['nobody has said', {}, true, null],
    ['a deadline', remaining, false, 4_900],
    ['a timeout that is no bound', timeout, false, null],
    ['a timeout that is one', timeout, true, 2_900],
    ['the earlier of both', { ...remaining, ...timeout }, true, 2_900],
    ['the deadline, where the timeout is no bound', { ...remaining, ...timeout }, false, 4_900],
    ['nothing', { 'x-pilotlight-remaining-ms': '0' }, false, -100],
    ['an hour at the most', { 'x-pilotlight-remaining-ms': '9999999999' }, false, 3_599_900],
  ])('is %s, less what has passed', (_what, headers, hint, leftMs) => {
    const time = read(headers);
    expect(time.ok && leftOfClientTime(time.value, { elapsedMs: 100, hint })).toBe(leftMs);
  });
});

test('whatever is sent, limits never grow, nothing throws, and what is no bound of time stays', () => {
  const text = fc.oneof(fc.string(), fc.nat().map(String), fc.double().map(String));
  fc.assert(
    fc.property(text, text, text, fc.boolean(), (remaining, cut, exact, stream) => {
      const time = read({
        'x-pilotlight-remaining-ms': remaining,
        'x-stainless-timeout': cut,
        'x-stainless-read-timeout': exact,
      });
      if (!time.ok) return;
      const bounded = withinClientTime(limits, time.value, stream);
      for (const name of ['totalMs', 'graceMs', 'keepAliveMs'] as const) {
        expect(bounded[name]).toBeLessThanOrEqual(limits[name]);
        expect(bounded[name]).toBeGreaterThanOrEqual(0);
      }
      expect(bounded.idleMs).toBe(limits.idleMs);
    }),
  );
});
