import { expect, test, vi } from 'vitest';
import { beginEvent, writeEvent } from '../../../src/telemetry/request-event.ts';

test('an event has every column from the start, so that no line has another shape', () => {
  const event = beginEvent('req_1', 'GET', '/v1/models');
  expect(Object.values(event)).not.toContain(undefined);
  expect(event).toMatchObject({ kind: 'request', requestId: 'req_1', method: 'GET', path: '/v1/models' });
});

test('an event is one line, whatever its texts hold', () => {
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => lines.push(line));
  writeEvent({ ...beginEvent('req_1', 'GET', '/x\r\n{"kind":"forged"}'), model: 'a\nb' });
  log.mockRestore();
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toMatch(/[\r\n]/);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ model: 'a\nb' });
});
