// A storm of refusals is a line or two a second, and no request is missing from the sum.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { beginEvent, type RequestEvent } from '../../../src/telemetry/request-event.ts';
import { countMs, RefusalCount } from '../../../src/telemetry/refusal-count.ts';

function refusal(number: number, more: Partial<RequestEvent> = {}): RequestEvent {
  return {
    ...beginEvent(`req_${number}`, 'POST', '/v1/chat/completions'),
    tenant: 'acme',
    status: 503,
    error: 'overloaded',
    ...more,
  };
}

test('one refusal by itself is written at once, as it is, and nothing comes after it', () => {
  const count = new RefusalCount();
  const { event, begun } = count.note(refusal(1), 0);
  expect(event).toEqual(refusal(1));
  expect(count.end(begun ?? '')).toBeNull();
});

test('those after the first are one event with their number: the last one', () => {
  const count = new RefusalCount();
  const { begun } = count.note(refusal(0), 0);
  for (let at = 1; at <= 500; at += 1) expect(count.note(refusal(at), at).event).toBeNull();
  expect(count.end(begun ?? '')).toEqual({ ...refusal(500), requests: 500 });
  expect(count.note(refusal(501), countMs).event).toEqual(refusal(501));
});

test('what a request that was torn down had counted is told with the next of its kind', () => {
  const count = new RefusalCount();
  for (let at = 0; at <= 5; at += 1) count.note(refusal(at), at);
  expect(count.note(refusal(6), 10 * countMs)).toMatchObject({ event: { ...refusal(6), requests: 6 } });
});

test('another tenant, key, version, path or error is not counted among them', () => {
  const count = new RefusalCount();
  const differences: Partial<RequestEvent>[] = [
    {},
    { tenant: 'b' },
    { keyId: 'k' },
    { version: 'v@1' },
    { path: '/v1/embeddings' },
    { error: 'wait_timeout' },
  ];
  for (const more of differences) expect(count.note(refusal(1, more), 0).event).toEqual(refusal(1, more));
});

const moment = fc.record({
  tenant: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ max: 2, min: 0 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 400 }) },
  ),
  stepMs: fc.integer({ min: 0, max: 900 }),
});

test('whoever counts, and also when they are torn down, the numbers add up to the requests', () => {
  fc.assert(
    fc.property(fc.array(moment, { maxLength: 300 }), fc.func(fc.boolean()), (moments, isTornDown) => {
      const count = new RefusalCount();
      const written: RequestEvent[] = [];
      const open: { kind: string; dueMs: number }[] = [];
      let nowMs = 0;
      moments.forEach(({ tenant, stepMs }, number) => {
        nowMs += stepMs;
        for (const each of open.filter(({ dueMs }) => dueMs <= nowMs)) {
          open.splice(open.indexOf(each), 1);
          written.push(...[count.end(each.kind)].flatMap((event) => event ?? []));
        }
        const { event, begun } = count.note(refusal(number, { tenant: `t${tenant}` }), nowMs);
        if (event !== null) written.push(event);
        if (begun !== null && !isTornDown(number)) open.push({ kind: begun, dueMs: nowMs + countMs });
      });
      // What a torn-down counter has left is told with the next of its kind.
      for (let tenant = 0; tenant <= 400; tenant += 1) {
        const { event, begun } = count.note(refusal(-1, { tenant: `t${tenant}` }), nowMs + 1_000_000);
        if (event !== null) written.push(event);
        if (begun !== null) written.push(...[count.end(begun)].flatMap((rest) => rest ?? []));
      }
      const sum = written.reduce((total, { requests }) => total + requests, 0);
      expect(sum).toBe(moments.length + 401);
    }),
  );
});
