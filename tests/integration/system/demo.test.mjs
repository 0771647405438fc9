/* The demo as a user runs it, with the real programs: what it measures, and that nothing is left. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { build, measured, media, waitFor } from '../../support/stack.mjs';

const runner = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname),
  '../../../configs/demo/run.py');
let folder;

before(async () => { folder = await mkdtemp(path.join(tmpdir(), 'duet-demo-test-')); });
after(async () => { await rm(folder, { recursive: true, force: true }); });

/** Starts the demo without a display; end is its exit code. */
function start(...args) {
  const environment = { ...process.env, XDG_RUNTIME_DIR: folder };
  delete environment.DISPLAY;
  delete environment.WAYLAND_DISPLAY;
  const demo = spawn('python3', ['-B', runner, '--build', build, ...args],
    { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  demo.output = '';
  for (const stream of [demo.stdout, demo.stderr]) stream.on('data', (data) => { demo.output += data; });
  demo.end = new Promise((resolve) => { demo.on('exit', resolve); });
  return demo;
}

/** Processes that were started with a path in this test's folder. */
async function processes() {
  const found = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(`${folder}/duet-demo-`)) found.push({ pid: Number(pid), line: line.replaceAll('\0', ' ') });
  }
  return found;
}

const left = async () => (await processes()).map(({ line }) => line);

async function check(...args) {
  const file = path.join(folder, 'out.json');
  const demo = start('--check', '--seconds', '6', '--json', file, ...args);
  const code = await demo.end;
  const report = JSON.parse(await readFile(file, 'utf8'));
  if (measured) assert.equal(code, 0, `${demo.output}\n${JSON.stringify(report, null, 1)}`);
  assert.ok(report.frames_decoded >= (measured ? 0.95 : 0.3) * report.frames_encoded);
  assert.ok(report.frames_encoded > (measured ? 100 : 30));
  assert.ok(report.audio_rms_db > -60);
  assert.deepEqual(await left(), []);
  assert.deepEqual((await readdir(folder)).filter((name) => name.startsWith('duet-demo-')), []);
  return report;
}

test('the sample lesson arrives at the player with picture, sound and measured delay', async () => {
  const report = await check();
  assert.equal(report.matched_by, 'counter');
  for (const name of ['p50', 'p95', 'p99']) assert.ok(report.latency_ms[name] > 0);
});

test('real footage arrives too', async (t) => {
  const camera = media('teacher-camera.mkv');
  if (!await stat(camera).catch(() => null)) return t.skip('no footage: set DUET_TEST_MEDIA');
  await check('--camera', `file:${camera}`, '--microphone', `file:${media('teacher-voice.opus')}`);
});

/** A request of the coordinator, with the password that the demo has printed. */
async function asCoordinator(demo) {
  const [, url] = /Open +(http\S+)\//.exec(demo.output);
  const [, password] = /as coordinator +password (\S+)/.exec(demo.output);
  const answer = await fetch(`${url}/api/v1/login`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name: 'coordinator', password }),
  });
  const headers = { Cookie: answer.headers.get('set-cookie').split(';')[0] };
  return async (target) => (await fetch(`${url}/api/v1${target}`, { headers })).json();
}

test('the lesson is in progress on the pages too: both boxes are well, everybody is there', async () => {
  const demo = start();
  await waitFor('the demo to introduce itself', () => /Ctrl-C ends the demo/.test(demo.output), 30000);
  const ask = await asCoordinator(demo);
  const today = new Date().toLocaleDateString('sv', { timeZone: 'Asia/Shanghai' });
  await waitFor('the lesson to be live', async () =>
    (await ask(`/organisations/1/weeks/${today}`)).lessons.some((lesson) => lesson.state === 'live'), 15000);
  const { now_ms: nowMs, devices } = await ask('/devices');
  const here = devices.filter((device) => device.seen > nowMs / 1000 - 60);
  assert.deepEqual(here.map((device) => [device.room_name, device.kind, device.next.running]).sort(),
    [['四年级教室', 'player', true], ['录播教室三', 'capture', true]]);
  for (const device of here) {
    const parts = Object.entries(device.health);
    assert.ok(parts.length > 0);
    assert.deepEqual(parts.filter(([, word]) => word !== 'ok'), [], `${device.room_name} is not well`);
  }
  const { exceptions, lessons } = await ask('/organisations/1/exceptions');
  assert.deepEqual(exceptions, []);
  assert.equal(lessons.running, 1);
  demo.kill('SIGINT');
  assert.equal(await demo.end, 0);
});

test('Ctrl-C ends a demo without a display, and no process stays', async () => {
  const demo = start();
  await waitFor('the demo to introduce itself', () => /Ctrl-C ends the demo/.test(demo.output), 30000);
  assert.match(demo.output, /runs headless/);
  assert.equal((await left()).length, 4);
  demo.kill('SIGINT');
  assert.equal(await demo.end, 0);
  assert.deepEqual(await left(), []);
});

test('a relay that is killed during the demo is started again, and the lesson goes on', async () => {
  const demo = start();
  await waitFor('the demo to introduce itself', () => /Ctrl-C ends the demo/.test(demo.output), 30000);
  const relay = (await processes()).find(({ line }) => line.includes('duet-relay'));
  process.kill(relay.pid, 'SIGKILL');
  await waitFor('a line that says so', () => /relay.*again/.test(demo.output), 5000);
  const told = demo.output.length;
  await waitFor(`both programs to be live again\n${demo.output}`, () =>
    /capture live .*player live/.test(demo.output.slice(told)), 15000);
  demo.kill('SIGINT');
  assert.equal(await demo.end, 0);
  assert.deepEqual(await left(), []);
});
