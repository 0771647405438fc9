/* The system administrator sees relays, storage and copies; what is wrong is said in words. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from './axe.mjs';
import { openPage, screenshot } from './chromium.mjs';
import { School } from './school.mjs';

const school = new School();
let page;

before(async () => {
  await school.start();
  const password = await school.stack.command('person', 'add', 'root', '--role', 'system_admin');
  page = await openPage(school.browser, { bypassCSP: true });
  await page.goto(`${school.stack.url}/load.html`);
  await school.logIn(page, 'root', password);
  await page.locator('#relays tbody tr').waitFor();
});
after(() => school.stop());

test('relays, the disk with its marks and the copies are shown in words and figures', async () => {
  assert.match(await page.textContent('#relays tbody tr'), /^test已连接 .*0\/\d+/);
  assert.match(await page.textContent('#disk'), /剩余 [\d.]+ [GT]B（[\d.]+%）/);
  assert.equal(await page.locator('#disk .mark').count(), 2);
  assert.match(await page.textContent('#disk'), /标记：剩余 20% 和 5%/);
  await page.waitForFunction(() => /备份正常/.test(document.querySelector('#backup').textContent), null, { timeout: 25000 });
  assert.match(await page.textContent('#backup'), /15分钟.*duet-\d{8}T\d{6}Z\.sqlite/);
  assert.match(await page.textContent('#signaling'), /正在发送0正在观看0/);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'load-zh');
});

test('what is wrong is said: a full disk, a failed copy, a damaged database, no relay', async () => {
  const real = await page.evaluate(async () => (await fetch('/api/v1/system')).json());
  const figures = {
    ...real, disk: { ...real.disk, bytes: 100e9, free_bytes: 4e9 }, database: { ...real.database, damaged: true },
    backup: { ...real.backup, failed: true, error: 'disk full' }, relays: [{ ...real.relays[0], connected: false, since_s: 90 }],
  };
  await page.route('**/api/v1/system', (route) => route.fulfill({ json: figures }));
  await page.reload();
  await page.locator('#disk .state').first().waitFor();
  assert.match(await page.textContent('#disk'), /数据库已损坏.*磁盘快满了：剩余 3.7 GB（4%）/);
  assert.match(await page.textContent('#backup'), /上次备份失败：disk full/);
  assert.match(await page.textContent('#relays'), /没有转发服务器连接.*离线 1分钟/);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'load-trouble-zh');
  figures.backup = { ...real.backup, every_min: 0, last: null, file: null };
  figures.relays = [];
  await page.reload();
  await page.locator('#disk .state').first().waitFor();
  assert.match(await page.textContent('#backup'), /没有定时备份/);
  await page.unroute('**/api/v1/system');
});

test('the page speaks English too, fits a phone, and keeps its figures when the server is gone', async () => {
  await page.reload();
  await page.locator('#relays tbody tr').waitFor();
  await page.click('#language');
  await page.waitForFunction(() => document.documentElement.lang === 'en');
  assert.match(await page.textContent('#relays tbody tr'), /Connected for/);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'load-en');
  await page.setViewportSize({ width: 390, height: 844 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'load-phone-en');
  assert.deepEqual(page.problems, []);
  await page.route('**/api/v1/**', (route) => route.abort());
  await page.locator('#stale').waitFor({ timeout: 15000 });
  assert.ok(await page.locator('#disk').isVisible());
  await page.unroute('**/api/v1/**');
});
