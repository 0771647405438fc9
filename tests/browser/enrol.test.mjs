/* The ways to enrol a box with the code that the page of devices shows: its picture, its link, its digits. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { County } from '../support/county.mjs';
import { Display, keep } from '../support/display.mjs';
import { delay, program, waitFor } from '../support/stack.mjs';
import { launch, openPage } from './chromium.mjs';

const run = promisify(execFile);
let county;
let browser;
let page;

before(async () => {
  county = await County.start();
  browser = await launch();
  page = await openPage(browser);
  await page.goto(`${county.stack.url}/devices.html`);
  await page.locator('#login').waitFor();
  await page.fill('#name', 'coordinator');
  await page.fill('#password', county.passwords.coordinator);
  await page.click('#login button');
  await page.locator('#content:not([hidden]), #empty:not([hidden])').first().waitFor();
});
after(async () => {
  await browser?.close();
  await county?.stop();
});

async function showCode(room, kind) {
  await page.click('#enrol');
  await page.selectOption('#form-room', { label: room });
  await page.selectOption('#form-kind', kind);
  await page.click('#form .primary');
  await page.locator('#code-qr svg').waitFor();
  return (await page.textContent('#code-digits')).replace(' ', '');
}

async function isEnrolled() {
  await page.waitForFunction(() => / 已登记$/.test(document.querySelector('#code-done').textContent));
  await page.click('#code-close');
}

async function folder(name) {
  const made = path.join(county.stack.folder, name);
  await mkdir(made, { mode: 0o700 });
  return ['--set', `device.folder=${made}`];
}

const refused = (status, pattern) => (error) => error.code === status && pattern.test(error.stderr);

test('a box reads the code off the screen that it is shown', async () => {
  const picture = path.join(county.stack.folder, 'seen.png');
  const camera = { capture: ['--camera', `file:${picture}`], player: ['--local', picture] };
  for (const [kind, room, place] of [['capture', '实验小学 录播教室一', '录播教室一, 实验小学'], ['player', '白杨教学点 三年级教室', '三年级教室, 白杨教学点']]) {
    await showCode(room, kind);
    await page.screenshot({ path: picture });
    const { stdout, stderr } = await run(program(`duet-${kind}`), ['--enrol', 'camera', ...camera[kind], ...await folder(`seen-${kind}`)]);
    assert.equal(stdout, `enrolled in ${place}\n`);
    assert.match(stderr, new RegExp(`enrolling at ${county.stack.url}\n`));
    await isEnrolled();
  }
});

test('a picture without a code, or no picture at all, is told', async () => {
  const picture = path.join(county.stack.folder, 'nothing.png');
  await page.screenshot({ path: picture });
  for (const [seen, pattern] of [[picture, /no code to enrol with was seen/], [`${picture}.gone`, /nothing\.png\.gone: nothing that/]]) {
    await assert.rejects(run(program('duet-capture'), ['--enrol', 'camera', '--camera', `file:${seen}`, ...await folder(`for-${path.basename(seen)}`)]), refused(3, pattern));
  }
});

test('the link says which server it is, and one of another server is refused before the code is used up', async () => {
  const code = await showCode('白杨教学点 三年级教室', 'player');
  const link = `duet-enrol:${county.stack.url}#${code}`;
  const own = await folder('link');
  await assert.rejects(run(program('duet-player'), ['--enrol', link, '--server', 'https://elsewhere.example', ...own]), refused(2, /not of https:\/\/elsewhere\.example/));
  await assert.rejects(run(program('duet-player'), ['--enrol', code, ...own]), refused(2, /wants --server/));
  const { stdout } = await run(program('duet-player'), ['--enrol', link, '--server', `${county.stack.url}/`, ...own]);
  assert.equal(stdout, 'enrolled in 三年级教室, 白杨教学点\n');
  await isEnrolled();
});

const deviceIn = async (room) => (await county.ask('coordinator', 'GET', '/devices')).devices.findLast((device) => device.room_name === room);

async function press(display, digits) {
  for (const digit of digits) await display.key(digit);
}

/** Something stands on the screen where the digits are. */
const isLit = async (display) => Math.max(...await display.pixels('1280x400+0+100')) > 120;

test('a player that knows its server only asks for the digits on its screen, and once more when it is revoked', async () => {
  const display = await Display.start('1280x720');
  try {
    const player = county.follow('player', { args: await folder('screen') }, ['--server', county.stack.url, '--local', 'none', '--json-lines'], { env: { ...process.env, DISPLAY: display.name } });
    const told = (pattern) => waitFor(`${pattern}`, () => pattern.test(player.output), 45000);
    await waitFor('the screen', () => isLit(display));
    await waitFor('the server that is asked', async () => Math.max(...await display.pixels('640x80+320+640')) > 100); /* at the bottom, and not below it */
    await keep(display, 'enrol-screen-zh');
    const code = await showCode('石沟教学点 复式教室', 'player');
    await press(display, `${code.slice(0, 5)}${(Number(code[5]) + 1) % 10}`);
    await told(/event=enrol .*404/);
    await delay(300);
    await keep(display, 'enrol-screen-wrong-zh');
    await press(display, `${code.slice(0, 3)}9`);
    await display.key('BackSpace');
    await keep(display, 'enrol-screen-half-zh');
    await press(display, code.slice(3));
    await isEnrolled();
    const first = await waitFor('its report', async () => (await deviceIn('复式教室'))?.health.screen && deviceIn('复式教室'));
    await keep(display, 'enrol-screen-done-zh');
    assert.equal(first.health.screen, 'ok');

    await county.ask('coordinator', 'DELETE', `/devices/${first.id}`, {});
    await told(/says 403/);
    await waitFor('the screen', () => isLit(display));
    await keep(display, 'enrol-screen-revoked-zh');
    await press(display, await showCode('红旗小学 三年级1班', 'player'));
    await isEnrolled();
    await waitFor('its report', async () => (await deviceIn('三年级1班'))?.health.screen === 'ok');
    assert.ok(!player.output.includes(code));
  } finally {
    display.stop();
  }
});
