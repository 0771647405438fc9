/* Layers that nobody watches are neither encoded nor sent, and are back with the first viewer; with two
 * workers the players are at different ones. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Stack, delay, waitFor } from '../../support/stack.mjs';

/** What capture has encoded of each layer, by its figures of the last second. */
const encoded = (capture) =>
  JSON.parse([...capture.output.matchAll(/"frames_encoded": ?(\{[^}]*\})/g)].pop()?.[1] ?? '{}');

/** Names of the layers of which something was encoded during so long. */
async function running(capture, ms) {
  const before = encoded(capture);
  await delay(ms);
  const after = encoded(capture);
  return Object.keys(after).filter((name) => after[name] > before[name]).join('');
}

/* Two lessons run beside each other: in small pictures. */
const small = ['--layers', '360,270,180', '--set', 'video.width=640', '--set', 'video.height=360'];

const sees = (player, height) => new RegExp(`"height": ?${height}`).test(player.output);

describe('resting', { concurrency: true }, () => {
  for (const workers of [1, 2]) {
    test(`layers rest while nobody watches them and come back for a viewer, workers: ${workers}`, async () => {
      const stack = await Stack.start({ relay: [`media.workers=${workers}`] });
      try {
        const capture = await stack.capture(small);
        await waitFor('all layers to be encoded', () => encoded(capture).h > 0, 30000);
        await waitFor('the better layers to rest', async () => await running(capture, 2100) === 'l', 30000);

        const started = Date.now();
        const first = await stack.player();
        await waitFor('the top layer', () => sees(first, 360), 20000);
        console.log(`workers: ${workers}, top layer ${Date.now() - started} ms after the player's start`);
        const second = await stack.player();
        await waitFor('the top layer for the second', () => sees(second, 360), 20000);
        await waitFor('the layer between to rest', async () => await running(capture, 2100) === 'hl', 30000);

        const figures = await first.finish();
        assert.equal(figures.height, 360);
        await delay(7000);
        assert.equal(await running(capture, 2100), 'hl', 'one viewer is enough');
        assert.equal((await second.finish()).height, 360);
        await waitFor('all but the lowest to rest', async () => await running(capture, 2100) === 'l', 30000);
        await capture.stop('SIGINT');
      } finally {
        await stack.stop();
      }
    });
  }
});
