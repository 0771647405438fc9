/* Random loss between relay and viewer: nothing corrupted is ever shown, sound goes on, and what
 * froze is counted. Each viewer's media takes a bad line of its own. The lessons run beside each other. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Line } from '../../support/line.mjs';
import { Stack, delay, measured, waitFor } from '../../support/stack.mjs';

const isLive = (player) => /"state": ?"live"/.test(player.output);
const shown = (figures) => JSON.stringify({ ...figures, frame_log: undefined });

/** One lesson and a viewer for each line. Gives what each viewer counted, and what its line lost. */
async function watch(percents) {
  const stack = await Stack.start();
  try {
    const capture = await stack.capture(['--stripe']);
    const viewers = await Promise.all(percents.map(async (percent) => {
      const line = await Line.to(stack, ['--loss', String(percent), '--delay-ms', '10']);
      return { line, player: await stack.player(['--stripe'], { url: line.url }) };
    }));
    for (const { player } of viewers) await waitFor('the lesson to play', () => isLive(player), 20000);
    await delay(20000);
    const results = await Promise.all(viewers.map(async ({ line, player }) => {
      const figures = await player.finish();
      return { figures, counters: await line.stop() };
    }));
    await capture.stop('SIGINT');
    return results;
  } finally {
    await stack.stop();
  }
}

describe('loss', { concurrency: true }, () => {
  describe('of pictures and sound', () => {
    const percents = [2, 5];
    let results;
    before(async () => { results = await watch(percents); });

    for (const [i, percent] of percents.entries()) {
      test(`with ${percent}% loss nothing corrupted is shown and the sound goes on`, () => {
        const { figures, counters } = results[i];
        const lost = counters.to_client.lost / (counters.to_client.lost + counters.to_client.sent);
        console.log(`${percent}%: line lost ${(100 * lost).toFixed(1)}%, ${shown(figures)}`);
        assert.ok(Math.abs(lost - percent / 100) < 0.01, 'the line did lose');
        assert.equal(figures.frames_corrupted, 0);
        assert.ok(figures.frames_decoded > 20 * 30 * (measured ? 0.9 : 0.3), `${figures.frames_decoded} frames`);
        if (measured) assert.ok(figures.audio_gaps_ms < 0.01 * 20000, `audio gaps ${figures.audio_gaps_ms} ms`);
        assert.equal(typeof figures.freezes, 'number');
        assert.equal(typeof figures.frozen_ms, 'number');
      });
    }
  });

  test('at 10% loss of its listener capture prepares, and copies in later packets keep the sound', async () => {
    const stack = await Stack.start();
    const line = await Line.to(stack, ['--loss', '10', '--delay-ms', '10']);
    try {
      const capture = await stack.capture(['--camera', 'none', '--set', 'log.levels=media=info']);
      const player = await stack.player([], { url: line.url });
      await waitFor('the lesson to play', () => isLive(player), 20000);
      await delay(20000);
      const figures = await player.finish();
      assert.match(capture.output, /expected_loss_percent=(9|[12]\d)/, 'capture was told of the loss');
      await capture.stop('SIGINT');
      console.log(`10%, sound alone: ${shown(figures)}`);
      assert.ok(figures.packets_restored > 40, `${figures.packets_restored} packets restored`);
      if (measured) assert.ok(figures.audio_concealed_ms < 0.01 * 20000, `${figures.audio_concealed_ms} ms made up`);
    } finally {
      await line.stop();
      await stack.stop();
    }
  });
});
