// A replica for tests of the agent: the smallest server of the replica contract, with the ways in which a real one goes wrong. Its
// behaviour is named by FIXTURE (see below). It serves no model.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';

/**
 * - `good`       follows the contract
 * - `hang`       never gets ready
 * - `exit-3`     cannot load its weights
 * - `stubborn`   ignores SIGTERM and a closed stdin
 * - `plain`      speaks no contract: answers 200 once it may be asked, like most model servers
 * - `no-wake`    dies when it is woken
 * - `sick`       fails when it is told to park, and lives on
 * - `busy`       refuses to park because a request runs
 * - `nest`       leaves a child behind that nobody holds
 */
const behaviour = process.env['FIXTURE'] ?? 'good';
let state = 'loading';
/** However badly a test fails, nothing of it is left for long. */
const livesMs = 120_000;
setTimeout(() => process.exit(0), livesMs).unref();

if (behaviour === 'exit-3') {
  console.error('some words before');
  console.error('weights not found: /no/such.gguf');
  process.exit(3);
}
if (behaviour === 'nest') {
  // It inherits the environment, and nothing else ties it to its parent.
  spawn(process.execPath, ['-e', `setTimeout(() => {}, ${livesMs})`], {
    stdio: 'ignore',
    detached: true,
  }).unref();
}
if (behaviour === 'stubborn') process.on('SIGTERM', () => undefined);
else process.stdin.once('close', () => process.exit(0)).resume();

createServer((request, response) => {
  const path = request.url ?? '/';
  const send = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  if (path === '/health' && behaviour === 'plain') return send(200, { status: 'ok' });
  if (path === '/health')
    return send(200, { state, slots: 1, busySlots: 0, timings: { loadMs: 7, wakeMs: null } });
  if (path === '/environment') return send(200, process.env);
  if (path === '/park') {
    if (behaviour === 'sick') return send(500, {});
    if (behaviour === 'busy') return send(409, { error: { code: 'busy' } });
    state = 'parked';
  } else if (path === '/wake') {
    if (behaviour === 'no-wake') {
      console.error('out of memory');
      process.exit(3);
    }
    state = 'ready';
  } else if (path === '/drain') state = 'draining';
  else return send(404, {});
  send(200, { state });
}).listen(Number(process.env['PORT']), '127.0.0.1', () => {
  if (behaviour !== 'hang') setTimeout(() => (state = 'ready'), 20);
});
