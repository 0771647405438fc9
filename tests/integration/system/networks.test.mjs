/* Networks that are not the usual one: UDP blocked, IPv6 only, HTTPS with a local authority. Capture,
 * relay and player carry a lesson over each. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { Line } from '../../support/line.mjs';
import { Stack, delay, measured, waitFor } from '../../support/stack.mjs';

const LIVE = /"state": ?"live"/;

/** Runs a lesson for some seconds; asserts that picture and sound arrive. Returns how long joining took. */
async function assertLesson(stack, name, { captureArgs = [], playerArgs = [], url = stack.url } = {}) {
  const startMs = Date.now();
  const capture = await stack.capture(['--stripe', ...captureArgs], { url });
  await waitFor(`capture to be live\n${capture.output}`, () => LIVE.test(capture.output), 15000);
  const captureMs = Date.now() - startMs;
  const player = await stack.player(['--stripe', ...playerArgs], { url });
  const joinMs = Date.now();
  await waitFor(`the lesson to play\n${player.output}`, () => LIVE.test(player.output), 15000);
  const playerMs = Date.now() - joinMs;
  await delay(5000);
  const figures = await player.finish();
  assert.equal((await capture.stop('SIGINT')).code, 0);
  console.log(`${name}: capture live after ${captureMs} ms, player after ${playerMs} ms, `
    + `${figures.frames_decoded} frames, ${figures.freezes} freezes, p50 ${figures.latency_ms.p50} ms`);
  assert.ok(figures.frames_decoded > (measured ? 4 * 25 : 25), `${figures.frames_decoded} frames`);
  assert.ok(figures.audio_rms_db > -50, `${figures.audio_rms_db} dB`);
  return Math.max(captureMs, playerMs);
}

test('with UDP blocked the lesson takes TCP within 8 s', async () => {
  const stack = await Stack.start();
  const blocked = await Line.to(stack, ['--loss', '100'], { keepTcp: true });
  try {
    assert.ok((await assertLesson(stack, 'UDP blocked', { url: blocked.url })) < (measured ? 8000 : 24000));
    assert.equal(stack.relay.output.match(/event=connected .*protocol=tcp/g)?.length, 2, stack.relay.output);
  } finally {
    await blocked.stop();
    await stack.stop();
  }
});

test('a lesson works where there is only IPv6', async () => {
  const stack = await Stack.start({ signaling: ['http.listen=["::1"]'], announce: ['"::1"'] });
  try {
    assert.match(stack.url, /\[::1\]/);
    await assertLesson(stack, 'IPv6');
    assert.match(stack.relay.output, /event=connected .*peer=\[/);
  } finally {
    await stack.stop();
  }
});

test('over HTTPS with the local authority of duet-signaling cert', async () => {
  const certificates = await Stack.certificates();
  const file = (name) => path.join(certificates.folder, name);
  const stack = await Stack.start({
    signaling: [`http.certificate=${file('duet.pem')}`, `http.key=${file('duet.key')}`],
    relay: [`signaling.ca_file=${file('duet-ca.pem')}`],
  });
  try {
    assert.match(stack.url, /^https:/);
    const ca = ['--ca-file', file('duet-ca.pem')];
    await assertLesson(stack, 'HTTPS', { captureArgs: ca, playerArgs: ca });
    const stranger = await stack.player([]);
    await waitFor('a player without the authority to say so', () => /certificate|TLS/i.test(stranger.output));
    await stranger.stop('SIGINT');
  } finally {
    await stack.stop();
    await certificates.remove();
  }
});
