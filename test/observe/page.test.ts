import { describe, expect, onTestFinished, test } from 'vitest';
import { JobHistory } from '#src/observe/history.ts';
import { openUi } from '#src/observe/server/server.ts';
import { noBrowser, openPage } from './browser.ts';
import { token, until, watched } from './dashboard.ts';
import { plan, ran } from './histories.ts';

describe.skipIf(noBrowser)(`the page in a browser${noBrowser ? ` (${noBrowser})` : ''}`, () => {
  test('draws what happens, shows what failed, and opens the page of a batch', async () => {
    const { command, url } = await watched();
    const { page, complaints } = await openPage(`${url}/?token=${token}`);
    expect(page.url()).toBe(`${url}/`);
    await page.locator('.timeline canvas').nth(3).waitFor();
    const facts = await page.locator('#facts').textContent();
    await until(
      () => page.locator('#facts').textContent(),
      (now) => now !== facts,
    );
    await page.locator('.graph .slowest').waitFor();
    expect(await page.locator('.graph .rate').count()).toBeGreaterThan(0);

    await page.getByRole('button', { name: 'Failed' }).click();
    await page.locator('.batch.failed').first().press('Enter');
    const problem = page.locator('.card.error');
    expect(await problem.textContent()).toContain('Error: <b>twenty</b>');
    expect(await problem.textContent()).toContain('job.yaml:20:');
    expect(await page.locator('main b').filter({ hasText: 'twenty' }).count()).toBe(0);
    expect(await page.locator('h1').textContent()).toContain('failed');
    await page.getByRole('link', { name: 'All batches' }).click();
    await page.locator('.charts').waitFor();
    expect(complaints).toEqual([]);

    await page.getByRole('button', { name: 'Stop the job' }).click();
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    expect((await command.ended).code).toBe(0);
    await until(
      () => page.locator('#status').textContent(),
      (status) => status === 'ended',
    );
  });

  test('stays small with 10,000 batches', async () => {
    const history = new JobHistory(plan);
    history.started();
    for (let i = 1; i <= 10_000; i++) ran(history, 1.7e12 + i * 1000);
    const ui = await openUi({ history, host: '127.0.0.1', port: 0, stop() {} });
    onTestFinished(() => ui.close());
    const { page, complaints } = await openPage(ui.url);
    const rows = page.locator('.window .batch');
    await rows.first().waitFor();
    expect(await page.locator('h2 small', { hasText: '10,000' }).count()).toBe(1);
    await page.locator('.window').evaluate((list) => list.scrollTo(0, list.scrollHeight));
    await page.locator(`[href="#/batch/${1.7e12 + 1000}"]`).waitFor();
    expect(await rows.count()).toBeLessThan(60);
    ran(history, 1.8e12);
    await page.getByText('10,001 batches').waitFor();
    expect(await page.locator(`[href="#/batch/${1.8e12}"]`).count()).toBe(0);
    expect(complaints).toEqual([]);

    await ui.close();
    await page.getByText('The connection to the job is lost').waitFor();
  });

  test('fits a phone, whatever the names, and is walked through with the keyboard', async () => {
    const long = 'a_name_that_somebody_has_generated_from_all_columns_of_a_table'.repeat(2);
    const nodes = plan.nodes.map((node) => ({ ...node, origin: { ...node.origin, name: long } }));
    const history = new JobHistory({ ...plan, name: long, nodes });
    history.started();
    history.receiver({ source: 0, state: 'waiting', message: long });
    const ui = await openUi({ history, host: '127.0.0.1', port: 0, token, stop() {} });
    onTestFinished(() => ui.close());
    const { page, complaints } = await openPage(`${ui.url}?token=${token}`, { viewport: { width: 360, height: 640 } });
    const fits = () => page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth');
    await page.getByText('No batch yet').waitFor();
    expect(await fits()).toBe(true);
    for (let i = 1; i <= 200; i++) ran(history, 1.7e12 + i * 1000, i % 2 ? new Error(long) : undefined);
    await page.locator('.timeline canvas').nth(3).waitFor();

    await page.getByRole('button', { name: 'Failed' }).press('Tab');
    const focused = () => page.evaluate<string | null>("document.activeElement.getAttribute('href')");
    expect(await focused()).toBe(`#/batch/${1.7e12 + 200_000}`);
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toBe(`#/batch/${1.7e12 + 199_000}`);
    await page.keyboard.press('Tab');
    expect(await focused()).toBe(null);
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await page.locator('.card.error').waitFor();
    expect(await fits()).toBe(true);
    await page.keyboard.press('Escape');
    await page.locator('.charts').waitFor();
    expect(complaints).toEqual([]);
  });
});
