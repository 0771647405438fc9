/* The player's window on a display of its own: the pixels must move where the teacher is. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Display, keep } from '../../support/display.mjs';
import { Program, Stack, delay, waitFor } from '../../support/stack.mjs';

const run = promisify(execFile);

const mean = (pixels) => pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
const difference = (a, b) => a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;

/** How much a part of the screen changes within a few looks; as many as it takes to see it move. */
async function moves(display, area) {
  let last = await display.pixels(area);
  let greatest = 0;
  for (let i = 0; i < 6 && greatest <= 0.3; i++) {
    await delay(400);
    const next = await display.pixels(area);
    greatest = Math.max(greatest, difference(last, next));
    last = next;
  }
  return greatest;
}

const TEACHER = '600x300+30+120';
const LOCAL = '600x300+735+120';

test('the window shows the moving teacher, freezes on pause and enlarges the room on takeover', async () => {
  const stack = await Stack.start();
  const display = await Display.start('1366x768');
  let player;
  try {
    await stack.capture(['--stripe']);
    const token = await stack.tokenFile({ watch: '*' });
    player = new Program('duet-player', [
      '--whep', `${stack.url}/whep/${stack.lesson}`, '--token-file', token, '--silent', '--local', 'none',
      '--json-lines',
    ], { env: { ...process.env, DISPLAY: display.name } });
    await waitFor('the lesson to play', () => /"state": ?"live"/.test(player.output), 30000);
    await waitFor('the teacher not to be black', async () => mean(await display.pixels(TEACHER)) > 20);
    await waitFor('the teacher to move', async () => await moves(display, TEACHER) > 0.3);
    assert.ok(mean(await display.pixels(LOCAL)) > 20, 'the drawn classroom stands in for a camera');

    await display.key('space');
    await waitFor('the teacher to stand still', async () => await moves(display, TEACHER) < 0.05);
    await display.key('space');
    await waitFor('the teacher to move again', async () => await moves(display, TEACHER) > 0.3);

    const before = await display.pixels('600x300+30+160');
    await display.key('F1');
    await waitFor('takeover to change the layout', async () =>
      difference(before, await display.pixels('600x300+30+160')) > 10);
    await delay(500);
    await waitFor('the teacher to be the inset', async () => await moves(display, '340x150+1010+60') > 0.3);
    await display.key('Return');
    await delay(1000); /* the change of layout is no movement of the teacher */
    await waitFor('handing back to restore the layout', async () => await moves(display, TEACHER) > 0.3);
    assert.equal((await player.stop('SIGTERM')).code, 0);
  } catch (error) {
    console.log(player?.output.slice(-2000));
    throw error;
  } finally {
    await player?.stop();
    await stack.stop();
    display.stop();
  }
});

test('the key I lays the figures of the line over the picture and takes them away', async () => {
  const stack = await Stack.start();
  const displays = [await Display.start('1366x768'), await Display.start('1366x768')];
  const players = [];
  try {
    await stack.capture();
    const token = await stack.tokenFile({ watch: '*' });
    for (const [i, language] of ['zh-CN', 'en'].entries()) {
      players.push(new Program('duet-player', [
        '--whep', `${stack.url}/whep/${stack.lesson}`, '--token-file', token, '--silent', '--local', 'none',
        '--json-lines', '--language', language,
      ], { env: { ...process.env, DISPLAY: displays[i].name } }));
    }
    for (const player of players) {
      await waitFor('the lesson to play', () => /"state": ?"live"/.test(player.output), 30000);
    }
    const corner = '300x60+30+150'; /* the white wall of the sample lesson */
    for (const [i, display] of displays.entries()) {
      let bare;
      await waitFor('the white wall', async () => mean(bare = await display.pixels(corner)) > 150);
      await display.key('i');
      await waitFor('figures over the picture', async () => mean(await display.pixels(corner)) < 100);
      await delay(1200);
      await keep(display, `player-figures-${['zh-CN', 'en'][i]}`);
      await display.key('i');
      await waitFor('the whole picture', async () => difference(bare, await display.pixels(corner)) < 8);
    }
  } catch (error) {
    console.log(players[0]?.output.slice(-2000));
    throw error;
  } finally {
    for (const player of players) await player.stop();
    await stack.stop();
    for (const display of displays) display.stop();
  }
});

test('a missing local picture is named and an image is shown', async () => {
  const display = await Display.start('1366x768');
  const env = { ...process.env, DISPLAY: display.name };
  const whep = ['--whep', 'http://127.0.0.1:9/whep/demo', '--token', 'any', '--silent', '--json-lines'];
  try {
    const missing = new Program('duet-player', [...whep, '--local', '/nonexistent.png'], { env });
    assert.equal((await missing.ended).code, 1);
    assert.match(missing.output, /\/nonexistent\.png: no such file or camera/);

    const image = path.resolve('/tmp', `duet-player-${process.pid}.png`);
    await run('convert', ['-size', '640x360', 'xc:#ffffff', image]);
    const player = new Program('duet-player', [...whep, '--local', image], { env });
    await waitFor('the white image to fill the local pane', async () => mean(await display.pixels(LOCAL)) > 200);
    assert.equal((await player.stop('SIGTERM')).code, 0);
    await run('rm', [image]);
  } finally {
    display.stop();
  }
});
