// The page in a real browser against the real program. Screenshots go to $PILOTLIGHT_SCREENSHOTS, or to a temporary folder.
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page, Request } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
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

beforeAll(async () => {
  if (executable === null) return;
  mkdirSync(folder, { recursive: true });
  stack = await startStack({ env: { PILOTLIGHT_HOT_IDLE_MS: '8000', PILOTLIGHT_PARKED_IDLE_MS: '10000' } });
  browser = await launchBrowser(executable);
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (cause) => complaints.push(cause.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(stack.url) && !request.url().startsWith('data:'))
      complaints.push(`asked ${request.url()}`);
  });
  await page.goto(stack.url);
});

afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

const detailName = 'tiny-chat@1~local';
const pool = () => page.getByRole('article', { name: 'pool tiny-chat@1' });

async function ask(question: string): Promise<void> {
  await page.getByLabel('Message').fill(question);
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByRole('button', { name: 'Send' }).waitFor();
}

/** Pixels that the page is wider than its window. */
async function overflow(): Promise<unknown> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

browserTest('a pool without traffic is shown at zero', async () => {
  await pool().getByText('at zero').waitFor();
  expect(await pool().innerText()).toContain('At rest: no process, no alarm, no cost.');
  await page.screenshot({ path: join(folder, 'dashboard-at-zero.png'), fullPage: true });
});

browserTest(
  'the playground chats through the real endpoint, first cold, then hot, and the pool shows its flame',
  async () => {
    await ask('What is the capital of France?');
    await page.getByText(/^cold tiny-chat@1, waited/).waitFor();
    await ask('What is a cold start?');
    await page.getByText(/^hot tiny-chat@1, waited/).waitFor();
    await pool().locator('.replica.hot').waitFor();
    await page.screenshot({ path: join(folder, 'dashboard-hot.png'), fullPage: true });
  },
);

browserTest(
  'after the window the pool is shown parked, and then at zero again with what it lived',
  async () => {
    await pool().locator('.replica.parked').waitFor({ timeout: 40_000 });
    await page.screenshot({ path: join(folder, 'dashboard-parked.png'), fullPage: true });
    await pool().getByText('at zero').waitFor({ timeout: 40_000 });
    expect(
      await pool()
        .getByRole('img', { name: /lived: busy/ })
        .getAttribute('aria-label'),
    ).toMatch(/parked [1-9]/);
  },
);

browserTest(
  'a pool opens from its card by the keyboard, and says what is planned, what is forecast and why',
  async () => {
    await pool().getByRole('link', { name: 'tiny-chat@1' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: detailName }).waitFor();
    expect(new URL(page.url()).hash).toBe(`#pool/${detailName}`);
    const plan = page.getByRole('region', { name: 'The plan' });
    await plan.getByText('fixed windows', { exact: true }).waitFor();
    await plan.getByText(/is put away after 8 s\./).waitFor();
    expect(await plan.innerText()).toMatch(/keep hot\s+0\s+warm to\s+0/);
    await ask('What is a cold start?');
    await ask('What is the capital of France?');
    await page.locator('.detail .replica.hot').waitFor();
    // The planner hears of them at once: the forecast knows of more, and the next replica has its reasons.
    const forecast = page.getByRole('region', { name: 'The forecast' });
    await forecast
      .getByText(/^chance of any: [1-9]/)
      .first()
      .waitFor();
    for (const horizon of ['next 1 min', 'next 10 min', 'next 1 h'])
      await forecast.getByRole('heading', { name: horizon }).waitFor();
    const why = page.getByRole('region', { name: 'Why this target' });
    const terms = why.getByRole('table').first();
    for (const term of ['usual', 'age', 'rates', 'price', 'sum'])
      await terms.getByRole('rowheader', { name: term, exact: true }).waitFor();
    expect(await terms.getByRole('row', { name: /^price/ }).innerText()).toMatch(/−60\.0/);
    await page.screenshot({ path: join(folder, 'detail.png'), fullPage: true });
    await page.setViewportSize({ width: 400, height: 800 });
    await expect.poll(overflow).toBeLessThanOrEqual(0);
    await page.screenshot({ path: join(folder, 'detail-narrow.png'), fullPage: true });
    await page.setViewportSize({ width: 1280, height: 900 });
  },
);

browserTest('the detail is asked for while it is seen and no longer once it is closed', async () => {
  let asked = 0;
  const count = (request: Request): void => {
    if (request.url().includes('/admin/v1/pools/')) asked += 1;
  };
  page.on('request', count);
  await page.waitForRequest((request) => request.url().endsWith(`/admin/v1/pools/${detailName}`));
  await page.getByRole('link', { name: 'all pools' }).click();
  await pool().waitFor();
  // Who comes back finds the keyboard where it was.
  await pool().locator('a:focus').waitFor();
  const before = asked;
  for (let polls = 0; polls < 3; polls += 1)
    await page.waitForRequest((request) => request.url().endsWith('/admin/v1/pools'));
  expect(asked).toBe(before);
  page.off('request', count);
});

browserTest('the overview says what the week saved, and whether the forecast is trusted', async () => {
  const planner = page.getByRole('complementary', { name: 'planner' });
  await planner.getByText('trusts the forecast').waitFor();
  await planner.getByText(/^\$[0-9.]+ (?:saved|more)$/).waitFor();
});

browserTest('a link to a pool that there is none of says so, and leads back', async () => {
  await page.goto(`${stack.url}/#pool/nothing@1~local`);
  await page.getByRole('alert').getByText('No such pool: nothing@1~local').waitFor();
  await page.getByRole('link', { name: 'all pools' }).click();
  await pool().waitFor();
});

browserTest('a wrong token is said plainly, and the right one heals it', async () => {
  await page.getByRole('button', { name: 'Keys' }).click();
  await page.getByLabel('Admin token').fill('wrong');
  await page.getByRole('button', { name: 'Use these' }).click();
  await page.getByText('The admin token is not valid.').waitFor();
  await page.getByLabel('Admin token').fill('admin-pilotlight-dev');
  await page.getByRole('button', { name: 'Use these' }).click();
  await page.getByText('The admin token is not valid.').waitFor({ state: 'detached' });
});

browserTest('the page fits a telephone, and has asked nobody but its own host', async () => {
  await page.setViewportSize({ width: 400, height: 800 });
  await expect.poll(overflow).toBeLessThanOrEqual(0);
  await page.screenshot({ path: join(folder, 'dashboard-narrow.png'), fullPage: true });
  expect(complaints.filter((line) => !line.includes('401') && !line.includes('404'))).toEqual([]);
});
