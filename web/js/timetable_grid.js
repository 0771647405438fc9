/* The week as a table: a row for each period, a column for each day. Arrow keys move between lessons and free places, and lessons
 * can be dragged to another one; everything that dragging does "move to" (timetable_move.js) does too. */

import { t } from './i18n.js';
import { rove } from './roving.js';
import { openMove } from './timetable_move.js';
import { timesOf } from './timetable_rows.js';
import { clockOf, el, shortDate, weekdayName, weekdayOf } from './timetable_words.js';

export { setOf } from './timetable_rows.js';

const clocks = (span) => `${clockOf(span.start_minute)}–${clockOf(span.end_minute)}`;

/** When it is and what has become of it. */
function timeText(lesson, layout) {
  const parts = [];
  if (lesson.start) parts.push(clocks(lesson));
  else if (!lesson.holiday) parts.push(t('timetable.no_time'));
  if (lesson.delay > 0) parts.push(t('timetable.played_later', { minutes: Math.round(lesson.delay / 60) }));
  if (lesson.holiday) parts.push(t('timetable.state_holiday'));
  else if (!lesson.own && layout.said.get(lesson.day)?.holiday) parts.push(t('timetable.holiday_here'));
  if (lesson.state === 'cancelled' || (lesson.start && lesson.state !== 'scheduled')) parts.push(t(`timetable.state_${lesson.state}`));
  if (lesson.reason) parts.push(lesson.reason);
  return parts.join(' · ');
}

const DOUBTS = { frozen: '■', unpaired: '□', disabled: '✕' };

/* What of it a school looks at: all of what it teaches; of what it receives its own rooms, and who teaches it. */
function concerns(doubt, lesson, week, school) {
  return lesson.own || week.byMaster || doubt.place === lesson.room || week.rooms.get(doubt.place)?.school === school.id;
}

/** That it goes on without what it needs, in the words of today's exceptions, each with the school on the other side. */
function doubtLines(lesson, week, school) {
  const doubts = (lesson.doubts ?? []).filter((doubt) => concerns(doubt, lesson, week, school));
  const other = (doubt) => {
    const room = week.rooms.get(lesson.own || week.byMaster ? doubt.place : lesson.room);
    return room ? week.schoolName(room.school) : t('timetable.elsewhere');
  };
  return Object.keys(DOUBTS).map((kind) => ({ kind, found: doubts.filter((doubt) => doubt.kind === kind) })).filter(({ found }) => found.length > 0)
    .map(({ kind, found }) => el('small', { class: 'doubt' }, el('span', { 'aria-hidden': 'true' }, `${DOUBTS[kind]} `),
      t(`timetable.doubt_${kind}`, { school: [...new Set(found.map(other))].join(t('timetable.and')) })));
}

function lessonClasses(lesson, week, isDoubtful) {
  return ['lesson', lesson.own || 'received', lesson.state, lesson.holiday && 'not-held', lesson.substituted && 'substituted',
    week.clashing?.has(lesson.id) && 'clashes', isDoubtful && 'doubtful'].filter((name) => typeof name === 'string').join(' ');
}

function lessonButton(lesson, layout, week, on) {
  const teacher = week.people.get(lesson.teacher)?.name ?? '';
  const rooms = lesson.own ? lesson.receiving.map((id) => week.rooms.get(id)) : [week.rooms.get(lesson.room)];
  const where = rooms.map((room) => (room ? week.schoolName(room.school) : t('timetable.elsewhere'))).join('、');
  const clashes = week.clashing?.has(lesson.id);
  const doubts = doubtLines(lesson, week, layout.school);
  const button = el('button', {
    type: 'button', class: lessonClasses(lesson, week, doubts.length > 0), draggable: lesson.own && on.mayMove ? 'true' : false, tabindex: '-1', onclick: () => on.open(lesson),
  }, el('strong', {}, ...(clashes ? [el('span', { class: 'clash-mark', role: 'img', 'aria-label': t('timetable.clash_mark') }, '⚠')] : []), `${lesson.subject}/${teacher}`, lesson.substituted ? el('em', {}, t('timetable.once_mark')) : ''),
  el('small', {}, (lesson.own ? '→ ' : '← ') + (where || t('timetable.no_receiving'))),
  el('small', { class: 'where' }, timeText(lesson, layout)), ...doubts);
  button.addEventListener('dragstart', (event) => {
    event.dataTransfer.setData('text/plain', JSON.stringify({ entry: lesson.entry }));
    event.dataTransfer.effectAllowed = 'move';
  });
  return button;
}

/** A lesson and, where it may be moved, the way to another place. */
function placedLesson(lesson, layout, week, on) {
  const parts = [lessonButton(lesson, layout, week, on)];
  if (lesson.own && on.mayMove) {
    parts.push(el('button', {
      type: 'button', class: 'move-to', tabindex: '-1', title: t('timetable.move_menu'),
      'aria-label': t('timetable.move_lesson', { subject: lesson.subject, place: t('timetable.place', { day: weekdayName(weekdayOf(lesson.day)), period: lesson.row }) }),
      onclick: () => openMove(layout, lesson, (weekday, period) => on.move(lesson.entry, weekday, period)),
    }, '⇄'));
  }
  return el('div', { class: 'placed', 'data-entry': lesson.entry }, ...parts);
}

function acceptDrops(cell, day, number, on) {
  cell.addEventListener('dragover', (event) => {
    event.preventDefault();
    cell.classList.add('over');
  });
  cell.addEventListener('dragleave', () => cell.classList.remove('over'));
  cell.addEventListener('drop', (event) => {
    event.preventDefault();
    cell.classList.remove('over');
    try {
      const { entry, pairing } = JSON.parse(event.dataTransfer.getData('text/plain'));
      if (Number.isInteger(entry) && on.mayMove) on.move(entry, weekdayOf(day), number);
      if (Number.isInteger(pairing) && on.mayAdd) on.place(pairing, weekdayOf(day), number);
    } catch { /* something else was dropped */ }
  });
}

function cellOf(layout, day, number, week, on) {
  const lessons = layout.lessonsAt(day, number);
  const exists = layout.period(day, number) !== null;
  const cell = el('td', {
    class: layout.said.get(day)?.holiday ? 'holiday' : exists ? '' : 'no-period', 'data-day': day, 'data-period': number,
  }, ...lessons.map((lesson) => placedLesson(lesson, layout, week, on)));
  if (!exists) return cell;
  if (lessons.length === 0 && on.mayAdd) {
    cell.append(el('button', {
      type: 'button', class: 'cell', tabindex: '-1', onclick: () => on.add(weekdayOf(day), number),
      'aria-label': t('timetable.add_at', { day: weekdayName(weekdayOf(day)), period: number }),
    }, '＋'));
  }
  if (on.mayAdd || on.mayMove) acceptDrops(cell, day, number, on);
  return cell;
}

function dayHead(layout, day, today) {
  const special = layout.said.get(day);
  const note = special?.holiday ? t('timetable.holiday') : special && special.held_day !== day
    ? t('timetable.held', { day: shortDate(special.held_day) }) : '';
  return el('th', { scope: 'col', class: day === today ? 'today' : '' },
    weekdayName(weekdayOf(day)), el('small', {}, `${shortDate(day)} ${note}`));
}

/** Its number, and its time; where bells change within the week, the times of which days. */
function rowHead(layout, number) {
  const times = timesOf(layout, number);
  const daysOf = ({ from, to }) => [...new Set([from, to])].map((day) => weekdayName(weekdayOf(day))).join('–');
  return el('th', { scope: 'row' }, String(number),
    ...times.map((time) => el('small', {}, times.length > 1 ? `${daysOf(time)} ` : '', el('span', {}, clocks(time.period)))));
}

/**
 * layout: of timetable_rows.js; week: {rooms, people, clashing, byMaster, schoolName}; on: {open, add, move, place, mayAdd, mayMove}.
 */
export function weekTable(layout, week, school, today, on) {
  const head = el('tr', {}, el('th', { scope: 'col' }, t('timetable.period'), el('small', {}, t('timetable.bells_of', { school: school.name }))),
    ...layout.days.map((day) => dayHead(layout, day, today)));
  const rows = layout.numbers.map((number) => el('tr', {}, rowHead(layout, number),
    ...layout.days.map((day) => cellOf(layout, day, number, week, on))));
  const table = el('table', { class: 'grid', 'aria-label': t('timetable.title') }, el('thead', {}, head), el('tbody', {}, ...rows));
  rove(table);
  return table;
}
