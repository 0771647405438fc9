/* A teacher's own week, by day, and the address with which a calendar program shows it. */

import { myWeek } from './api.js';
import { startConsole } from './console.js';
import { t } from './i18n.js';
import { showMyCalendar } from './my_calendar.js';
import { PageState, redraw, timeOfDay } from './page_state.js';
import { addDays, el, mondayOf, shortDate, wallClock, weekdayName, weekdayOf } from './timetable_words.js';

const byId = (id) => document.getElementById(id);
let person = null;
let state;
let week = null;
let monday = null; /* "2026-11-23" */
let asked = 0;

const today = () => wallClock(week ? week.now_ms / 1000 : Date.now() / 1000, person.zone).date;
const placeName = ({ school, room }) => `${school} ${room}`.trim();

/* Where and with whom: for who teaches the rooms that watch, for who stands beside the screen who is on it. */
function detail(lesson) {
  const rooms = lesson.receiving.map(placeName).join(t('timetable.and'));
  return lesson.teaches
    ? t('week.teaches', { place: placeName(lesson.master), rooms: rooms || t('week.nobody') })
    : t('week.watches', { teacher: lesson.teacher, place: placeName(lesson.master), rooms });
}

function mark(lesson) {
  if (lesson.state === 'cancelled') return t('week.cancelled');
  return lesson.substituted ? t('week.substituted') : '';
}

function lessonItem(lesson) {
  const at = (seconds) => timeOfDay(new Date(seconds * 1000), lesson.zone);
  const what = mark(lesson);
  const why = [what, lesson.reason].filter(Boolean).join(t('week.colon'));
  return el('li', { class: `week-lesson ${lesson.state === 'cancelled' ? 'cancelled' : ''}` },
    el('time', {}, lesson.start ? `${at(lesson.start)}–${at(lesson.end)}` : t('week.no_time')),
    el('strong', {}, t('week.lesson', { grade: t(`timetable.grade_${lesson.grade}`), subject: lesson.subject })),
    el('small', {}, detail(lesson)), ...(what ? [el('small', { class: 'mark' }, `▲ ${why}`)] : []));
}

function daySection(day) {
  const lessons = week.lessons.filter((lesson) => lesson.day === day).sort((a, b) => a.start - b.start);
  const isToday = day === today();
  if (lessons.length === 0 && !isToday) return [];
  return [el('section', { class: `week-day ${isToday ? 'today' : ''}` },
    el('h2', {}, [weekdayName(weekdayOf(day)), shortDate(day), ...(isToday ? [t('week.today')] : [])].join(' ')),
    lessons.length ? el('ul', {}, ...lessons.map(lessonItem)) : el('p', { class: 'hint' }, t('home.no_lessons')))];
}

function show() {
  document.title = `${t('week.title')} · Duet`;
  if (!week) return;
  byId('which').textContent = `${shortDate(monday)}–${shortDate(addDays(monday, 6))}`;
  byId('now').disabled = monday === mondayOf(today());
  const days = [0, 1, 2, 3, 4, 5, 6].flatMap((offset) => daySection(addDays(monday, offset)));
  redraw(byId('days'), ...(days.length ? days : [el('p', { class: 'empty' }, t('week.none'))]));
  showMyCalendar(week.person);
}

/* Who presses twice sees the week that they asked for last. */
async function load(wanted) {
  const number = asked += 1;
  try {
    const found = await myWeek(wanted);
    if (number !== asked) return;
    week = found;
    monday = found.first_day;
    state.arrived();
    show();
    state.ready();
  } catch (error) {
    if (number === asked) state.failedAgain(error, () => load(wanted), person.zone);
  }
}

byId('before').addEventListener('click', () => load(addDays(monday, -7)));
byId('after').addEventListener('click', () => load(addDays(monday, 7)));
byId('now').addEventListener('click', () => load(today()));

person = await startConsole({ onLanguage: show });
state = new PageState();
state.loading();
await load(today());
