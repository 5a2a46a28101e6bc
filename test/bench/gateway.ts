// `npm run bench:gateway`: what the whole request path costs on the bare runtime, beside a handler that only forwards, in one run.
// Both runtimes are pinned to one core, load and upstream to the other; rounds alternate; medians and spread are printed.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeCheck, median, printChecks, quantile, writeChecks, type Check } from '../../src/cli/checks.ts';
import { startRig, type Rig, type Target } from './gateway/rig.ts';
import { runLoad, type LoadResult } from './gateway/load.ts';

const help = `npm run bench:gateway -- [--rounds N] [--requests N] [--only NAME] [--json FILE]

Measures, on the bare runtime (never the development server), with a fast upstream:
  requests a second, CPU per request, per streamed chunk and per request that is turned away, p50 and p99 beside a handler that only forwards, memory.
  --rounds N     alternating rounds per variant (default 3)
  --requests N   requests per round at c=16; a tenth of them at c=1 and for streams (default 6000)
  --only NAME    variants whose name begins so: json, stream, refused
  --json FILE    writes {"checks":[...]}`;

interface Round extends LoadResult {
  readonly cpuMicros: number;
}

const chunksPerStream = 100;

async function measure(rig: Rig, target: Target, variant: Variant, requests: number): Promise<Round> {
  const { stream, connections } = variant;
  const isRefused = variant.isRefused === true;
  const model = isRefused ? target.fullModel : target.model;
  const content = 'The quick brown fox jumps over the lazy dog. '.repeat(42);
  const body = JSON.stringify({ model, stream, messages: [{ role: 'user', content }] });
  const headers = { authorization: 'Bearer sk-pilotlight-dev', 'content-type': 'application/json' };
  const before = rig.cpuMicros(target);
  const host = `127.0.0.1:${target.port}`;
  const result = await runLoad({
    port: target.port,
    host,
    path: '/v1/chat/completions',
    headers,
    body,
    connections,
    requests,
    status: isRefused && target === rig.ours ? 503 : 200,
  });
  return { ...result, cpuMicros: (rig.cpuMicros(target) - before) / requests };
}

interface Variant {
  readonly name: string;
  readonly stream: boolean;
  readonly connections: number;
  readonly share: number;
  /** Ours refuses all of it: the slot and the queue of its model are taken. */
  readonly isRefused?: boolean;
}

const variants: readonly Variant[] = [
  { name: 'json.c1', stream: false, connections: 1, share: 0.1 },
  { name: 'json.c16', stream: false, connections: 16, share: 1 },
  { name: 'stream.c16', stream: true, connections: 16, share: 0.1 },
  { name: 'refused.c16', stream: false, connections: 16, share: 1, isRefused: true },
];

interface Asked {
  readonly rounds: number;
  readonly requests: number;
  readonly only: string | undefined;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      requests: { type: 'string', default: '6000' },
      only: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  const [rounds, requests] = [Number(values.rounds), Number(values.requests)];
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-bench-'));
  const rig = await startRig(folder, chunksPerStream);
  try {
    const checks = await runVariants(rig, { rounds, requests, only: values.only });
    printChecks(checks);
    if (values.json !== undefined) writeChecks(values.json, checks);
  } finally {
    await rig.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runVariants(rig: Rig, { rounds, requests, only }: Asked): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const variant of variants.filter(({ name }) => only === undefined || name.startsWith(only))) {
    const letGo = variant.isRefused === true ? await rig.takeAll() : null;
    const count = Math.max(50, Math.round(requests * variant.share));
    const ours: Round[] = [];
    const bare: Round[] = [];
    await measure(rig, rig.ours, variant, Math.min(count, 500));
    await measure(rig, rig.bare, variant, Math.min(count, 500));
    for (let round = 1; round <= rounds; round += 1) {
      console.log(`${variant.name}: round ${round} of ${rounds}`);
      ours.push(await measure(rig, rig.ours, variant, count));
      bare.push(await measure(rig, rig.bare, variant, count));
    }
    letGo?.();
    checks.push(...compare(variant, ours, bare));
  }
  checks.push(makeCheck('memory.ours.mib', rig.rssMib(rig.ours), 1, 'resident, after all rounds'));
  checks.push(makeCheck('memory.bare.mib', rig.rssMib(rig.bare), 1, 'resident, after all rounds'));
  checks.push(
    makeCheck(
      'pool.calls',
      await rig.countPoolCalls(),
      1,
      'slots that the pool granted in the whole run; the rest was served on held slots',
    ),
  );
  return checks;
}

function compare(
  { name, stream }: Variant,
  ours: readonly Round[],
  bare: readonly Round[],
): readonly Check[] {
  const n = ours.length;
  const of = (rounds: readonly Round[], pick: (round: Round) => number): number => median(rounds.map(pick));
  const spread = (pick: (round: Round) => number): string => {
    const values = ours.map(pick);
    return `ours ${Math.min(...values).toFixed(1)}-${Math.max(...values).toFixed(1)}, bare ${of(bare, pick).toFixed(1)}`;
  };
  const cpu = (round: Round): number => round.cpuMicros;
  const rate = (round: Round): number => round.requestsPerSecond;
  const times = (round: Round): readonly number[] => (stream ? round.firstByteMs : round.totalMs);
  const added = (q: number): number =>
    of(ours, (r) => quantile(times(r), q)) - of(bare, (r) => quantile(times(r), q));
  const errors = [...ours, ...bare].reduce((sum, round) => sum + round.errors, 0);
  const what = stream ? 'to the first byte' : 'to the end';
  const checks = [
    makeCheck(`${name}.rate`, of(ours, rate), n, `requests a second; ${spread(rate)}`),
    makeCheck(`${name}.cpuMicros`, of(ours, cpu), n, `CPU per request; ${spread(cpu)}`),
    makeCheck(`${name}.cpuRatio`, of(ours, cpu) / of(bare, cpu), n, 'CPU per request, ours / bare'),
    makeCheck(`${name}.addedP50Ms`, added(0.5), n, `${what}, ours - bare`),
    makeCheck(`${name}.addedP99Ms`, added(0.99), n, `${what}, ours - bare`),
    makeCheck(`${name}.errors`, errors, n, 'replies with another status than theirs'),
  ];
  if (!stream) return checks;
  const perChunk = (rounds: readonly Round[]): number => of(rounds, cpu) / chunksPerStream;
  return [
    ...checks,
    makeCheck(`${name}.cpuMicrosPerChunk`, perChunk(ours), n, `bare ${perChunk(bare).toFixed(1)}`),
  ];
}

await main();
