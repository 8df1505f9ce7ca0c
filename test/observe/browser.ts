import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, onTestFinished } from 'vitest';

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

let browser: Promise<Browser> | undefined;
afterAll(async () => (await browser)?.close());

/** A page with a fresh profile, in a browser that the tests of a file share. What the page complains of is in `complaints`. */
export async function openPage(
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ readonly page: Page; readonly complaints: string[] }> {
  browser ??= chromium.launch({ executablePath, headless: true, args });
  const context = await (await browser).newContext({ viewport: { width: 1100, height: 800 }, ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(40_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  await page.goto(url);
  return { page, complaints };
}
