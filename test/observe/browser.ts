import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';

const executablePath = '/usr/bin/chromium';

/** Why tests with a browser cannot run here; CI says that they must, and then they fail. */
export const noBrowser: string | undefined =
  existsSync(executablePath) || process.env.STREAMJOB_TEST_SERVICES === 'required'
    ? undefined
    : `there is no ${executablePath}`;

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A page of a browser of its own, with a fresh profile; both end with the test. What it complains of is in `complaints`. */
export async function openPage(url: string): Promise<{ readonly page: Page; readonly complaints: string[] }> {
  const browser: Browser = await chromium.launch({ executablePath, headless: true, args });
  onTestFinished(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1100, height: 800 } });
  page.setDefaultTimeout(40_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  await page.goto(url);
  return { page, complaints };
}
