/* A lesson that is played later than it is taught: against signaling, relay and capture, whose time stripe tells how much later. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Line } from '../../support/line.mjs';
import { Stack, delay, measured, waitFor } from '../../support/stack.mjs';

const SHIFT_S = 6;
const lines = (player) => player.output.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
const last = (player) => lines(player).filter((line) => line.type === 'stats').at(-1);
const shows = (player, frames) => (last(player)?.frames_decoded ?? 0) > frames;

/** Of pictures [counter, shown_us, taken_us]: the times without one in one of both clocks, and when each began and ended on the screen. */
const gapsOf = (log, which) => log.slice(1).map((frame, i) => ({ ms: (frame[which] - log[i][which]) / 1000, at: log[i][1], until: frame[1] }));
const longestGap = (log, which) => gapsOf(log, which).reduce((a, b) => (b.ms > a.ms ? b : a), { ms: 0 });
/** CLOCK_MONOTONIC, as the figures have it. */
const nowUs = () => Number(process.hrtime.bigint() / 1000n);

test('a shifted lesson is shown later by the shift and what a lesson takes anyway, evenly', async () => {
  const stack = await Stack.start();
  try {
    await stack.capture(['--stripe']);
    const player = await stack.player(['--stripe', '--shift', String(SHIFT_S)]);
    await waitFor('packets to come', () => last(player)?.state === 'live', 20000);
    assert.equal(last(player).frames_decoded, 0, 'nothing is shown before its time');
    await waitFor('the lesson to play', () => shows(player, 0), 20000);
    await waitFor('enough of it', () => shows(player, 120), 20000);
    assert.ok(last(player).kept_ms > (SHIFT_S - 1) * 1000, `${last(player).kept_ms} ms are kept`);
    const figures = await player.finish();
    assert.equal(figures.shift_ms, SHIFT_S * 1000);
    assert.ok(figures.frames_decoded > 100, `${figures.frames_decoded} frames`);
    assert.equal(figures.frames_corrupted, 0);
    assert.ok(figures.audio_rms_db > -50, `${figures.audio_rms_db} dB`);
    console.log(`latency_ms ${JSON.stringify(figures.latency_ms)} freezes ${figures.freezes} audio_gaps ${figures.audio_gaps}`);
    const { p50, p95 } = figures.latency_ms;
    assert.ok(p50 >= SHIFT_S * 1000 - 20, `${p50} ms`);
    if (!measured) return;
    assert.ok(p50 < SHIFT_S * 1000 + 200 && p95 < SHIFT_S * 1000 + 400, `${p50} ms, ${p95} ms`);
    assert.equal(figures.freezes, 0);
    assert.ok(figures.audio_gaps_ms < 100, `${figures.audio_gaps_ms} ms without sound`);
  } finally {
    await stack.stop();
  }
});

test('an outage of the line is not seen while it lasts; what did not come is missing at its place', async () => {
  const stack = await Stack.start();
  const line = await Line.to(stack, []);
  try {
    await stack.capture(['--stripe']);
    const player = await stack.player(['--stripe', '--shift', String(SHIFT_S)], { url: line.url });
    await waitFor('the lesson to play', () => shows(player, 30), 40000);
    const begin = nowUs();
    line.set(['--loss', '100']);
    await delay(3000);
    line.set(['--loss', '0']);
    const end = nowUs();
    await delay((SHIFT_S + 3) * 1000);
    const keyframes = last(player).keyframes_requested;
    const { frame_log: whole, reconnects } = await player.finish();
    const log = whole.filter(([, shown]) => shown >= begin); /* who joins may go up to a better layer in the middle of the past */
    const untilUs = begin + (SHIFT_S - 1) * 1e6;
    const seen = log.filter(([, shown]) => shown < untilUs);
    const during = longestGap(seen, 1);
    const holes = gapsOf(log, 2).filter((gap) => gap.ms > 500);
    const placed = holes.map((hole) => `${Math.round(hole.ms)} ms at ${Math.round((hole.at - begin) / 1000)}`).join(', ');
    console.log(`while it lasts ${during.ms} ms, holes ${placed}, keyframes ${keyframes}, reconnects ${reconnects}`);
    assert.ok(reconnects > 0 && seen.length > 0 && holes.length > 0, placed);
    if (!measured) return;
    assert.ok(seen.length > 60, `${seen.length} pictures`);
    assert.ok(during.ms < 1000, `${during.ms} ms without a picture while the buffer had some`);
    /* from when the line broke until it was there again and had a keyframe; a second, short hole comes now and then: docs/receiving.md */
    const [hole] = holes;
    assert.ok(Math.abs(hole.at - begin - SHIFT_S * 1e6) < 1e6, placed);
    assert.ok(hole.ms < (end - begin) / 1000 + 500, placed);
    assert.ok(holes.slice(1).reduce((sum, each) => sum + each.ms, 0) < 1800, placed);
    assert.ok(holes.at(-1).until < end + (SHIFT_S + 4) * 1e6, placed);
    /* what came is shown at its own moment: the screen stands still for as long as the longest hole, and nothing goes back */
    const still = longestGap(log, 1).ms;
    const longest = longestGap(log, 2).ms;
    assert.ok(Math.abs(still - longest) < 500, `the picture stands still for ${still} ms, ${placed}`);
    const back = log.slice(1).find(([counter], i) => counter <= log[i][0]);
    assert.equal(back, undefined, `picture ${back?.[0]} is shown again`);
    assert.ok(log.at(-1)[1] - log.at(-1)[2] < (SHIFT_S + 1) * 1e6, 'the shift is what it was');
    assert.ok(keyframes < 20, `${keyframes} keyframes asked for`);
  } finally {
    await line.stop();
    await stack.stop();
  }
});

test('when the teaching is over the rest is still played, and nothing is shown twice', async () => {
  const stack = await Stack.start();
  try {
    const capture = await stack.capture(['--stripe']);
    const player = await stack.player(['--stripe', '--shift', String(SHIFT_S)]);
    await waitFor('the lesson to play', () => shows(player, 0), 40000);
    await capture.stop('SIGINT');
    await stack.relay.stop(); /* the streams are closed, nothing comes any more */
    const stopped = nowUs();
    await delay((SHIFT_S + 2) * 1000);
    assert.equal(last(player).kept_bytes, 0);
    const { frame_log: log } = await player.finish();
    const seen = log.filter(([, shown]) => shown > stopped);
    console.log(`pictures after the end ${seen.length}, the last ${(log.at(-1)[1] - stopped) / 1000} ms behind it`);
    assert.ok(seen.length > (measured ? 60 : 0), `${seen.length} pictures`);
    assert.ok(log.at(-1)[1] - stopped > (SHIFT_S - 3) * 1e6);
    const counters = seen.map(([counter]) => counter);
    const back = counters.slice(1).findIndex((counter, i) => counter <= counters[i]);
    assert.equal(back, -1, `picture ${counters[back]} is followed by ${counters[back + 1]}`);
  } finally {
    await stack.stop();
  }
});
