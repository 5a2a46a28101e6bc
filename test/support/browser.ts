// Debian's Chromium, headless, driven by playwright-core: no browser is downloaded.
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const candidates = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

/** Path of a browser on this machine, null when there is none. */
export function findChromium(): string | null {
  return candidates.find((path) => path !== '' && existsSync(path)) ?? null;
}

export function launchBrowser(executablePath: string): Promise<Browser> {
  const quiet = [
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  return chromium.launch({
    executablePath,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', ...quiet],
  });
}
