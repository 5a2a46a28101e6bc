// A stand-in for vLLM in front of the emulated GPU: the command line of `vllm serve` (vllm-flags.ts), vLLM's health, metrics and sleep mode,
// and no replica contract. It shows what the agent does with a vLLM on a machine without a GPU; nothing that it measures is vLLM's.
//
//   node paced-vllm-server.ts serve MODEL --port 8000 --enable-sleep-mode ...
//
//   VLLM_SERVER_DEV_MODE, VLLM_API_KEY   as vLLM reads them
//   PILOTLIGHT_KEY, PILOTLIGHT_CONTROL_KEY   with `--middleware pilotlight_guard.KeyGuard`: what that guard asks for
//   PILOTLIGHT_PACE, PILOTLIGHT_FAULTS, PILOTLIGHT_PARENT_WATCH   as in paced-server.ts
//   PILOTLIGHT_VLLM_FAULTS    JSON of `VllmFaults` (vllm-faults.ts); POST /control/vllm replaces them
import { createServer } from 'node:http';
import { parseStartFaults } from './faults.ts';
import { parsePace } from './pace.ts';
import { PacedEngine } from './paced-engine.ts';
import { exitWith } from './server-process.ts';
import { VllmControl } from './vllm-control.ts';
import { parseVllmFaults } from './vllm-faults.ts';
import { parseVllmFlags } from './vllm-flags.ts';
import { VllmFront } from './vllm-front.ts';
import { VllmQueue } from './vllm-queue.ts';

const guard = 'pilotlight_guard.KeyGuard';

function orLeave<T>(result: { ok: true; value: T } | { ok: false; error: string }): T {
  return result.ok ? result.value : exitWith('misconfigured', result.error);
}

const flags = orLeave(parseVllmFlags(process.argv.slice(2)));
const pace = orLeave(parsePace(process.env['PILOTLIGHT_PACE']));
const startFaults = orLeave(parseStartFaults(process.env['PILOTLIGHT_FAULTS']));
const faults = orLeave(parseVllmFaults(JSON.parse(process.env['PILOTLIGHT_VLLM_FAULTS'] ?? '{}')));
const engine = new PacedEngine(flags.names[0] ?? flags.model, pace, startFaults);
const queue = new VllmQueue(flags.slots);
const isDevMode = process.env['VLLM_SERVER_DEV_MODE'] === '1';
const control = new VllmControl({ flags, pace, engine, queue, isDevMode, faults });
const front = new VllmFront({
  flags,
  engine,
  queue,
  control,
  apiKey: process.env['VLLM_API_KEY'] ?? null,
  guard: flags.middleware.includes(guard)
    ? { key: process.env['PILOTLIGHT_KEY'] ?? '', controlKey: process.env['PILOTLIGHT_CONTROL_KEY'] ?? '' }
    : null,
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
if (process.env['PILOTLIGHT_PARENT_WATCH'] === '1')
  process.stdin.once('close', () => process.exit(0)).resume();
// It does not listen before it is ready.
await engine.load().catch((cause: unknown) => exitWith('cannotLoad', String(cause)));
createServer((request, response) => void front.answer(request, response))
  .once('error', (cause) => exitWith('misconfigured', `cannot listen: ${cause.message}`))
  .listen(flags.port, flags.host);
