/*
 * A live lesson under attack: a stack whose relay link is tapped for counters, capture and player with
 * the time stripe, and duet-hostile (tests/support/hostile) for what is sent at them.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { LinkTap } from './link_tap.mjs';
import { Stack, build, delay, measured, waitFor } from './stack.mjs';

export const long = Boolean(process.env.DUET_TEST_LONG);
/** The count of an ordinary run, of a long one, and of either under sanitizers, which are several times slower. */
export const scaled = (usual, longRun, sanitized = Math.ceil(usual / 10), longSanitized = usual) =>
  (long ? (measured ? longRun : longSanitized) : (measured ? usual : sanitized));

/** {rss_kib, descriptors} of a program. */
export async function footprint(program) {
  const { pid } = program.child;
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return {
    rss_kib: Number(/VmRSS:\s+(\d+)/.exec(status)[1]),
    descriptors: (await readdir(`/proc/${pid}/fd`)).length,
  };
}

/* From the last line of figures that a program wrote. */
function lastFigure(from, key) {
  const lines = from.output.split('\n').filter((line) => line.startsWith('{"type":"stats"'));
  return JSON.parse(lines.at(-1))[key];
}

const nowUs = () => Number(process.hrtime.bigint() / 1000n);

/** Moments at which this process, which has little to do, was woken late: the machine was busy. */
class Busyness {
  late = [];

  constructor() {
    let last = nowUs();
    this.timer = setInterval(() => {
      if (nowUs() - last > 60000) this.late.push(nowUs());
      last = nowUs();
    }, 20);
  }

  stop() {
    clearInterval(this.timer);
  }
}

/**
 * Freezes (no picture for 150 ms more than usual, as WebRTC counts them) during which capture took its
 * pictures in time and this process was woken in time. Otherwise the machine was busy, which says nothing
 * about the relay. The log's times are of the same monotonic clock as nowUs().
 */
function freezesOfTheLine(log, busy) {
  const usualUs = 33333;
  const freezes = [];
  for (let i = 1; i < log.length; i += 1) {
    const [from, to] = [log[i - 1][1], log[i][1]];
    if (to - from < usualUs + 150000) continue;
    const within = (us) => us > from - 200000 && us < to + 100000;
    const taken = log.map(([, , takenUs]) => takenUs).filter(within);
    const late = taken.some((us, at) => at > 0 && us - taken[at - 1] > 2 * usualUs);
    if (!late && !busy.late.some(within)) freezes.push({ ms: (to - from) / 1000, frame: log[i][0] });
  }
  return freezes;
}

export class Arena {
  /** limits: 'usual' keeps the rate limits of an installed server; programs: false does without the lesson.
   * One worker: what attacks the port of one must meet the sessions there. */
  static async start({ relay = ['media.workers=1'], programs = true, limits = 'none' } = {}) {
    const arena = new Arena();
    const plenty = ['limits.watch_burst=100000', 'limits.watch_per_second=10000', 'limits.publish_burst=100000',
      'limits.publish_per_second=10000', 'limits.address_burst=100000', 'limits.address_per_second=10000'];
    arena.stack = await Stack.start({ signaling: limits === 'usual' ? [] : plenty, relay, tap: LinkTap });
    arena.tap = arena.stack.tap;
    arena.publishToken = await arena.stack.token({ publish: 'room-stranger' });
    arena.watchToken = await arena.stack.token({ watch: '*' });
    if (programs) await arena.#beginLesson();
    return arena;
  }

  async #beginLesson() {
    /* Small pictures: what the machine can do is for the attacks. */
    this.capture = await this.stack.capture(['--stripe', '--layers', '360,180', '--set', 'video.height=360',
      '--set', 'video.width=640']);
    this.player = await this.stack.player(['--stripe']);
    await waitFor('the lesson to play', () => /"state": ?"live"/.test(this.player.output), 20000);
    await delay(2000);
    this.busy = new Busyness();
  }

  /** Runs one attack; gives its report. onLine is called with every line of figures before it. */
  async attack(name, { count, rate, seed, onLine = async () => {} } = {}) {
    const options = { 'http-port': new URL(this.stack.url).port, 'media-port': this.stack.mediaPort,
      lesson: this.stack.lesson, 'publish-token': this.publishToken, 'watch-token': this.watchToken,
      count, rate, seed };
    const args = Object.entries(options).filter(([, value]) => value !== undefined)
      .flatMap(([key, value]) => [`--${key}`, String(value)]);
    const child = spawn(path.join(build, 'tests/support/hostile/duet-hostile'), [name, ...args],
      { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise((resolve) => { child.on('close', resolve); });
    let errors = '';
    let last = '';
    child.stderr.on('data', (data) => { errors += data; });
    let rest = '';
    let watching = Promise.resolve();
    child.stdout.on('data', (data) => {
      const lines = (rest + data).split('\n');
      rest = lines.pop();
      for (const line of lines) {
        if (last) { const whole = JSON.parse(last); watching = watching.then(() => onLine(whole)); }
        last = line;
      }
    });
    const code = await ended;
    await watching;
    console.log(`${name}: ${last}`);
    assert.equal(code, 0, `${name}: ${errors}`);
    return JSON.parse(last);
  }

  /** How much more of each drop the relay counts after what. */
  async drops(what) {
    const before = (await this.tap.stats()).drops;
    const result = await what();
    const after = (await this.tap.stats()).drops;
    return [result, Object.fromEntries(Object.entries(after).map(([key, value]) => [key, value - before[key]]))];
  }

  /** Ends the lesson; it must have gone on without one freeze, over the sessions with which it began. */
  async endLesson() {
    const { frame_log: log, ...figures } = await this.player.finish();
    console.log(`the lesson: ${JSON.stringify(figures)}`);
    const { code } = await this.capture.stop('SIGINT');
    assert.equal(code, 0, this.capture.output);
    assert.equal(lastFigure(this.capture, 'connections'), 1, 'capture published once');
    assert.equal(lastFigure(this.player, 'reconnects'), 0, 'the player joined once');
    if (measured) assert.deepEqual(freezesOfTheLine(log, this.busy), []);
    const seconds = (figures.end_us - figures.first_frame_us) / 1e6;
    const fps = figures.frames_decoded / seconds;
    assert.ok(fps > (measured ? 25 : 5), `${fps.toFixed(1)} pictures per second in ${seconds.toFixed(0)} s`);
    assert.equal(figures.frames_corrupted, 0);
    assert.ok(figures.audio_rms_db > -50, `sound: ${figures.audio_rms_db} dB`);
  }

  async stop() {
    this.busy?.stop();
    await this.stack?.stop();
    this.tap?.stop();
  }
}
