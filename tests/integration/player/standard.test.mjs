/* The player against a WHEP server that shares nothing with the relay (webrtcbin on both ends). */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Program, build, delay, waitFor } from '../../support/stack.mjs';

class Answerer {
  static async start(args = []) {
    const answerer = new Answerer();
    answerer.folder = await mkdtemp(path.join(tmpdir(), 'duet-player-'));
    answerer.output = '';
    answerer.child = spawn(path.join(build, 'tests/support/whep-answerer'),
      ['--token', 'right', '--width', '640', '--height', '360', ...args]);
    answerer.child.stdout.on('data', (data) => { answerer.output += data; });
    const port = await waitFor('the answerer', () => /port=(\d+)/.exec(answerer.output)?.[1]);
    answerer.url = `http://127.0.0.1:${port}`;
    return answerer;
  }

  control(what) {
    return fetch(`${this.url}/control/${what}`, { method: 'POST' });
  }

  player(args = []) {
    const stats = path.join(this.folder, 'stats.json');
    const player = new Program('duet-player', ['--whep', `${this.url}/whep/any`, '--token', 'right',
      '--headless', '--json-lines', '--stripe', '--stats', stats, ...args]);
    player.finish = async () => {
      const end = await player.stop('SIGINT');
      return { ...JSON.parse(await readFile(stats, 'utf8')), end };
    };
    return player;
  }

  async stop() {
    this.child.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

const live = (player) => waitFor('the picture', () => /"state": ?"live"/.test(player.output), 20000);
const last = (player, name) => Number([...player.output.matchAll(new RegExp(`"${name}": ?(\\d+)`, 'g'))].at(-1)?.[1] ?? 0);
const frames = (player) => last(player, 'frames_decoded');

for (const [codec, args] of [['H264', []], ['VP8', ['--vp8']]]) {
  test(`${codec} plays, and a lost packet shows no damaged picture`, async () => {
    const answerer = await Answerer.start(args);
    try {
      const player = answerer.player();
      await live(player);
      await waitFor('some pictures', () => frames(player) > 20);
      await answerer.control('break');
      await waitFor('a keyframe to be asked for', () => last(player, 'keyframes_requested') > 0);
      const before = frames(player);
      await waitFor('the picture to go on', () => frames(player) > before + 20);
      const figures = await player.finish();
      assert.equal(figures.codec, codec);
      assert.ok(figures.keyframes_requested >= 1);
      assert.ok(figures.packets_lost >= 1);
      assert.equal(figures.frames_corrupted, 0);
      await waitFor('the session to be deleted', () => /deleted=1/.test(answerer.output));
    } finally {
      await answerer.stop();
    }
  });
}

test('silence brings a new session beside the old one, which ends without a trace', async () => {
  const answerer = await Answerer.start();
  try {
    const player = answerer.player();
    await live(player);
    await delay(1000);
    await answerer.control('pause');
    await waitFor('the player to notice', () => /"event": ?"reconnecting"/.test(player.output), 5000);
    await waitFor('a second connection', () => /generation=2 connecting/.test(player.output), 5000);
    await answerer.control('resume');
    await waitFor('the picture again', () => [...player.output.matchAll(/"event": ?"live"/g)].length >= 2, 20000);
    await waitFor('the freeze to be over', () => last(player, 'freezes') > 0);
    const figures = await player.finish();
    assert.ok(figures.freezes >= 1);
    assert.ok(figures.frozen_ms > 500);
  } finally {
    await answerer.stop();
  }
});

test('sound goes on without the picture and needs no new session', async () => {
  const answerer = await Answerer.start();
  try {
    const player = answerer.player();
    await live(player);
    await answerer.control('video-off');
    await delay(4000);
    const figures = await player.finish();
    assert.equal(figures.reconnects, 0);
    assert.ok(figures.audio_rms_db > -40);
  } finally {
    await answerer.stop();
  }
});
