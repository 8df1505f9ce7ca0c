import { describe, expect, test } from 'vitest';
import { noBrowser, openPage } from './browser.ts';
import { ask, bearer, follow, token, until, watched } from './dashboard.ts';

const job = `
name: tapped
batchInterval: 100ms
checkpoint: false
sources:
  numbers:
    rate: { rowsPerSecond: 300 }
streams:
  marked:
    from: numbers
    steps:
      - map: '({ value }) => "<b>" + value + "</b>"'
sinks:
  - from: marked
    files: { path: out }
`;

test('records are shown to who has the token, and to nobody else', async () => {
  const { url } = await watched(job);
  expect((await ask(`${url}/api/v1/tap?stream=marked`)).status).toBe(401);
  expect((await ask(`${url}/api/v1/tap?stream=other`, bearer)).status).toBe(404);
  expect((await ask(`${url}/api/v1/job`)).json<{ streams: string[] }>().streams).toEqual(['numbers', 'marked']);
  const { updates, close } = follow(`${url}/api/v1/tap?stream=marked&token=${token}`);
  const [, data = ''] = await until(
    async () => /^event: sample\ndata: (.*)$/m.exec(updates.join('')) ?? [],
    (found) => found.length > 0,
  );
  close();
  expect(JSON.parse(data)).toMatchObject({ records: expect.any(Number), shown: expect.any(Array) });
});

describe.skipIf(noBrowser)(`the page in a browser${noBrowser ? ` (${noBrowser})` : ''}`, () => {
  test('shows the last records of a stream that one chooses, as text', async () => {
    const { url } = await watched(job);
    const { page, complaints } = await openPage(`${url}/?token=${token}`);
    await page.getByLabel('Stream').selectOption('marked');
    const records = page.locator('.records');
    await page.getByText(/20 of \d+ records of the batch|\d+ records of the batch/).waitFor();
    await until(
      () => records.textContent(),
      (text) => /<b>\d+<\/b>\n<b>\d+<\/b>/.test(text ?? ''),
    );
    if (process.env.SHOT) await page.screenshot({ path: process.env.SHOT, fullPage: true });
    expect(await records.locator('b').count()).toBe(0);
    await page.getByLabel('Stream').selectOption('');
    expect(await records.isVisible()).toBe(false);
    expect(complaints).toEqual([]);
  });

  test('asks for the token before', async () => {
    const { url } = await watched(job);
    const { page } = await openPage(url);
    await page.getByText('records need the token').waitFor({ state: 'attached' });
    expect(await page.getByLabel('Stream').isDisabled()).toBe(true);
  });
});
