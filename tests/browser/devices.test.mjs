/* The fleet of devices: enrolling one with a code on the screen, finding the broken one, and revoking it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Box } from '../support/box.mjs';
import { County } from '../support/county.mjs';
import { alter } from '../support/database.mjs';
import { waitFor } from '../support/stack.mjs';
import { violations } from './axe.mjs';
import { launch, openPage, screenshot } from './chromium.mjs';
import { said } from './school.mjs';

let county;
let browser;
let page;
const boxes = {};

before(async () => {
  county = await County.start();
  browser = await launch();
  await alter(county.stack, 'DELETE FROM devices'); /* those that are seeded are in nobody's way elsewhere */
  /* None is today, whatever day of the week that is. */
  await alter(county.stack, 'UPDATE lessons SET day = day + 4000 WHERE day IS NOT NULL');
  page = await open('coordinator');
});
after(async () => {
  await browser?.close();
  await county?.stop();
});

async function open(name, options = {}, prepare = async () => {}) {
  const made = await openPage(browser, { bypassCSP: true, ...options });
  await prepare(made);
  await made.goto(`${county.stack.url}/devices.html`);
  await made.locator('#login').waitFor();
  await made.fill('#name', name);
  await made.fill('#password', county.passwords[name]);
  await made.click('#login button');
  await made.waitForURL((url) => url.pathname === '/devices.html');
  await made.locator('#content:not([hidden]), #empty:not([hidden])').first().waitFor();
  return made;
}

/** Lets the bell of the room's school have rung ten minutes ago, whatever the time of day, for one of the room's lessons. */
async function startLesson(room) {
  const local = Math.floor(Date.now() / 60000) + 8 * 60 - 10; /* minutes by Shanghai's clock */
  const [day, minute] = [Math.floor(local / 1440), local % 1440];
  await alter(county.stack, `UPDATE bell_periods SET start_minute = ?, end_minute = ? WHERE number = 1
    AND bell_set IN (SELECT id FROM bell_sets WHERE school = (SELECT school FROM rooms WHERE id = ?))`, minute, minute + 40, room);
  await alter(county.stack, `UPDATE lessons SET state = 'scheduled', day = ?, period = 1 WHERE id =
    (SELECT l.id FROM lessons l JOIN timetable_entries e ON e.id = l.entry WHERE e.room = ? LIMIT 1)`, day, room);
}

async function box(room, kind, options) {
  const made = new Box(county.stack.url, `${room}${kind === 'capture' ? '采集' : '播放'}`);
  const { code } = await county.ask('coordinator', 'POST', '/device-codes', { room: await county.idOf('rooms', room), kind });
  await made.enrol(code, options);
  boxes[room] = made;
  return made;
}

async function changeLanguage(lang) {
  await page.click('#language');
  await page.waitForFunction((wanted) => document.documentElement.lang === wanted && document.querySelector('h1').textContent === (wanted === 'en' ? 'Devices' : '设备'), lang);
}

async function look(at = page) {
  const answered = at.waitForResponse((response) => response.url().endsWith('/api/v1/devices'));
  await at.reload();
  await answered;
  await at.locator('table.fleet').waitFor();
}

async function askForCode(room, kind) {
  await page.click('#enrol');
  await page.selectOption('#form-room', { label: room });
  await page.selectOption('#form-kind', kind);
  await page.click('#form .primary');
  await page.locator('#code-digits').waitFor();
  return (await page.textContent('#code-digits')).replace(' ', '');
}

test('a county without devices is told how to enrol one', async () => {
  for (const lang of ['zh', 'en']) {
    assert.match(await page.textContent('#empty-text'), lang === 'zh' ? /还没有设备/ : /No devices yet/);
    assert.ok(await page.locator('#enrol').isVisible());
    assert.deepEqual(await violations(page), []);
    await screenshot(page, `devices-empty-${lang}`);
    await changeLanguage(lang === 'zh' ? 'en' : 'zh-CN');
  }
});

test('a code stands large on the screen with its picture, and the device is there as soon as it has used it', async () => {
  const begin = Date.now();
  const code = await askForCode('白杨教学点 三年级教室', 'player');
  assert.match(code, /^\d{6}$/);
  const qr = await page.locator('#code-qr svg').boundingBox();
  assert.ok(qr.width > 150 && qr.height > 150);
  const digits = await page.locator('#code-digits').evaluate((element) => parseFloat(getComputedStyle(element).fontSize));
  assert.ok(digits >= 60);
  assert.match(await page.textContent('#code-left'), /9:5\d|10:00/);
  assert.ok((await page.textContent('#code-command')).includes(`duet-player --enrol ${code} --server ${county.stack.url}`.replace(/\/$/, '')));
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'devices-code-zh');
  boxes.player = new Box(county.stack.url, '三年级播放');
  await boxes.player.enrol(code, { health: { camera: 'ok' } });
  await page.waitForFunction(() => /三年级播放 已登记/.test(document.querySelector('#code-done').textContent));
  assert.ok(Date.now() - begin < 60000);
  assert.ok(!await page.locator('#code-digits').isVisible());
  await screenshot(page, 'devices-enrolled-zh');
  await page.click('#code-close');
  assert.match(await page.locator('table.fleet tbody tr').first().textContent(), /白杨教学点 三年级教室.*● 在线.*播放端/);
});

test('the code is in no address and in no line of the log', async () => {
  const addresses = [];
  page.on('request', (request) => addresses.push(request.url()));
  const code = await askForCode('白杨教学点 三年级教室', 'capture');
  await waitFor('two looks', () => addresses.filter((url) => /device-codes\/\d+$/.test(url)).length >= 2);
  assert.deepEqual(addresses.filter((url) => url.includes(code)), []);
  assert.ok(!county.stack.signaling.output.includes(code));
  await page.click('#code-withdraw');
  await page.waitForFunction(() => document.querySelector('#code-done').textContent === '登记码已作废');
  await assert.rejects(new Box(county.stack.url).enrol(code), /404/);
  await page.click('#code-close');
});

test('what is in the way of a lesson stands first, and an offline device is never said to be well', async () => {
  await box('录播教室一', 'capture', { health: { camera: 'missing', microphone: 'ok' } });
  await box('复式教室', 'player', { health: { camera: 'ok' } });
  await alter(county.stack, 'UPDATE devices SET seen = seen - 7200 WHERE id = ?', boxes['复式教室'].id);
  await look();
  const rows = await page.locator('table.fleet tbody tr').allTextContents();
  assert.match(rows[0], /石沟教学点 复式教室✕ 离线2 小时前.*上次：正常/);
  assert.match(rows[1], /实验小学 录播教室一▲ 有问题.*摄像头未找到/);
  assert.match(rows[2], /三年级教室● 在线/);
  assert.match(await page.textContent('#summary'), /离线 1 · 有问题 1 · 在线 1/);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'devices-fleet-zh');
  await page.locator('.device-open').first().click();
  await page.locator('#device .facts').waitFor();
  assert.match(await page.textContent('#device'), /✕ 离线.*2 小时前上报的状况/s);
  await screenshot(page, 'devices-offline-zh');
  await page.keyboard.press('Escape');
  await page.selectOption('#school', { label: '实验小学' });
  assert.equal(await page.locator('table.fleet tbody tr').count(), 1);
  await page.selectOption('#school', '');
});

test('the language changes all of it', async () => {
  await changeLanguage('en');
  const text = await page.textContent('table.fleet');
  assert.match(text, /✕ Offline.*2 h ago/);
  assert.match(text, /Camera not found/);
  await screenshot(page, 'devices-fleet-en');
  await page.locator('.device-open').nth(1).click();
  await page.locator('#device .facts').waitFor();
  assert.match(await page.textContent('#device'), /Problem.*Microphone fine.*Came online.*Enrolled/s);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'devices-one-en');
  await page.keyboard.press('Escape');
  await changeLanguage('zh-CN');
});

test('a device is revoked with two presses, by keyboard', async () => {
  const spare = await box('三年级1班', 'player');
  await look();
  await page.focus(`[data-device="${spare.id}"]`);
  await page.keyboard.press('Enter');
  await page.focus('#revoke');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'revoke-now');
  assert.match(await page.textContent('#revoke-question'), /停用 三年级1班 的 三年级1班播放/);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'devices-revoke-zh');
  await page.keyboard.press('Enter');
  await said(page, '已停用');
  await page.waitForFunction((id) => !document.querySelector(`[data-device="${id}"]`), spare.id);
  await assert.rejects(spare.report({}), /401/);
});

test('while its lesson goes on a device is revoked only when that is confirmed too', async () => {
  await startLesson(await county.idOf('rooms', '录播教室一'));
  await look();
  const first = page.locator(`tr:has([data-device="${boxes['录播教室一'].id}"])`);
  assert.match(await first.textContent(), /正在上课：/);
  await first.locator('.device-open').click();
  await page.click('#revoke');
  assert.ok(await page.locator('#revoke-now').isDisabled());
  assert.match(await page.textContent('#revoke-question'), /正在上课/);
  await screenshot(page, 'devices-revoke-in-lesson-zh');
  await page.check('#revoke-in-lesson');
  await page.click('#revoke-now');
  await said(page, '已停用');
});

test('an inspector looks and changes nothing', async () => {
  county.passwords.inspector = await county.stack.command('person', 'add', 'inspector', '--role', 'inspector', '--organisation', '1');
  const other = await open('inspector');
  await other.locator('table.fleet').waitFor();
  assert.ok(!await other.locator('#enrol').isVisible());
  await other.locator('.device-open').first().click();
  await other.locator('#device .facts').waitFor();
  assert.equal(await other.locator('#revoke').count(), 0);
  await other.context().close();
});

test('without the server nobody is said to be online, and a code runs out', async () => {
  const other = await open('coordinator', {}, (made) => made.clock.install());
  await boxes.player.report({ camera: 'ok' });
  await look(other);
  assert.match(await other.textContent('table.fleet'), /● 在线/);
  const seen = await other.evaluate(() => Date.now());
  await other.click('#enrol');
  await other.click('#form .primary');
  await other.locator('#code-digits').waitFor();
  await other.route('**/api/v1/**', (route) => route.abort());
  await other.clock.fastForward(601000);
  await other.waitForFunction(() => document.querySelector('#code-done').textContent === '登记码已过期');
  assert.ok(!await other.locator('#code-digits').isVisible());
  assert.ok(await other.locator('#code-again').isVisible());
  await other.click('#code-close');
  await other.clock.runFor(16000);
  await other.waitForFunction(() => /○ 未知/.test(document.querySelector('table.fleet').textContent));
  assert.doesNotMatch(await other.textContent('table.fleet'), /在线/);
  assert.match(await other.textContent('#stale'), /连接不上服务器/);
  /* as old as the last answer was, which came before ten minutes passed, however often it was asked since */
  const told = await other.evaluate(([from, to]) => {
    const time = (ms) => new Intl.DateTimeFormat('zh-CN', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(ms));
    return [time(from), time(to)].some((each) => document.querySelector('#stale').textContent.includes(each));
  }, [seen, seen + 60000]);
  assert.ok(told, await other.textContent('#stale'));
  await screenshot(other, 'devices-stale-zh');
  await other.context().close();
});

test('a page that begins without the server never says that there are no rooms', async () => {
  const other = await open('inspector', {}, (made) => made.clock.install());
  await other.route('**/api/v1/devices', (route) => route.abort());
  await other.route('**/api/v1/rooms*', (route) => route.abort());
  await other.reload();
  await other.locator('#offline').waitFor();
  await other.unroute('**/api/v1/devices');
  await other.clock.runFor(16000);
  assert.ok(!await other.locator('#empty').isVisible());
  await other.unroute('**/api/v1/rooms*');
  await other.clock.runFor(16000);
  await other.locator('table.fleet').waitFor();
  await other.context().close();
});

test('on a phone everything is in reach', async () => {
  const phone = await open('coordinator', { viewport: { width: 390, height: 844 } });
  await phone.locator('table.fleet').waitFor();
  assert.ok(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await screenshot(phone, 'devices-phone-zh');
  await phone.click('#enrol');
  await phone.click('#form .primary');
  await phone.locator('#code-digits').waitFor();
  const box = await phone.locator('#code-digits').boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= 390, JSON.stringify(box));
  assert.deepEqual(await violations(phone), []);
  await screenshot(phone, 'devices-phone-code-zh');
  assert.deepEqual(phone.problems, []);
  await phone.context().close();
});

test('no page of it has complained', () => assert.deepEqual(page.problems, []));
