/* Real boxes and the page of devices: what a program tells of itself, and what the console does with it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Box } from '../support/box.mjs';
import { County } from '../support/county.mjs';
import { Display } from '../support/display.mjs';
import { waitFor } from '../support/stack.mjs';
import { violations } from './axe.mjs';
import { launch, openPage, screenshot } from './chromium.mjs';

const run = promisify(execFile);
let county;
let browser;
let page;
let silent; /* a page that waits for a box that is switched off */
let display;
const devices = {};
const programs = {};

before(async () => {
  county = await County.start();
  browser = await launch();
  display = await Display.start('1280x720');
  /* None is today, whatever day of the week that is. */
  await query('UPDATE lessons SET day = day + 4000 WHERE day IS NOT NULL');
});
after(async () => {
  await browser?.close();
  display?.stop();
  await county?.stop();
});

/* What no page can do or show. */
const query = async (sql, ...values) => JSON.parse((await run('/usr/bin/python3', ['-c',
  'import json, sqlite3, sys; db = sqlite3.connect(sys.argv[1]); print(json.dumps(db.execute(sys.argv[2], sys.argv[3:]).fetchall())); db.commit()',
  `${county.stack.folder}/duet.db`, sql, ...values.map(String)])).stdout);

async function open(name) {
  const made = await openPage(browser, { bypassCSP: true });
  await made.goto(`${county.stack.url}/devices.html`);
  await made.locator('#login').waitFor();
  await made.fill('#name', name);
  await made.fill('#password', county.passwords[name]);
  await made.click('#login button');
  await made.waitForURL((url) => url.pathname === '/devices.html');
  await made.locator('table.fleet').waitFor();
  return made;
}

const fleet = async () => (await county.ask('coordinator', 'GET', '/devices')).devices;
const deviceIn = async (room) => (await fleet()).find((device) => device.room_name === room);
const healthIn = (room, part) => waitFor(`${part} of ${room}`, async () => (await deviceIn(room))?.health[part]);

test('a box that is switched off is asked', async () => {
  const { code } = await county.ask('coordinator', 'POST', '/device-codes', { room: await county.idOf('rooms', '三年级教室'), kind: 'player' });
  await new Box(county.stack.url).enrol(code);
  silent = await open('coordinator');
  await openDevice(silent, '三年级教室');
  await silent.click('#check');
  await said(silent, /正在等设备应答/);
});

test('a camera that does not exist is missing with the first report, and the console shows that box first', async () => {
  const [broken, well] = [await county.enrol('capture', '录播教室一'), await county.enrol('capture', '录播教室二')];
  programs.capture = county.follow('capture', well, ['--camera', 'sample', '--microphone', 'sample', '--json-lines']);
  await healthIn('录播教室二', 'camera');
  const begin = Date.now();
  Object.assign(devices, { broken });
  programs.broken = county.follow('capture', broken, ['--camera', '/dev/video99', '--microphone', 'sample', '--json-lines']);
  assert.equal(await healthIn('录播教室一', 'camera'), 'missing');
  assert.ok(Date.now() - begin < 10000);
  /* what it takes a moment to open is told as soon as it is known, not with the next report half a minute later */
  assert.equal(await healthIn('录播教室一', 'microphone'), 'ok');
  assert.ok(Date.now() - begin < 20000);
  const { network, ...parts } = (await deviceIn('录播教室二')).health;
  assert.deepEqual(parts, { camera: 'ok', microphone: 'ok', disk: 'ok' });
  assert.match(network, /^(ok|slow)$/); /* of this machine, which others use too */
  page = await open('coordinator');
  const rows = await page.locator('table.fleet tbody tr').allTextContents();
  const at = (pattern) => rows.findIndex((row) => pattern.test(row));
  assert.notEqual(at(/录播教室一▲ 有问题.*摄像头未找到/), -1);
  assert.ok(at(/录播教室一▲/) < at(/录播教室二● 在线/), rows.join('\n'));
  await screenshot(page, 'boxes-missing-camera-zh');
});

test('a camera that is pulled out and put back is told with the next reports', async () => {
  const file = path.join(county.stack.folder, 'camera.png');
  const device = await county.enrol('capture', '三年级1班');
  const capture = county.follow('capture', device, ['--camera', `file:${file}`, '--microphone', 'none', '--json-lines']);
  assert.equal(await healthIn('三年级1班', 'camera'), 'missing');
  await writeFile(file, await page.screenshot());
  await waitFor('the camera to be well', async () => (await deviceIn('三年级1班')).health.camera === 'ok', 60000);
  assert.equal('microphone' in (await deviceIn('三年级1班')).health, false);
  await capture.stop();
});

test('a player tells of its screen and its loudspeaker', async () => {
  const device = await county.enrol('player', '复式教室');
  programs.player = county.follow('player', device, ['--local', 'none', '--windowed', '--json-lines'], { env: { ...process.env, DISPLAY: display.name } });
  assert.equal(await healthIn('复式教室', 'screen'), 'ok');
  assert.match(await healthIn('复式教室', 'speaker'), /^(ok|missing|failed|busy)$/);
  const { health } = await deviceIn('复式教室');
  assert.deepEqual([health.disk, health.camera], ['ok', undefined]);
});

async function openDevice(at, room) {
  await at.reload();
  await at.locator('table.fleet').waitFor();
  await at.locator('.device-open', { hasText: room }).click();
  await at.locator('#device .facts').waitFor();
}

const said = (at, pattern) => waitFor(`the page to say ${pattern}`, async () => pattern.test(await at.textContent('#live-text')), 20000)
  .catch(async (error) => assert.fail(`${error.message}; it says: ${await at.textContent('#live-text')}`));

/** How bright the picture is, and how much of it differs from that: a black or grey one is no picture. */
const shades = (at) => at.locator('#live-picture img').evaluate(async (image) => {
  await image.decode();
  const context = new OffscreenCanvas(64, 36).getContext('2d');
  context.drawImage(image, 0, 0, 64, 36);
  const { data } = context.getImageData(0, 0, 64, 36);
  const green = Array.from({ length: data.length / 4 }, (_, i) => data[4 * i + 1]);
  const mean = green.reduce((sum, value) => sum + value, 0) / green.length;
  return { width: image.naturalWidth, height: image.naturalHeight, mean, spread: green.reduce((sum, value) => sum + Math.abs(value - mean), 0) / green.length };
});

const trail = async (count) => (await query('SELECT person, event, object, detail FROM audit_log ORDER BY number DESC LIMIT ?', count)).reverse();

test('one press shows what the camera sees now, and who looked is noted', async () => {
  await openDevice(page, '录播教室二');
  const begin = Date.now();
  await page.click('#check');
  await said(page, /检查完毕，.*往返 \d+ 毫秒/);
  assert.ok(Date.now() - begin < 10000);
  const { width, height, spread } = await shades(page);
  assert.deepEqual([width, height], [480, 270]);
  assert.ok(spread > 5, `${spread}`);
  const level = Number(/^ 话筒音量 (-\d+) dB$/.exec(await page.textContent('#live-level'))?.[1]);
  assert.ok(level > -40 && level < 0, `${level}`);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'check');
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'boxes-check-zh');
  const object = `device ${(await deviceIn('录播教室二')).id}`;
  assert.deepEqual(await trail(3), [['coordinator', 'device.check', object, '{"picture":true}'], [object, 'device.check', object, ''], ['coordinator', 'device.picture', object, '']]);
  await page.keyboard.press('Escape');
});

test('a check of a box whose camera is gone says so', async () => {
  await openDevice(page, '录播教室一');
  await page.click('#check');
  await said(page, /检查完毕，往返 \d+ 毫秒：.*摄像头未找到/);
  assert.match(await page.textContent('#live-picture'), /摄像头没有给出画面/);
  await screenshot(page, 'boxes-check-missing-zh');
  await page.keyboard.press('Escape');
});

test('a player is looked at without a picture of its pupils', async () => {
  await openDevice(page, '复式教室');
  await page.click('#check');
  await said(page, /检查完毕/);
  assert.equal(await page.locator('#live-picture').isVisible(), false);
  await page.keyboard.press('Escape');
});

test('two presses start a program anew, and it comes back by itself as who it was', async () => {
  for (const [name, room] of [['capture', '录播教室二'], ['player', '复式教室']]) {
    const { id } = await deviceIn(room);
    const { pid } = programs[name].child;
    await openDevice(page, room);
    await page.click('#restart');
    assert.match(await page.textContent('#restart-question'), new RegExp(`重启 ${room} 的`));
    assert.deepEqual(await violations(page), []);
    if (name === 'capture') await screenshot(page, 'boxes-restart-zh');
    await page.click('#restart-now');
    await said(page, /已重启，设备回来了/);
    await screenshot(page, `boxes-restarted-${name}-zh`);
    assert.equal((programs[name].output.match(/event=restart/g) ?? []).length, 1, programs[name].output);
    assert.deepEqual([programs[name].child.exitCode, programs[name].child.pid], [null, pid]);
    assert.equal((await deviceIn(room)).id, id);
    assert.deepEqual((await trail(2)).map((row) => row[1]), ['device.restart', 'device.restart']);
    await page.keyboard.press('Escape');
  }
});

test('who waits for a box that is switched off is told after a minute', async () => {
  await silent.waitForFunction(() => /一分钟内没有应答/.test(document.querySelector('#live-text').textContent), null, { timeout: 65000 });
  await screenshot(silent, 'boxes-no-answer-zh');
  assert.deepEqual(silent.problems, []);
});

test('the same in English, and on a phone', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.click('#language');
  await page.waitForFunction(() => document.documentElement.lang === 'en');
  await openDevice(page, '录播教室一');
  await page.click('#check');
  await said(page, /Checked at .*: .*Camera not found/);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'boxes-check-phone-en');
  await page.keyboard.press('Escape');
  await page.click('#language'); /* which is the account's, on every page of it */
  await page.waitForFunction(() => document.documentElement.lang === 'zh-CN');
  assert.deepEqual(page.problems, []);
});

test('in mid-lesson a restart has to be confirmed, and the lesson goes on', async () => {
  await query('UPDATE lessons SET day = day - 4000 WHERE day IS NOT NULL');
  const lesson = await county.nextLesson('录播教室一', '复式教室');
  await programs.broken.stop();
  await county.restartAhead(Math.round(lesson.start + 300 - Date.now() / 1000));
  const capture = county.follow('capture', devices.broken, ['--camera', 'sample', '--microphone', 'sample', '--json-lines']);
  const joins = () => capture.output.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)).filter((event) => event.event === 'join').length;
  await waitFor('capture to join', () => joins() === 1);
  const other = await open('coordinator');
  await openDevice(other, '录播教室一');
  await other.click('#check');
  await said(other, /检查完毕/);
  assert.ok((await shades(other)).spread > 5); /* by the lesson's own camera */
  assert.match(await other.textContent('#live-level'), /话筒音量 -\d+ dB/);
  await other.click('#restart');
  assert.ok(await other.locator('#restart-now').isDisabled());
  assert.match(await other.textContent('#restart-question'), /正在上课/);
  const above = (selector) => other.locator(selector).boundingBox();
  const [no, bar] = [await above('#restart-question .choices'), await above('#device .buttons')];
  assert.ok(no.y + no.height <= bar.y, `${no.y + no.height} is below ${bar.y}`);
  await screenshot(other, 'boxes-restart-in-lesson-zh');
  await other.check('#restart-in-lesson');
  await other.click('#restart-now');
  await said(other, /已重启，设备回来了/);
  await waitFor('capture to join again', () => joins() === 2);
  assert.deepEqual(other.problems, []);
});
