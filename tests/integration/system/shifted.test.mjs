/* A room with another bell: it receives the lesson when it is taught, and plays it to its own bell, to its own end. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { County } from '../../support/county.mjs';
import { waitFor } from '../../support/stack.mjs';

const MASTER = '录播教室一';
const RECEIVING = '复式教室';
const DELAY_S = 8;
const lines = (program) => program.output.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
const last = (program) => lines(program).filter((line) => line.type === 'stats').at(-1);

/** When the program said so, in seconds; NaN while it has not. */
const when = (program, event) =>
  Date.parse(new RegExp(`^(\\S+) .*event=${event} `, 'm').exec(program.output)?.[1]) / 1000;

describe('a room that plays its lesson later', () => {
  let county;
  before(async () => { county = await County.start(); });
  after(() => county?.stop());

  /** The room plays every lesson of that entry so much later. */
  async function shift(lesson, room) {
    const { entry } = lesson;
    const weekly = await county.ask('coordinator', 'GET', `/timetable/${entry}`);
    weekly.receiving.find((place) => place.room === room).delay_s = DELAY_S;
    await county.ask('coordinator', 'PUT', `/timetable/${entry}`, weekly);
  }

  test('it joins at the bell of the master room, shows it later, and leaves after its own end', async () => {
    const [capture, player] = [await county.enrol('capture', MASTER), await county.enrol('player', RECEIVING)];
    const lesson = await county.nextLesson(MASTER, RECEIVING);
    await shift(lesson, await county.idOf('rooms', RECEIVING));
    await county.restartAhead(Math.round(lesson.start - 126 - Date.now() / 1000));
    const teacher = county.follow('capture', capture, ['--camera', 'sample', '--microphone', 'sample', '--stripe', '--json-lines']);
    const pupils = county.follow('player', player, ['--headless', '--stripe', '--json-lines']);
    await waitFor('both to join', () => when(teacher, 'join') && when(pupils, 'join'), 30000);
    assert.ok(Math.abs(when(teacher, 'join') - when(pupils, 'join')) < 4, 'at the same bell');
    await waitFor('what is received', () => last(pupils)?.kept_ms > 2000, 30000);
    assert.equal(last(pupils).shift_ms, DELAY_S * 1000);
    await waitFor('pictures in the classroom', () => last(pupils)?.frames_decoded > 30, 40000);
    const { latency_ms: delayMs } = last(pupils);
    assert.ok(delayMs > DELAY_S * 1000 - 100, `${delayMs} ms`);

    /* Fifty seconds before they leave, which is five minutes after the end. */
    await county.restartAhead(Math.round(lesson.end + 250 - Date.now() / 1000));
    await waitFor('the teacher to leave', () => when(teacher, 'leave'), 90000);
    const frames = last(pupils).frames_decoded;
    await waitFor('the room to leave', () => when(pupils, 'leave'), 40000);
    const laterS = when(pupils, 'leave') - when(teacher, 'leave');
    console.log(`the room left ${laterS} s later and has seen ${last(pupils).frames_decoded - frames} pictures meanwhile`);
    assert.ok(laterS > DELAY_S - 3 && laterS < DELAY_S + 4, `${laterS} s`);
    assert.ok(last(pupils).frames_decoded - frames > 40, 'what was kept has been played to the end');
  });

  test('a machine that is switched on in mid-lesson is live: a picture now, not a shift later', async () => {
    const [capture, player] = [await county.enrol('capture', MASTER), await county.enrol('player', RECEIVING)];
    const lesson = await county.nextLesson(MASTER, RECEIVING);
    await shift(lesson, await county.idOf('rooms', RECEIVING));
    await county.restartAhead(Math.round(lesson.start + 600 - Date.now() / 1000));
    const teacher = county.follow('capture', capture, ['--camera', 'sample', '--microphone', 'none', '--json-lines']);
    await waitFor('the picture to be sent', () => last(teacher)?.state === 'live', 30000);
    const pupils = county.follow('player', player, ['--headless', '--json-lines']);
    await waitFor('pictures in the classroom', () => last(pupils)?.frames_decoded > 0, 40000);
    assert.equal(last(pupils).shift_ms, 0);
  });
});
