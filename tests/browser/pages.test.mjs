/* The pages as their users meet them: log in, teach, watch, in both languages. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, observeVideo, openPage, screenshot } from './chromium.mjs';
import { School, firstFrame } from './school.mjs';
import { delay, waitFor } from '../support/stack.mjs';

const school = new School();
let stack;

before(async () => {
  await school.start();
  ({ stack } = school);
});
after(() => school.stop());

test('a wrong password says so and lets the person try again', async () => {
  const page = await openPage(school.browser);
  await page.goto(stack.url);
  await page.locator('#login').waitFor();
  await screenshot(page, 'login');
  await school.logIn(page, 'wang', 'not the password');
  await page.locator('#login-error').waitFor();
  assert.equal(await page.locator('#login-error').textContent(), '账号或密码不对。');
  await screenshot(page, 'login-wrong');
  await page.context().close();
});

test('each role is offered the pages it may use', async () => {
  const teacher = await school.open('wang', '/');
  await teacher.locator('.lesson-list li').waitFor();
  assert.equal(await teacher.locator('.lesson-list a').count(), 2);
  await screenshot(teacher, 'home-teacher');
  const local = await school.open('zhao', '/');
  await local.locator('.lesson-list li').waitFor();
  assert.deepEqual(await local.locator('.lesson-list a').allTextContents(), ['进入课堂']);
  await local.click('#language');
  await local.locator('.lesson-list a', { hasText: /^Enter the classroom$/ }).waitFor();
  assert.equal(await local.getAttribute('html', 'lang'), 'en');
  await screenshot(local, 'home-local-en');
  await teacher.context().close();
  await local.context().close();
});

test('capture publishes and the watch page plays picture and sound', async (t) => {
  const capture = await stack.capture();
  t.after(() => capture.stop('SIGINT'));
  const page = await school.watch('zhao');
  await firstFrame(page);
  await delay(1000);
  const seen = await observeVideo(page, '#teacher', 10);
  await delay(500);
  await screenshot(page, 'watch-l1');
  for (const layout of ['l2', 'l3', 'l4']) {
    await page.click('#layout');
    await delay(300);
    assert.equal(await page.getAttribute('#stage', 'data-layout'), layout);
    await screenshot(page, `watch-${layout}`);
  }
  console.log(`watch page: ${JSON.stringify(seen)}`);
  assert.ok(seen.fps >= 25, `${seen.fps} fps`);
  assert.ok(seen.rms > 0.003, `sound ${seen.rms}`);
  assert.ok(seen.freezes <= 1, `${seen.freezes} freezes`);
  assert.ok(seen.changes > 20, 'the picture moves');
  assert.ok(await page.locator('#chip').isHidden());
  assert.deepEqual(page.problems, []);
  await page.context().close();
  assert.equal((await capture.stop('SIGINT')).code, 0);
});

test('before the teacher publishes the watch page waits, and plays when she comes', async (t) => {
  const page = await school.watch('zhao');
  t.after(() => page.context().close());
  await waitFor('the waiting text', async () =>
    (await page.locator('#teacher-message').textContent()) === '等待主讲教师');
  await screenshot(page, 'watch-waiting');
  const capture = await stack.capture();
  t.after(() => capture.stop('SIGINT'));
  await firstFrame(page);
  await page.context().close();
});

test('takeover ducks the teacher, enlarges the local pane and gives back with two presses', async (t) => {
  const capture = await stack.capture();
  t.after(() => capture.stop('SIGINT'));
  const page = await school.watch('zhao');
  await firstFrame(page);
  await page.click('#takeover');
  assert.equal(await page.getAttribute('#stage', 'data-layout'), 'l3');
  assert.ok(Math.abs(await page.evaluate(() => document.querySelector('#teacher').volume) - 0.063) < 0.001);
  await screenshot(page, 'watch-takeover');
  await page.click('#takeover');
  assert.equal(await page.evaluate(() => document.querySelector('#teacher').muted), true);
  await page.click('#takeover');
  assert.equal(await page.getAttribute('#stage', 'data-layout'), 'l1');
  assert.equal(await page.evaluate(() => document.querySelector('#teacher').muted), false);
  await page.context().close();
});

test('the publish page teaches: the player shows its camera and hears its microphone', async () => {
  const page = await school.publish('wang');
  await page.locator('#start:enabled').waitFor();
  await screenshot(page, 'publish-ready');
  await page.click('#start');
  await page.locator('.state.live').waitFor();
  const player = await stack.player();
  await delay(12000);
  await screenshot(page, 'publish-live');
  const figures = await player.finish();
  console.log(`player of the page: ${JSON.stringify({ ...figures, frame_log: undefined })}`);
  assert.ok(figures.frames_decoded >= 8 * 15, `${figures.frames_decoded} frames`);
  assert.ok(figures.audio_rms_db > -60, `${figures.audio_rms_db} dB`);
  assert.deepEqual(page.problems, []);
  await page.click('#start');
  await page.locator('.state:not(.live)').waitFor();
  await page.context().close();
});

test('without a camera, and without permission, the pages say what to do', async () => {
  const bare = await launch({ fakeDevices: false });
  try {
    const page = await school.publish('wang', { browser: bare, viewport: { width: 390, height: 844 } });
    await page.locator('#ask-again').waitFor();
    const text = await page.locator('#preview-text').textContent();
    assert.match(text, /没有找到摄像头|没有摄像头或麦克风权限/);
    assert.ok(await page.locator('#start').isDisabled());
    await screenshot(page, 'publish-no-device-phone');
    await page.context().close();
  } finally {
    await bare.close();
  }
});

test('a forged lesson and a lesson without right are refused in words', async () => {
  const page = await school.watch('zhao', 'not-mine');
  await waitFor('the refusal', async () =>
    (await page.locator('#teacher-message').textContent()).startsWith('无法进入课堂'));
  await screenshot(page, 'watch-refused');
  await page.context().close();
});

/** The panel's table: head of a row → its cells; "" is the row of streams. */
const figures = (page) => page.evaluate(() => Object.fromEntries(
  [...document.querySelectorAll('#overlay tr')].map((row) => {
    const [head, ...cells] = [...row.cells].map((cell) => cell.textContent);
    return [head, cells];
  })));

test('the watch page shows the figures of each stream by its button and by a key', async (t) => {
  const capture = await stack.capture();
  t.after(() => capture.stop('SIGINT'));
  const page = await school.watch('zhao');
  await firstFrame(page);
  await page.click('#statistics');
  await delay(3500);
  const shown = await figures(page);
  assert.deepEqual(shown[''], ['主讲教师', '声音']);
  assert.match(shown['分辨率'][0], /^\d{3,4}×\d{3,4}$/);
  assert.equal(shown['分辨率'][1], '–');
  assert.ok(parseInt(shown['帧率'][0], 10) >= 20, shown['帧率'][0]);
  assert.ok(parseInt(shown['码率'][0], 10) > 100, shown['码率'][0]);
  assert.match(shown['丢包'][0], /^\d+\.\d %$/);
  assert.match(shown['服务器到屏幕'][0], /^[1-9]\d* ms$/);
  assert.equal(shown['编码'][1], 'opus');
  await screenshot(page, 'watch-figures');
  await page.click('#language');
  await delay(1200);
  assert.deepEqual((await figures(page))[''], ['Master teacher', 'Sound']);
  await screenshot(page, 'watch-figures-en');

  await page.click('#statistics');
  assert.ok(await page.locator('#overlay').isHidden());
  await page.focus('#stage');
  await page.keyboard.press('i');
  assert.ok(await page.locator('#overlay').isVisible());
  assert.equal(await page.getAttribute('#statistics', 'aria-pressed'), 'true');
  await page.focus('#layout');
  await page.keyboard.press('i');
  assert.ok(await page.locator('#overlay').isVisible(), 'the key belongs to the picture');

  await page.setViewportSize({ width: 390, height: 844 });
  await delay(1200);
  const box = await page.locator('#overlay').boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= 390, `${box.x} + ${box.width}`);
  await screenshot(page, 'watch-figures-phone-en');
  await page.click('#language');
  await delay(1200);
  await screenshot(page, 'watch-figures-phone');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('the publish page shows the figures of what it sends', async () => {
  const page = await school.publish('wang');
  await page.locator('#start:enabled').waitFor();
  assert.ok(await page.locator('#statistics').isHidden());
  await page.click('#start');
  await page.locator('.state.live').waitFor();
  await page.focus('#picture');
  await page.keyboard.press('I');
  await delay(4000);
  const shown = await figures(page);
  assert.deepEqual(shown[''], ['画面', '声音']);
  assert.match(shown['受限于'][0], /^(无|处理器|网络|其他)$/);
  assert.ok(parseInt(shown['码率'][0], 10) > 50, shown['码率'][0]);
  await screenshot(page, 'publish-figures');
  await page.click('#language');
  await page.setViewportSize({ width: 390, height: 844 });
  await delay(1200);
  await screenshot(page, 'publish-figures-phone-en');
  assert.deepEqual(page.problems, []);
  await page.click('#start');
  await waitFor('the figures to end', async () => (await page.locator('#overlay').textContent()) === 'Nothing flows yet.');
  await page.context().close();
});
