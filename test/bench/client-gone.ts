// `npm run bench:client-gone`: what happens to the model when its client goes away, phase by phase, on the bare runtime: in mid-stream,
// before the first byte, among the keep-alives after the grace time, and in a non-streamed request; with a reset and with a plain close.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  bundleWorker,
  findFreePort,
  pilotlightObjects,
  startRawWorker,
  waitForHttp,
} from '../support/raw-workerd.ts';
import { makeCheck, median, printChecks, writeChecks, type Check } from '../../src/cli/checks.ts';

const help = `npm run bench:client-gone -- [--tries N] [--json FILE]

  --tries N     clients that leave, per phase (default 20)
  --json FILE   writes {"checks":[...]}`;

interface Phase {
  readonly id: string;
  readonly stream: boolean;
  /** The client leaves after this many bytes of the answer, or after `leaveMs` without any. */
  readonly afterBytes: number;
  readonly leaveMs: number;
  /** What holds here, for the note. */
  readonly note: string;
}

const phases: readonly Phase[] = [
  { id: 'midStream', stream: true, afterBytes: 600, leaveMs: 5_000, note: 'after some tokens' },
  {
    id: 'beforeFirstByte',
    stream: true,
    afterBytes: Infinity,
    leaveMs: 150,
    note: 'the replica works, nothing was sent yet',
  },
  {
    id: 'afterGrace',
    stream: true,
    afterBytes: 20,
    leaveMs: 5_000,
    note: 'while keep-alive comments go out',
  },
  { id: 'nonStream', stream: false, afterBytes: Infinity, leaveMs: 150, note: 'a whole answer is awaited' },
];

/** A model that is left alone answers for this long; only an abort ends it before. */
const answerMs = 4_000;
const root = resolve(import.meta.dirname, '../..');

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      tries: { type: 'string', default: '20' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-gone-'));
  const rig = await startRig(folder);
  try {
    const checks: Check[] = [];
    for (const how of ['reset', 'close'] as const) {
      for (const phase of phases)
        checks.push(...(await measure(rig, { ...phase, how }, Number(values.tries))));
    }
    printChecks(checks);
    if (values.json !== undefined) writeChecks(values.json, checks);
  } finally {
    for (const child of rig.children) child.kill('SIGTERM');
    await sleep(500);
    rmSync(folder, { recursive: true, force: true });
  }
}

type Leaving = Phase & { readonly how: 'reset' | 'close' };

async function measure(rig: Rig, phase: Leaving, tries: number): Promise<readonly Check[]> {
  const tookMs: number[] = [];
  const model = phase.id === 'afterGrace' ? 'late' : phase.id === 'midStream' ? 'talker' : 'silent';
  await ask(rig.port, { model, stream: false, max_tokens: 1 });
  for (let number = 0; number < tries; number += 1) {
    await leave(rig.port, { ...phase, model });
    const stoppedMs = await untilStopped(await findEndpoint(model));
    if (stoppedMs < answerMs * 0.6) tookMs.push(stoppedMs);
    await untilStopped(await findEndpoint(model));
  }
  const share = makeCheck(
    `clientGone.${phase.how}.${phase.id}`,
    tookMs.length,
    tries,
    `of ${tries} models stopped early; ${phase.note}`,
  );
  const time =
    tookMs.length === 0
      ? 'never'
      : `median ${median(tookMs).toFixed(0)} ms, slowest ${Math.max(...tookMs).toFixed(0)} ms`;
  return [{ ...share, note: `${share.note}; ${time}` }];
}

/** Connects, asks, leaves without a word. */
function leave(port: number, phase: Leaving & { readonly model: string }): Promise<void> {
  const body = JSON.stringify({
    model: phase.model,
    stream: phase.stream,
    messages: [{ role: 'user', content: 'hello' }],
  });
  const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer sk-pilotlight-dev\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  return new Promise((done) => {
    let bytes = 0;
    const socket = connect(port, '127.0.0.1', () => socket.write(head + body));
    const go = (): void => void (phase.how === 'reset' ? socket.resetAndDestroy() : socket.destroy());
    const timer = setTimeout(go, phase.leaveMs);
    socket.on('data', (piece) => {
      bytes += piece.length;
      if (bytes >= phase.afterBytes) go();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      done();
    });
  });
}

/** Milliseconds until nothing is in flight at the model. */
async function untilStopped(endpoint: string): Promise<number> {
  const startedMs = performance.now();
  for (;;) {
    const counters = (await (await fetch(`${endpoint}/control/counters`)).json()) as { inFlight: number };
    const passedMs = performance.now() - startedMs;
    if (counters.inFlight === 0 || passedMs > 20_000) return passedMs;
    await sleep(5);
  }
}

async function ask(port: number, body: object): Promise<void> {
  const headers = { authorization: 'Bearer sk-pilotlight-dev', 'content-type': 'application/json' };
  const text = JSON.stringify({ ...body, messages: [{ role: 'user', content: 'hello' }] });
  await (
    await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, { method: 'POST', headers, body: text })
  ).text();
}

interface Rig {
  readonly port: number;
  readonly children: readonly { kill(signal: NodeJS.Signals): boolean }[];
}

/** Emulated models: one that talks at once, one that is silent first, one that is silent beyond the grace time. */
function renderModels(): string {
  const version = (name: string, pace: object): object => ({
    id: `${name}@1`,
    task: 'chat',
    slots: 4,
    replicasMax: 1,
    hotIdleMs: 600_000,
    launch: { kind: 'paced', pace },
  });
  const quick = { loadMs: 1, wakeMs: 1 };
  const versions = [
    version('talker', { ...quick, firstTokenMs: 1, tokenMs: answerMs / 100, tokens: 100 }),
    version('silent', { ...quick, firstTokenMs: answerMs, tokenMs: 1, tokens: 5 }),
    version('late', { ...quick, firstTokenMs: answerMs, tokenMs: 1, tokens: 5 }),
  ];
  return JSON.stringify({ versions, aliases: { talker: 'talker@1', silent: 'silent@1', late: 'late@1' } });
}

async function startRig(folder: string): Promise<Rig> {
  const port = await findFreePort();
  const agentPort = await findFreePort();
  const models = renderModels();
  writeFileSync(join(folder, 'models.json'), models);
  mkdirSync(join(folder, 'state'));
  const env = {
    ...process.env,
    AGENT_PORT: String(agentPort),
    AGENT_TOKEN: 'bench',
    PILOTLIGHT_STATE: join(folder, 'state'),
    PILOTLIGHT_MODELS: join(folder, 'models.json'),
  };
  const agent = spawn(process.execPath, [join(root, 'gpu-workers/agent/main.ts')], {
    cwd: root,
    env,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const modulePath = bundleWorker(join(folder, 'bundle'));
  const vars = {
    ENVIRONMENT: 'dev',
    AGENT_URL: `http://127.0.0.1:${agentPort}`,
    AGENT_TOKEN: 'bench',
    EXTRA_MODELS: models,
    GRACE_MS: '1000',
    KEEP_ALIVE_MS: '200',
  };
  const worker = startRawWorker({
    modulePath,
    port,
    stateDir: join(folder, 'worker'),
    vars,
    objects: pilotlightObjects,
  });
  await waitForHttp(`http://127.0.0.1:${agentPort}/healthz`, 10_000);
  await waitForHttp(`http://127.0.0.1:${port}/healthz`, 10_000);
  return { port, children: [worker, agent] };
}

/** The replica's own address, read from its process: nothing else tells it outside of the pool. */
async function findEndpoint(model: string): Promise<string> {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const environ = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      if (
        !environ.includes(`PILOTLIGHT_VERSION=${model}@1`) ||
        !environ.some((each) => each.startsWith('PILOTLIGHT_REPLICA='))
      )
        continue;
      return `http://127.0.0.1:${environ.find((each) => each.startsWith('PORT='))?.slice(5)}`;
    } catch {
      // Not ours, or gone.
    }
  }
  throw new Error(`no replica of ${model}`);
}

await main();
