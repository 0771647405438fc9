/* The whole lesson in one session of webrtcbin: camera, content, and a stage that is set and emptied. The
 * sources' pictures differ in width, so that a slot's width says what it shows. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Stack, build, delay, measured, waitFor } from '../../support/stack.mjs';

const WIDTHS = { 'teacher-camera': 320, 'teacher-content': 480, 'room-1': 640 };
const [CAMERA, CONTENT, STAGE, TEACHER_SOUND, STAGE_SOUND] = [0, 1, 2, 3, 4];

let stack;
before(async () => {
  stack = await Stack.start();
  for (const [source, width] of Object.entries(WIDTHS)) {
    const capture = await stack.capture([
      '--whip', `${stack.url}/whip/${stack.lesson}/${source}`,
      '--token-file', await stack.tokenFile({ publish: source }), '--layers', `${width * 9 / 16}`,
      '--set', `video.width=${width}`, '--set', `video.height=${width * 9 / 16}`, '--set', 'video.fps=15',
      '--set', 'video.bitrate_kbps=200', '--set', 'video.preset=ultrafast',
      ...(source === 'teacher-content' ? ['--microphone', 'none'] : []),
    ]);
    await waitFor(`${source} to be live`, () => /"state": ?"live"/.test(capture.output), 30000);
  }
});
after(async () => { await stack?.stop(); });

/** tests/support/whep_slots.c; slots() is what it said last. */
class Viewer {
  static async start(rights, url = `${stack.url}/whep/${stack.lesson}`) {
    const viewer = new Viewer();
    viewer.output = '';
    viewer.child = spawn(path.join(build, 'tests/support/whep-slots'),
      ['--whep', url, '--token-file', await stack.tokenFile(rights)]);
    for (const stream of [viewer.child.stdout, viewer.child.stderr]) {
      stream.on('data', (data) => { viewer.output += data; });
    }
    viewer.ended = new Promise((resolve) => { viewer.child.on('exit', resolve); });
    return viewer;
  }

  slots() {
    const line = this.output.split('\n').filter((text) => text.startsWith('{')).at(-1);
    return line ? JSON.parse(line).slots : [];
  }

  until(what, condition, limitMs = 20000) {
    return waitFor(what, () => {
      assert.equal(this.child.exitCode, null, this.output);
      const slots = this.slots();
      return slots.length > 0 && condition(slots);
    }, limitMs);
  }

  async stop() {
    this.child.kill('SIGINT');
    return this.ended;
  }
}

async function setStage(source) {
  stack.teacherToken ??= await stack.token({ publish: 'teacher-camera' });
  const response = await fetch(`${stack.url}/api/v1/lessons/${stack.lesson}/stage`, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${stack.teacherToken}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ source }),
  });
  assert.equal(response.status, 200, await response.text());
}

test('webrtcbin plays a whole lesson, and its stage comes and goes without renegotiation', async (t) => {
  const viewer = await Viewer.start({ watch: '*' });
  const room = await Viewer.start({ publish: 'room-1', watch: '*' });
  t.after(() => Promise.all([viewer.stop(), room.stop()]));
  for (const each of [viewer, room]) {
    await each.until('camera, content and the teacher', (slots) =>
      slots[CAMERA].width === 320 && slots[CONTENT].width === 480 && slots[TEACHER_SOUND].frames > 20);
  }
  assert.deepEqual([viewer.slots()[STAGE].packets, viewer.slots()[STAGE_SOUND].packets], [0, 0]);

  let start = Date.now();
  await setStage('room-1');
  await viewer.until('the stage', (slots) => slots[STAGE].width === 640 && slots[STAGE_SOUND].frames > 0);
  const firstMs = Date.now() - start;
  await setStage('');
  await delay(500); /* what was on its way has come */
  const still = viewer.slots();
  await delay(1500);
  assert.equal(viewer.slots()[STAGE].packets, still[STAGE].packets, 'an emptied stage sends nothing');
  assert.equal(viewer.slots()[STAGE_SOUND].packets, still[STAGE_SOUND].packets);
  assert.ok(viewer.slots()[CAMERA].frames > still[CAMERA].frames, 'the camera plays on');

  start = Date.now();
  await setStage('room-1');
  await viewer.until('the stage again', (slots) => slots[STAGE].frames > still[STAGE].frames + 10 &&
    slots[STAGE_SOUND].frames > still[STAGE_SOUND].frames + 10);
  console.log(`stage in webrtcbin: first picture after ${firstMs} ms, again after ${Date.now() - start} ms`);
  if (measured) assert.ok(firstMs < 4000, `${firstMs} ms`);
  assert.deepEqual([room.slots()[STAGE].packets, room.slots()[STAGE_SOUND].packets], [0, 0],
    'a room never gets itself');
  await setStage('');
  assert.equal(await viewer.stop(), 0, viewer.output);
  assert.equal(await room.stop(), 0, room.output);
});

test('a stage goes on, and can be changed, when signaling was killed meanwhile', async (t) => {
  const old = await Viewer.start({ watch: '*' });
  t.after(() => old.stop());
  await setStage('room-1');
  await old.until('the stage', (slots) => slots[STAGE].frames > 0);
  const { port } = new URL(stack.url);
  await stack.signaling.stop('SIGKILL');
  const meanwhile = old.slots();
  await old.until('the stage without signaling', (slots) => slots[STAGE].frames > meanwhile[STAGE].frames + 5);
  await stack.startSignaling(port);
  await waitFor('the relay to be back', () => /relay=test .*connected/.test(stack.signaling.output));
  const late = await Viewer.start({ watch: '*' });
  t.after(() => late.stop());
  await late.until('the stage', (slots) => slots[STAGE].width === 640 && slots[STAGE_SOUND].frames > 0);
  await setStage('');
  for (const viewer of [old, late]) {
    await waitFor('an empty stage', async () => {
      const before = viewer.slots();
      await delay(800);
      const now = viewer.slots();
      return now[STAGE].packets === before[STAGE].packets && now[STAGE_SOUND].packets === before[STAGE_SOUND].packets &&
        now[CAMERA].packets > before[CAMERA].packets;
    });
  }
});
