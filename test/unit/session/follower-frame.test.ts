import { expect, test } from 'vitest';
import {
  acknowledge,
  FRAME_CHARS_MAX,
  hasRoom,
  parseFrame,
  WINDOW_CHARS_MAX,
  WINDOW_EVENTS_MAX,
} from '../../../src/core/session/follower-frame.ts';

test.each([
  ['an acknowledgement', '{"type":"ack","seq":7}', { kind: 'ack', seq: 7 }],
  ['a ping', '{"type":"ping"}', { kind: 'ping' }],
])('%s is taken', (_name, data, value) => {
  expect(parseFrame(data)).toEqual({ ok: true, value });
});

test.each([
  ['a binary frame', new ArrayBuffer(8), 1003],
  ['what is no JSON', 'ack 7', 1008],
  ['an unknown type', '{"type":"post","content":"hi"}', 1008],
  ['a negative place', '{"type":"ack","seq":-1}', 1008],
  ['a place that is text', '{"type":"ack","seq":"7"}', 1008],
  ['a word too many', '{"type":"ping","a":1}', 1008],
  ['a frame too large', `{"type":"ping"}${' '.repeat(FRAME_CHARS_MAX)}`, 1009],
])('%s closes the socket', (_name, data, code) => {
  expect(parseFrame(data)).toMatchObject({ ok: false, error: { code } });
});

test('an acknowledgement opens the window; an old one changes nothing; one of the future closes the socket', () => {
  const full = { sent: 600, acked: 88, chars: 5_000, fullSinceMs: 1 };
  expect(hasRoom(full)).toBe(false);
  expect(acknowledge(full, 600)).toEqual({
    ok: true,
    value: { sent: 600, acked: 600, chars: 0, fullSinceMs: null },
  });
  expect(acknowledge(full, 344)).toMatchObject({ ok: true, value: { acked: 344, chars: 2_500 } });
  expect(acknowledge(full, 88)).toEqual({ ok: true, value: full });
  expect(acknowledge(full, 601)).toMatchObject({ ok: false, error: { code: 1008 } });
});

test('events and text are bounded each; one event always may be sent', () => {
  const open = { sent: 0, acked: 0, chars: 0, fullSinceMs: null };
  expect(hasRoom(open)).toBe(true);
  expect(hasRoom({ ...open, sent: WINDOW_EVENTS_MAX })).toBe(false);
  expect(hasRoom({ ...open, sent: 1, chars: WINDOW_CHARS_MAX })).toBe(false);
});
