/* Random loss between relay and viewer: nothing corrupted is ever shown, sound goes on, and what
 * froze is counted. Only this viewer's media takes the bad line. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Line } from '../../support/line.mjs';
import { Stack, delay, measured, waitFor } from '../../support/stack.mjs';

for (const percent of [2, 5]) {
  test(`with ${percent}% loss nothing corrupted is shown and the sound goes on`, async () => {
    const stack = await Stack.start();
    const line = await Line.to(stack, ['--loss', String(percent), '--delay-ms', '10']);
    try {
      const capture = await stack.capture(['--stripe']);
      const player = await stack.player(['--stripe'], { url: line.url });
      await waitFor('the lesson to play', () => /"state": ?"live"/.test(player.output), 20000);
      await delay(20000);
      const figures = await player.finish();
      await capture.stop('SIGINT');
      const counters = await line.stop();
      const lost = counters.to_client.lost / (counters.to_client.lost + counters.to_client.sent);
      console.log(`${percent}%: line lost ${(100 * lost).toFixed(1)}%, ${JSON.stringify({ ...figures, frame_log: undefined })}`);
      assert.ok(Math.abs(lost - percent / 100) < 0.01, 'the line did lose');
      assert.equal(figures.frames_corrupted, 0);
      assert.ok(figures.frames_decoded > 20 * 30 * (measured ? 0.9 : 0.3), `${figures.frames_decoded} frames`);
      if (measured) assert.ok(figures.audio_gaps_ms < 0.01 * 20000, `audio gaps ${figures.audio_gaps_ms} ms`);
      assert.equal(typeof figures.freezes, 'number');
      assert.equal(typeof figures.frozen_ms, 'number');
    } finally {
      await stack.stop();
    }
  });
}

test('at 10% loss of its listener capture prepares, and copies in later packets keep the sound', async () => {
  const stack = await Stack.start();
  const line = await Line.to(stack, ['--loss', '10', '--delay-ms', '10']);
  try {
    const capture = await stack.capture(['--camera', 'none', '--set', 'log.levels=media=info']);
    const player = await stack.player([], { url: line.url });
    await waitFor('the lesson to play', () => /"state": ?"live"/.test(player.output), 20000);
    await delay(20000);
    const figures = await player.finish();
    assert.match(capture.output, /expected_loss_percent=(9|[12]\d)/, 'capture was told of the loss');
    await capture.stop('SIGINT');
    console.log(`10%, sound alone: ${JSON.stringify({ ...figures, frame_log: undefined })}`);
    assert.ok(figures.packets_restored > 40, `${figures.packets_restored} packets restored`);
    if (measured) assert.ok(figures.audio_concealed_ms < 0.01 * 20000, `${figures.audio_concealed_ms} ms made up`);
  } finally {
    await line.stop();
    await stack.stop();
  }
});
