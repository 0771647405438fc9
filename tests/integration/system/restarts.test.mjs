/* What dies comes back: the relay is killed and the picture returns, signaling is killed and nobody
 * notices. Measured at the player, from the frames it showed. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Stack, delay, measured, waitFor } from '../../support/stack.mjs';

const LIVE = /"state": ?"live"/;
const nowUs = () => Number(process.hrtime.bigint() / 1000n); /* CLOCK_MONOTONIC, as the programs' */

let stack;
before(async () => { stack = await Stack.start(); });
after(async () => { await stack?.stop(); });

async function startLesson() {
  const captureStats = path.join(stack.folder, 'capture.json');
  const capture = await stack.capture(['--stripe', '--stats', captureStats]);
  const player = await stack.player(['--stripe']);
  await waitFor('the lesson to play', () => LIVE.test(player.output), 20000);
  await delay(2000);
  return { capture, player, captureStats };
}

/** How many frames that capture encoded between the player's first and last it never showed. */
async function countMissing(figures, captureStats) {
  const encoded = JSON.parse(await readFile(captureStats, 'utf8')).frame_log.map(([counter]) => counter);
  const shown = new Set(figures.frame_log.map(([counter]) => counter));
  const [first, last] = [Math.min(...shown), Math.max(...shown)];
  return encoded.filter((counter) => counter >= first && counter <= last && !shown.has(counter)).length;
}

/** The first frame shown after a moment, in ms after it; Infinity when none came. */
function backAfterMs(figures, momentUs) {
  const later = figures.frame_log.map(([, shownUs]) => shownUs).filter((shownUs) => shownUs > momentUs);
  return later.length > 0 ? (later[0] - momentUs) / 1000 : Infinity;
}

test('signaling is killed and restarted: no frame is lost, and old session URLs still work', async () => {
  const { capture, player, captureStats } = await startLesson();
  const { port } = new URL(stack.url);
  await stack.signaling.stop('SIGKILL');
  await delay(2000);
  await stack.startSignaling(port);
  await delay(6000);
  const captureEnd = await capture.stop('SIGINT');
  const figures = await player.finish();
  const frames = figures.frame_log.length;
  const missing = await countMissing(figures, captureStats);
  console.log(`signaling restarted: ${frames} frames, ${missing} missing, ${figures.freezes} freezes`);
  assert.ok(frames > (measured ? 8 * 25 : 50));
  if (measured) {
    assert.equal(missing, 0);
    assert.equal(figures.freezes, 0);
  }
  /* Capture and player ended their sessions at the new signaling: the relay has none left. */
  assert.equal(captureEnd.code, 0);
  assert.doesNotMatch(capture.output, /DELETE.*40\d/);
});

test('the relay is killed and restarted: the picture is back within 5 s', async () => {
  const { capture, player } = await startLesson();
  const killedUs = nowUs();
  await stack.relay.stop('SIGKILL');
  await stack.startRelay();
  /* Frames still under way when it died do not count as back. */
  const deadUs = killedUs + 300000;
  await delay(measured ? 6000 : 9000);
  await capture.stop('SIGINT');
  const figures = await player.finish();
  const backMs = backAfterMs(figures, deadUs) + 300;
  console.log(`relay killed: picture back after ${backMs.toFixed(0)} ms`);
  assert.ok(backMs < (measured ? 5000 : 15000), `${backMs} ms`);
  assert.ok(figures.freezes >= 1, 'the gap is counted as a freeze');
});

test('capture is killed and started again: the player shows it again without a new session', async () => {
  const { capture, player } = await startLesson();
  await capture.stop('SIGKILL');
  const againUs = nowUs();
  const again = await stack.capture(['--stripe']);
  await delay(9000);
  await again.stop('SIGINT');
  const figures = await player.finish();
  const backMs = backAfterMs(figures, againUs + 300000) + 300;
  console.log(`capture killed: picture back after ${backMs.toFixed(0)} ms`);
  assert.ok(backMs < (measured ? 8000 : 15000), `${backMs} ms`);
});
