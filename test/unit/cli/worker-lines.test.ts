import { expect, test } from 'vitest';
import { isCrashLine, showWorkerLine } from '../../../src/cli/dev/worker-lines.ts';
import { beginEvent } from '../../../src/telemetry/request-event.ts';

const event = beginEvent('req_1', 'POST', '/v1/chat/completions');

test('a served request is one readable line', () => {
  const served = {
    status: 200,
    durationMs: 294,
    tenant: 'demo',
    version: 'tiny-chat@1',
    warmth: 'cold',
    waitMs: 269,
  };
  const line = JSON.stringify({ ...event, ...served });
  expect(showWorkerLine(line)).toBe(
    'POST /v1/chat/completions 200 294 ms demo tiny-chat@1 cold waited 269 ms',
  );
});

test('a refused request says why; a page that is read says nothing', () => {
  const refused = JSON.stringify({
    ...event,
    method: 'GET',
    path: '/v1/models',
    status: 401,
    durationMs: 1,
    error: 'missing_api_key',
  });
  expect(showWorkerLine(refused)).toBe('GET /v1/models 401 1 ms missing_api_key');
  expect(showWorkerLine(JSON.stringify({ ...event, method: 'GET', status: 200 }))).toBeNull();
});

test.each([
  '',
  '⎔ Starting local server...',
  '[wrangler:info] GET /healthz 200 OK (5ms)',
  'Your Worker has access to the following bindings:',
  'Binding                              Resource                  Mode',
  'env.POOL (PoolObject)                Durable Object            local',
  '\u001B[33m▲ [WARNING] \u001B[1mScheduled Workers are not automatically triggered during local development.\u001B[0m',
  '    curl "http://127.0.0.1:18921/cdn-cgi/local/scheduled"',
])('what wrangler says at each start is left out: %s', (line) => {
  expect(showWorkerLine(line)).toBeNull();
});

test.each([
  'req_1 Error: something that nobody expected',
  '    at answer (src/index.ts:1:1)',
  '✘ [ERROR] Build failed with 1 error:',
  '[wrangler:warn] The Workers runtime crashed unexpectedly and is being restarted (crash #1).',
  '{"kind":"request", broken',
])('whatever else is said is shown: %s', (line) => {
  expect(showWorkerLine(line)).toBe(line);
});

test('the runtime that crashed is known by its line', () => {
  expect(isCrashLine('[wrangler:warn] The Workers runtime crashed unexpectedly and is being restarted')).toBe(
    true,
  );
  expect(isCrashLine('[wrangler:info] Ready on http://127.0.0.1:8787')).toBe(false);
});
