// Runs on the page, in a real browser against the real program: begun by the form, watched, explained, cancelled. The slow step is
// planted: one of the three models is paced to take far longer than the others.
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TraceJson } from '../../src/core/run-trace/render-trace.ts';
import type { RunView } from '../../src/core/run/view-run.ts';
import { findChromium, launchBrowser } from '../support/browser.ts';
import { startStack, type Stack } from '../support/stack.ts';

const executable = findChromium();
const folder = process.env['PILOTLIGHT_SCREENSHOTS'] ?? mkdtempSync(join(tmpdir(), 'pilotlight-screens-'));
/** Without a browser there is nothing to test: `apt-get install chromium`, or name one in $CHROMIUM. */
const browserTest = test.skipIf(executable === null);

let stack: Stack;
let browser: Browser;
let page: Page;
const complaints: string[] = [];

const paced = (id: string, tokens: number, loadMs: number) => ({
  id,
  task: 'chat',
  launch: { kind: 'paced', pace: { loadMs, wakeMs: 100, firstTokenMs: 20, tokenMs: 10, tokens } },
  slots: 8,
  replicasMax: 1,
  floor: 0,
  tier: 'standard',
  hotIdleMs: 60_000,
  parkedIdleMs: 60_000,
  loadGuessMs: loadMs,
  wakeGuessMs: 100,
  startTimeoutMs: 60_000,
  queueMax: 256,
  hotMicrosPerSecond: 220,
  parkedMicrosPerSecond: 22,
});

const models = {
  versions: [paced('quick@1', 5, 600), paced('slow@1', 800, 300)],
  aliases: { 'probe-a': 'quick@1', 'probe-b': 'slow@1', 'probe-c': 'quick@1' },
};

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  stack = await startStack({ env: { PILOTLIGHT_PROBES: '1' }, models });
  if (executable === null) return;
  browser = await launchBrowser(executable);
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (cause) => complaints.push(cause.message));
  await page.goto(`${stack.url}/#runs`);
});

afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

async function overflow(): Promise<unknown> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

async function ask(path: string, key = stack.key): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${stack.url}${path}`, { headers: { authorization: `Bearer ${key}` } });
  return { status: response.status, body: await response.json() };
}

async function callFunction(name: string, input: object): Promise<RunView> {
  const response = await fetch(`${stack.url}/v1/functions/${name}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as RunView;
}

const form = () => page.getByRole('region', { name: 'Run a function' });
const time = () => page.getByRole('region', { name: 'Where the time went' });
const steps = () => time().getByRole('list', { name: 'steps over time' }).getByRole('button');

async function begin(name: string, input?: string): Promise<void> {
  await page.goto(`${stack.url}/#runs`);
  await form().getByLabel('function').selectOption(name);
  if (input !== undefined) await form().getByLabel('Input as JSON').fill(input);
  await form().getByRole('button', { name: 'Run' }).click();
}

browserTest('a tenant without runs is told how to begin one', async () => {
  await page.getByText('no function has been run yet').waitFor();
  await form().getByLabel('Input as JSON').waitFor();
  await page.screenshot({ path: join(folder, 'runs-empty.png'), fullPage: true });
});

browserTest(
  'a run that the form begins is watched to its end, and the slow step is named as the culprit',
  async () => {
    await begin('probe-chain', '{ "prompt": "go" }');
    await page.getByRole('heading', { name: /^probe-chain run_/ }).waitFor();
    await page.getByText('running', { exact: true }).first().waitFor();
    await page.getByText('completed', { exact: true }).waitFor({ timeout: 40_000 });
    await time()
      .getByText(/^Step 1 chat b took \d+ % of the run: .* computing\.$/)
      .waitFor();
    expect(await steps().count()).toBe(3);
    expect(await steps().nth(1).innerText()).toMatch(/computing .*; on the critical path/);
    const log = page.getByRole('region', { name: 'Log' });
    await log.getByText('run.completed').waitFor();
    await log.getByText(/^step 1 done after/).waitFor();
    await page.getByRole('region', { name: 'Output' }).getByText('"stages": 3').waitFor();
    await page.screenshot({ path: join(folder, 'run.png'), fullPage: true });
  },
);

browserTest('cold delay is laid at the door of the pool that caused it, and leads there', async () => {
  const cold = page.getByRole('region', { name: 'Cold delay by pool' });
  await cold.getByRole('link', { name: 'quick@1~local' }).click();
  await page.getByRole('heading', { name: 'quick@1~local' }).waitFor();
  await page.goBack();
  await time().waitFor();
});

browserTest(
  'a step opens by the keyboard and says what it did; who goes back finds the keyboard at the run',
  async () => {
    await steps().nth(1).focus();
    await page.keyboard.press('Enter');
    await time().getByText('served by').waitFor();
    expect(await time().locator('.facts').innerText()).toMatch(/slow@1~local/);
    await page.getByRole('link', { name: 'all runs' }).click();
    await page
      .getByRole('row', { name: /probe-chain .* completed/ })
      .locator('a:focus')
      .waitFor();
    await page.screenshot({ path: join(folder, 'runs.png'), fullPage: true });
  },
);

browserTest('a run is cancelled from its page', async () => {
  await begin('probe-chain');
  await page.getByRole('button', { name: 'Cancel the run' }).click();
  await page.getByText('the run was cancelled').waitFor();
  expect(await page.getByRole('button', { name: 'Cancel the run' }).count()).toBe(0);
});

browserTest(
  'an input that is no JSON, or does not fit the schema, is said at the form and begins nothing',
  async () => {
    await begin('probe-fan', '{ "width": ');
    await form()
      .getByRole('alert')
      .getByText(/^This is not JSON/)
      .waitFor();
    await form().getByLabel('Input as JSON').fill('{ "width": "five" }');
    await form().getByRole('button', { name: 'Run' }).click();
    await form().getByRole('alert').getByText(/width/).waitFor();
    expect(new URL(page.url()).hash).toBe('#runs');
  },
);

browserTest('a link to a run that there is none of says so, and leads back', async () => {
  await page.goto(`${stack.url}/#run/run_nothing`);
  await page.getByRole('alert').getByText('No such run').waitFor();
  await page.getByRole('link', { name: 'all runs' }).click();
  await page.getByRole('heading', { name: 'Runs', exact: true }).waitFor();
});

test('the trace of a fan-out adds up exactly, and nobody but its tenant can read it', async () => {
  const { id, created_ms: createdMs, ended_ms: endedMs } = await callFunction('probe-fan', { width: 5 });
  const trace = (await ask(`/v1/runs/${id}/trace`)).body as TraceJson;
  const { queue_ms: queue, cold_ms: cold, compute_ms: compute, code_ms: code } = trace.totals;
  expect(queue + cold + compute + code).toBe((endedMs ?? 0) - createdMs);
  const byId = new Map(trace.spans.map((span) => [span.id, span]));
  const path = trace.critical_path.reduce((sum, each) => sum + (byId.get(each)?.duration_ms ?? 0), 0);
  expect(path).toBe((endedMs ?? 0) - createdMs);
  const parallel = trace.spans.filter(({ kind }) => kind === 'step');
  expect(parallel.length).toBe(5);
  expect(parallel.filter((span) => span.on_critical_path).length).toBe(1);
  expect(parallel[0]?.attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'leaf',
    'gen_ai.response.model': 'quick@1',
    'pilotlight.pool': 'quick@1~local',
  });
  expect((await ask(`/v1/runs/${id}/trace`, stack.acmeKey)).status).toBe(404);
  expect((await ask('/v1/runs/nothing/trace')).status).toBe(404);
});

browserTest('the pages of runs fit a telephone, and nothing has gone wrong on the way', async () => {
  await page.setViewportSize({ width: 400, height: 800 });
  await expect.poll(overflow).toBeLessThanOrEqual(0);
  await page.screenshot({ path: join(folder, 'runs-narrow.png'), fullPage: true });
  await page.getByRole('link', { name: 'probe-fan' }).first().click();
  await time().waitFor();
  await expect.poll(overflow).toBeLessThanOrEqual(0);
  await page.screenshot({ path: join(folder, 'run-narrow.png'), fullPage: true });
  expect(complaints.filter((line) => !/40[04]/.test(line))).toEqual([]);
});
