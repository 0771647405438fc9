/* Classrooms' machines follow the bell: nobody touches them, and the lesson is on the screen. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { County } from '../../support/county.mjs';
import { waitFor } from '../../support/stack.mjs';

const MASTER = '录播教室一';
const RECEIVING = '复式教室';
const lines = (program) => program.output.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
const last = (program) => lines(program).filter((line) => line.type === 'stats').at(-1);
const events = (program, name) => lines(program).filter((line) => line.event === name);

describe('devices follow the bell', () => {
  let county;
  before(async () => { county = await County.start(); });
  after(() => county?.stop());

  test('a code enrols a program and tells where it is', async () => {
    const device = await county.enrol('player', RECEIVING);
    assert.equal(device.place, `enrolled in ${RECEIVING}, 石沟教学点`);
    const identity = JSON.parse(await readFile(path.join(device.folder, 'device.json'), 'utf8'));
    assert.equal(identity.server, county.stack.url);
  });

  test('at the bell capture and player join by the clock of the server, and the lesson is seen', async () => {
    const [capture, player] = [await county.enrol('capture', MASTER), await county.enrol('player', RECEIVING)];
    const lesson = await county.nextLesson(MASTER, RECEIVING);
    /* six seconds before the two minutes before the bell; the machines' own clocks stay where they are, days away */
    await county.restartAhead(Math.round(lesson.start - 126 - Date.now() / 1000));
    const teacher = county.follow('capture', capture, ['--camera', 'sample', '--microphone', 'sample', '--json-lines']);
    const pupils = county.follow('player', player, ['--headless', '--json-lines']);
    await waitFor('the standby line', () => last(teacher)?.state === 'standby');
    assert.ok(county.nowS() < lesson.start - 119, 'the machines were slower than the bell');
    assert.equal(events(teacher, 'join').length, 0);
    await waitFor('the join', () => events(teacher, 'join').length === 1);
    assert.ok(county.nowS() >= lesson.start - 121);
    await waitFor('pictures in the classroom', () => last(pupils)?.frames_decoded > 30, 30000);
    const { devices } = await county.ask('coordinator', 'GET', '/devices');
    assert.equal(devices.filter((device) => Math.abs(device.seen - county.nowS()) < 60).length, 2);

    /* the same lesson, six minutes behind its end */
    await county.restartAhead(Math.round(lesson.end + 360 - Date.now() / 1000));
    await waitFor('the end', () => events(teacher, 'leave').length === 1, 60000);
  });

  test('a machine that is switched on in mid-lesson joins at once, also while signaling was away', async () => {
    const device = await county.enrol('capture', MASTER);
    const lesson = await county.nextLesson(MASTER, RECEIVING);
    await county.restartAhead(Math.round(lesson.start + 600 - Date.now() / 1000));
    await county.stack.signaling.stop();
    const teacher = county.follow('capture', device, ['--camera', 'sample', '--microphone', 'none', '--json-lines']);
    await waitFor('the offline line', () => last(teacher)?.state === 'offline');
    await county.restartAhead(county.aheadS);
    await waitFor('the picture to be sent', () => last(teacher)?.state === 'live', 30000);
  });

  test('without the server the timetable of last time is there', async () => {
    const device = await county.enrol('capture', MASTER);
    const first = county.follow('capture', device, ['--camera', 'none', '--microphone', 'sample', '--json-lines']);
    await waitFor('the timetable', async () => readFile(path.join(device.folder, 'day.json'), 'utf8').catch(() => false));
    await first.stop();
    await county.stack.signaling.stop();
    const again = county.follow('capture', device, ['--camera', 'none', '--microphone', 'sample', '--json-lines']);
    await waitFor('the offline line', () => last(again)?.state === 'offline' && /王芳|李伟|陈静|no lesson/.test(last(again).note ?? ''));
    await again.stop();
    await county.restartAhead(0);
  });

  test('a revoked device says so and leaves', async () => {
    const device = await county.enrol('capture', MASTER);
    const { device: id } = JSON.parse(await readFile(path.join(device.folder, 'device.json'), 'utf8'));
    const program = county.follow('capture', device, ['--camera', 'sample', '--json-lines']);
    await waitFor('the standby line', () => last(program)?.state === 'standby');
    await county.ask('coordinator', 'DELETE', `/devices/${id}`, { in_lesson: true });
    await waitFor('the word', () => last(program)?.state === 'revoked' && /enrol it/.test(last(program).note), 45000);
  });

  test('a damaged identity is an error, never a new key', async () => {
    const device = await county.enrol('capture', MASTER);
    await writeFile(path.join(device.folder, 'device.json'), '{"server": "x"}', { mode: 0o600 });
    const program = county.follow('capture', device, ['--json-lines']);
    const { code } = await program.ended;
    assert.notEqual(code, 0);
    assert.match(program.output, /device\.json: .*enrol this device with a new code/);
  });
});
