// `npm run replay`: sends a trace to a real deployment and says what became of it; with a deployment of its own, whether it decided what
// the simulator decides.
import { err, ok, type Result } from '../core/base/result.ts';
import { compareRun } from '../sim/conformance/compare-run.ts';
import { cutWindow, type TraceWindow } from '../sim/conformance/cut-window.ts';
import type { RunRecord } from '../sim/conformance/run-record.ts';
import { printChecks, writeChecks } from './checks.ts';
import { startLocalStack } from './replay/local-stack.ts';
import { modelsMax, renderModels } from './replay/paced-models.ts';
import { replayHelp } from './replay/replay-help.ts';
import {
  devAdminToken,
  devKeys,
  readReplayOptions,
  type Place,
  type ReplayRequest,
} from './replay/replay-options.ts';
import { runTrace, type RunTarget } from './replay/run-trace.ts';
import { makeSendProgress } from './replay/send-progress.ts';
import { accountPools, makeChecks, renderAccounts, renderMismatches, renderRun } from './replay/sum-up.ts';
import { checkOutput } from './sim/check-outputs.ts';
import { readText } from './sim/read-text.ts';
import { readTraffic } from './sim/traffic.ts';
import { writeText } from './sim/write-text.ts';

const badInput = 2;
const checkFailed = 1;
const minuteMs = 60_000;
/** The planner cannot be called more often. */
const cronMsMin = 100;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  if (args.length === 0 || args.includes('--help') || args.includes('-h')) {
    console.log(replayHelp);
    return 0;
  }
  const request = readReplayOptions(args);
  if (!request.ok) return fail(request.error);
  const { json, record } = request.value;
  const complaint = checkOutput('json', json) ?? checkOutput('record', record);
  if (complaint !== null) return fail(complaint);
  const stopped = stopOnSignal();
  try {
    return await perform(request.value, stopped);
  } catch (cause) {
    if (stopped.aborted) return fail('broken off');
    throw cause;
  }
}

async function perform(request: ReplayRequest, stopped: AbortSignal): Promise<number> {
  const { place: where } = request;
  if (where.kind === 'record') {
    const read = readRecord(where.file);
    return read.ok ? report(request, read.value) : fail(read.error);
  }
  const window = openWindow(request);
  if (!window.ok) return fail(window.error);
  if (where.kind === 'models') {
    const written = writeText(where.file, [renderModels(window.value, request)]);
    if (!written.ok) return fail(written.error);
    console.log(`${where.file}: ${window.value.pools.length} models`);
    return 0;
  }
  const record = await run(request, where, { window: window.value, stopped });
  return record.ok ? report(request, record.value) : fail(record.error);
}

function openWindow(request: ReplayRequest): Result<TraceWindow, string> {
  const { files, seed, model, place: where } = request;
  const traffic = readTraffic({ replay: files, history: [], seed });
  if (!traffic.ok) return traffic;
  const window = cutWindow(traffic.value.replay, request);
  if (!window.ok) return window;
  const { pools, requests, fromMs } = window.value;
  const needsModels = where.kind !== 'target' || model === null;
  if (needsModels && pools.length > modelsMax)
    return err(`${pools.length} pools in this stretch, at most ${modelsMax} are served: give --pools N`);
  console.log(traffic.value.label);
  console.log(
    `${request.minutes} minutes from second ${fromMs / 1000}: ${requests.length} requests to ${pools.length} pools, ${request.speed} times as fast`,
  );
  return window;
}

interface Trace {
  readonly window: TraceWindow;
  readonly stopped: AbortSignal;
}

async function run(
  request: ReplayRequest,
  where: Extract<Place, { kind: 'target' | 'stack' }>,
  { window, stopped }: Trace,
): Promise<Result<RunRecord, string>> {
  const { speed, inFlightMax, model } = request;
  const progress = makeSendProgress();
  const options = { window, speed, inFlightMax, signal: stopped, onProgress: progress.tell };
  try {
    if (where.kind === 'stack') return await runOnStack(request, options);
    const models = window.pools.map((name) => model ?? name);
    return await runTrace({ ...where, models, tap: null }, options);
  } finally {
    progress.end();
  }
}

async function runOnStack(
  request: ReplayRequest,
  options: Parameters<typeof runTrace>[1],
): Promise<Result<RunRecord, string>> {
  const { window, speed } = options;
  const stack = await startLocalStack({
    models: renderModels(window, request),
    cronMs: Math.max(cronMsMin, Math.round(minuteMs / speed)),
  });
  try {
    const target: RunTarget = {
      url: stack.url,
      keys: devKeys,
      adminToken: devAdminToken,
      models: window.pools,
      tap: stack.tap,
    };
    return await runTrace(target, options);
  } finally {
    await stack.stop();
  }
}

async function report(request: ReplayRequest, record: RunRecord): Promise<number> {
  const comparison = await compareRun(record);
  const accounts = accountPools(record);
  console.log(`\n${renderRun(record)}\n`);
  if (accounts.length > 0) console.log(`${renderAccounts(accounts)}\n`);
  const mismatches = comparison === null ? '' : renderMismatches(record, comparison);
  if (mismatches !== '') console.log(`${mismatches}\n`);
  const checks = makeChecks(record, comparison, accounts);
  printChecks(checks);
  if (request.json !== null) writeChecks(request.json, checks);
  if (request.record !== null) {
    const written = writeText(request.record, [`${JSON.stringify(record)}\n`]);
    if (!written.ok) return fail(written.error);
  }
  return checks.every((check) => check.ok) ? 0 : checkFailed;
}

function readRecord(file: string): Result<RunRecord, string> {
  const text = readText(file);
  if (!text.ok) return text;
  try {
    const record = JSON.parse(text.value) as RunRecord;
    return record.version === 1 ? ok(record) : err(`${file}: is no record that this version can read`);
  } catch {
    return err(`${file}: is not JSON`);
  }
}

function stopOnSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}

function fail(why: string): number {
  console.error(`replay: ${why}`);
  return badInput;
}
