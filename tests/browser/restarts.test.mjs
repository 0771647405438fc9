/* What dies comes back on the pages too: the watch page and the publish page, with the relay killed,
 * with signaling killed. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { screenshot } from './chromium.mjs';
import { School, firstFrame } from './school.mjs';
import { delay } from '../support/stack.mjs';

const school = new School();
let stack;

before(async () => {
  await school.start();
  ({ stack } = school);
});
after(() => school.stop());

/** Keeps the time of every frame that the teacher's pane shows, on the page's clock. */
async function recordFrames(page) {
  await firstFrame(page);
  await page.evaluate(() => {
    const video = document.querySelector('#teacher');
    globalThis.shown = [];
    const onFrame = (now) => { globalThis.shown.push(now); video.requestVideoFrameCallback(onFrame); };
    video.requestVideoFrameCallback(onFrame);
  });
  await delay(2000);
}

const pageNow = (page) => page.evaluate(() => performance.now());
const longestGapMs = (page, fromMs) => page.evaluate((from) => {
  const times = globalThis.shown.filter((time) => time > from - 500);
  return Math.max(...times.slice(1).map((time, i) => time - times[i]), performance.now() - times.at(-1));
}, fromMs);

test('the relay is killed and restarted: the watch page has its picture back within 5 s', async (t) => {
  const capture = await stack.capture();
  t.after(() => capture.stop('SIGINT'));
  const page = await school.watch('zhao');
  t.after(() => page.context().close());
  await recordFrames(page);
  const killedMs = await pageNow(page);
  await stack.relay.stop('SIGKILL');
  await stack.startRelay();
  await delay(2600);
  await screenshot(page, 'watch-relay-killed');
  await delay(3500);
  const gapMs = await longestGapMs(page, killedMs);
  console.log(`relay killed: the page's picture was away for ${gapMs.toFixed(0)} ms`);
  assert.ok(gapMs > 200 && gapMs < 5000, `${gapMs} ms`);
});

test('signaling is killed and restarted: the watch page shows every frame', async (t) => {
  const capture = await stack.capture();
  t.after(() => capture.stop('SIGINT'));
  const page = await school.watch('zhao');
  t.after(() => page.context().close());
  await recordFrames(page);
  const killedMs = await pageNow(page);
  const { port } = new URL(stack.url);
  await stack.signaling.stop('SIGKILL');
  await delay(1000);
  await stack.startSignaling(port);
  await delay(4000);
  const gapMs = await longestGapMs(page, killedMs);
  console.log(`signaling killed: longest gap between frames ${gapMs.toFixed(0)} ms`);
  assert.ok(gapMs < 300, `${gapMs} ms`);
});

test('the relay is killed while the publish page teaches: the player shows it again', async (t) => {
  const page = await school.publish('wang');
  t.after(() => page.context().close());
  await page.locator('#start:enabled').waitFor();
  await page.click('#start');
  await page.locator('.state.live').waitFor();
  const player = await stack.player();
  await delay(4000);
  const killedUs = Number(process.hrtime.bigint() / 1000n);
  await stack.relay.stop('SIGKILL');
  await stack.startRelay();
  await delay(7000);
  const figures = await player.finish();
  const back = figures.frame_log.map(([, shownUs]) => shownUs).find((shownUs) => shownUs > killedUs + 300000);
  const backMs = (back - killedUs) / 1000;
  console.log(`relay killed: the publish page was back after ${backMs.toFixed(0)} ms`);
  assert.ok(backMs < 5000, `${backMs} ms`);
  await page.click('#start');
});
