import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseHealth } from '../../../gpu-workers/agent/health.ts';

test('a server of the contract is ready when it says so', () => {
  const body = (state: string): string =>
    JSON.stringify({ state, slots: 1, timings: { loadMs: 12, wakeMs: null } });
  expect(parseHealth(200, body('ready'))).toMatchObject({ ready: true, parking: true, loadMs: 12 });
  for (const state of ['loading', 'draining', 'parked', 'waking']) {
    expect(parseHealth(200, body(state))).toMatchObject({ ready: false, parking: true });
  }
});

test.each([
  ['', 'vLLM'],
  ['{"status":"ok"}', 'llama-server'],
  ['Ollama is running', 'Ollama'],
  ['{"state":"Running"}', 'some other program'],
])('a 200 with %j (%s) is a program that is ready and has no parking', (text) => {
  expect(parseHealth(200, text)).toEqual({ state: null, ready: true, parking: false, loadMs: null });
});

test('no answer but a 200 means ready', () => {
  const texts = fc.oneof(fc.string(), fc.constant('{"state":"ready"}'));
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 599 }), texts, (status, text) => {
      expect(parseHealth(status, text).ready && status !== 200).toBe(false);
    }),
  );
});
