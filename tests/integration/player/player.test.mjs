/* The player against signaling, relay and capture: what it shows, measures and says. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { Line } from '../../support/line.mjs';
import { Program, Stack, delay, measured, waitFor } from '../../support/stack.mjs';

const withoutDisplay = () => {
  const env = { ...process.env };
  delete env.DISPLAY;
  delete env.WAYLAND_DISPLAY;
  return env;
};
const framesOf = (player) => Number([...player.output.matchAll(/"frames_decoded": ?(\d+)/g)].at(-1)?.[1] ?? 0);
const isLive = (player) => /"state": ?"live"/.test(player.output);

test('the headless player receives picture and sound and ends its session', async () => {
  const stack = await Stack.start();
  try {
    await stack.capture(['--stripe']);
    const player = await stack.player(['--stripe']);
    await waitFor('the lesson to play', () => framesOf(player) > 60, 30000);
    await waitFor('the best layer', () => /"width": ?1280/.test(player.output));
    const figures = await player.finish();
    assert.equal(figures.end.code, 0);
    assert.equal(figures.codec, 'H264');
    assert.equal(figures.width, 1280);
    assert.ok(figures.frames_decoded > 60, `${figures.frames_decoded} frames`);
    assert.equal(figures.frame_log.length, figures.frames_decoded);
    assert.equal(figures.frames_corrupted, 0);
    assert.ok(figures.audio_rms_db > -50, `${figures.audio_rms_db} dB`);
    assert.ok(figures.latency_ms.p50 > 0 && figures.latency_ms.p50 < 500, `${figures.latency_ms.p50} ms`);
    await waitFor('the relay to hear of the end', () => /event=closed .*reason=requested/.test(stack.relay.output));
  } finally {
    await stack.stop();
  }
});

test('a viewer who comes first waits and then sees the teacher', async () => {
  const stack = await Stack.start();
  try {
    const player = await stack.player();
    await waitFor('the player to wait', () => /"event": ?"waiting"/.test(player.output), 20000);
    await stack.capture();
    await waitFor('the lesson to play', () => isLive(player), 20000);
    const figures = await player.finish();
    assert.equal(figures.reconnects, 0);
  } finally {
    await stack.stop();
  }
});

test('when the line is back after an outage the picture is there within two seconds', async () => {
  const stack = await Stack.start();
  const line = await Line.to(stack, []);
  try {
    await stack.capture(['--stripe']);
    const player = await stack.player(['--stripe'], { url: line.url });
    await waitFor('the lesson to play', () => framesOf(player) > 60, 40000);
    line.set(['--loss', '100']);
    await waitFor('the player to notice', () => /"event": ?"reconnecting"/.test(player.output), 10000);
    await delay(2000);
    line.set(['--loss', '0']);
    const end = Number(process.hrtime.bigint() / 1000n);
    const before = framesOf(player);
    await waitFor('the picture again', () => framesOf(player) > before + 60, 30000);
    const { frame_log: log } = await player.finish();
    const comes = (log.find(([, shown]) => shown > end)[1] - end) / 1000;
    console.log(`the picture comes after ${comes} ms`);
    if (measured) assert.ok(comes < 2000, `${comes} ms`);
  } finally {
    await line.stop();
    await stack.stop();
  }
});

test('a wrong token is refused in words, at once and with status 1', async () => {
  const stack = await Stack.start();
  try {
    const player = new Program('duet-player', [
      '--whep', `${stack.url}/whep/${stack.lesson}`, '--token', 'wrong', '--headless', '--json-lines',
    ]);
    assert.equal((await player.ended).code, 1);
    assert.match(player.output, /"event": ?"unauthorised"/);
    assert.match(player.output, /token/);
  } finally {
    await stack.stop();
  }
});

test('an unreachable server is tried again and again', async () => {
  const player = new Program('duet-player', [
    '--whep', 'http://127.0.0.1:9/whep/demo', '--token', 'any', '--headless', '--json-lines', '--seconds', '4',
  ]);
  assert.equal((await player.ended).code, 0);
  assert.match(player.output, /127\.0\.0\.1:9 does not answer/);
  assert.match(player.output, /generation=3 connecting/);
});

test('what is missing is named', async () => {
  const whep = ['--whep', 'http://127.0.0.1:9/whep/demo'];
  const cases = [
    [[], 2, /--whep URL is missing/],
    [[...whep, '--token-file', '/nonexistent/token'], 2, /--token-file: .*\/nonexistent\/token/],
    [[...whep, '--layout', '5'], 2, /screen\.layout: 5 is out of range, allowed 1 to 4/],
    [[...whep, '--language', 'fr'], 2, /screen\.language: expected one of zh-CN, en/],
    [[...whep, '--no-such-option'], 2, /no-such-option/],
    [[...whep, '--headless', '--seconds', '1', '--stats', '/nonexistent/stats.json'], 1, /\/nonexistent\/stats\.json/],
    [['--whep', 'nonsense', '--headless'], 1, /nonsense/],
    [whep, 1, /--headless/],
  ];
  for (const [args, code, words] of cases) {
    const player = new Program('duet-player', args, { env: withoutDisplay() });
    assert.equal((await player.ended).code, code, `${args.join(' ')}\n${player.output}`);
    assert.match(player.output, words);
  }
});

test('a token is never printed', async () => {
  const stack = await Stack.start();
  try {
    const secret = 'a-secret-that-must-not-show';
    const file = path.join(stack.folder, 'secret');
    await writeFile(file, `${secret}\n`);
    const player = new Program('duet-player', [
      '--whep', `${stack.url}/whep/${stack.lesson}`, '--token-file', file, '--headless',
    ], { env: { ...process.env, DUET_LOG: 'debug' } });
    await player.ended;
    assert.ok(existsSync(file));
    assert.ok(!player.output.includes(secret));
  } finally {
    await stack.stop();
  }
});
