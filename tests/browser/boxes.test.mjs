/* Real boxes and the page of devices: what a program tells of itself, and what the console does with it. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { County } from '../support/county.mjs';
import { Display } from '../support/display.mjs';
import { waitFor } from '../support/stack.mjs';
import { launch, openPage, screenshot } from './chromium.mjs';

let county;
let browser;
let page;
let display;

before(async () => {
  county = await County.start();
  browser = await launch();
  display = await Display.start('1280x720');
});
after(async () => {
  await browser?.close();
  display?.stop();
  await county?.stop();
});

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

test('a camera that does not exist is missing with the first report, and the console shows that box first', async () => {
  const [broken, well] = [await county.enrol('capture', '录播教室一'), await county.enrol('capture', '录播教室二')];
  county.follow('capture', well, ['--camera', 'sample', '--microphone', 'sample', '--json-lines']);
  await healthIn('录播教室二', 'camera');
  const begin = Date.now();
  county.follow('capture', broken, ['--camera', '/dev/video99', '--microphone', 'sample', '--json-lines']);
  assert.equal(await healthIn('录播教室一', 'camera'), 'missing');
  assert.ok(Date.now() - begin < 10000);
  /* what it takes a moment to open is told as soon as it is known, not with the next report half a minute later */
  assert.equal(await healthIn('录播教室一', 'microphone'), 'ok');
  assert.ok(Date.now() - begin < 20000);
  assert.deepEqual((await deviceIn('录播教室二')).health, { camera: 'ok', microphone: 'ok', disk: 'ok', network: 'ok' });
  page = await open('coordinator');
  const rows = await page.locator('table.fleet tbody tr').allTextContents();
  assert.match(rows[0], /录播教室一▲ 有问题.*摄像头未找到/);
  assert.match(rows[1], /录播教室二● 在线/);
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
  county.follow('player', device, ['--local', 'none', '--windowed', '--json-lines'], { env: { ...process.env, DISPLAY: display.name } });
  assert.equal(await healthIn('复式教室', 'screen'), 'ok');
  assert.match(await healthIn('复式教室', 'speaker'), /^(ok|missing|failed|busy)$/);
  const { health } = await deviceIn('复式教室');
  assert.deepEqual([health.disk, health.network, health.camera], ['ok', 'ok', undefined]);
});
