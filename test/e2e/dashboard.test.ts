// The page in a real browser against the real program. Screenshots go to $PILOTLIGHT_SCREENSHOTS, or to a temporary folder.
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
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
  stack = await startStack({ env: { PILOTLIGHT_HOT_IDLE_MS: '4000', PILOTLIGHT_PARKED_IDLE_MS: '6000' } });
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

const pool = () => page.getByRole('article', { name: 'pool tiny-chat@1' });

browserTest('a pool without traffic is shown at zero', async () => {
  await pool().getByText('at zero').waitFor();
  expect(await pool().innerText()).toContain('At rest: no process, no alarm, no cost.');
  await page.screenshot({ path: join(folder, 'dashboard-at-zero.png'), fullPage: true });
});

browserTest(
  'the playground chats through the real endpoint, first cold, then hot, and the pool shows its flame',
  async () => {
    const ask = async (question: string): Promise<void> => {
      await page.getByLabel('Message').fill(question);
      await page.getByRole('button', { name: 'Send' }).click();
      await page.getByRole('button', { name: 'Send' }).waitFor();
    };
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
    await pool().locator('.replica.parked').waitFor({ timeout: 15_000 });
    await page.screenshot({ path: join(folder, 'dashboard-parked.png'), fullPage: true });
    await pool().getByText('at zero').waitFor({ timeout: 20_000 });
    expect(
      await pool()
        .getByRole('img', { name: /lived: busy/ })
        .getAttribute('aria-label'),
    ).toMatch(/parked [1-9]/);
  },
);

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
  const overflow = await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  expect(overflow).toBeLessThanOrEqual(0);
  await page.screenshot({ path: join(folder, 'dashboard-narrow.png'), fullPage: true });
  expect(complaints.filter((line) => !line.includes('401'))).toEqual([]);
});
