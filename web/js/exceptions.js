/* Today's exceptions: who is late, what was not held, which rooms are silent, and which lessons of the coming days lack a
 * teacher or a pairing. Looks by itself every 30 s. */

import { exceptionsOf, listOf } from './api.js';
import { clashSentence } from './clash_words.js';
import { icon, startConsole } from './console.js';
import { t } from './i18n.js';
import { PageState } from './page_state.js';
import { clockOf, el, mondayOf, shortDate, wallClock, weekdayName, weekdayOf } from './timetable_words.js';

const byId = (id) => document.getElementById(id);
const LOOK_MS = 30000;
const KINDS = ['late', 'offline', 'clash', 'disabled', 'frozen', 'unpaired', 'unheld', 'short']; /* what can still be helped comes first */
const PICTURES = { late: 'exceptions', unheld: 'unheld', short: 'clock', offline: 'devices', clash: 'timetable', disabled: 'accounts', frozen: 'pairings', unpaired: 'pairings' };
const GOING_ON = ['disabled', 'frozen', 'unpaired']; /* lessons that go on without what they need */
const SHOWN_LESSONS = 4;
const FIGURES = ['held', 'running', 'coming', 'short', 'unheld', 'cancelled', 'unrecorded'];
let state;
let organisations = [];
let organisation = null;
let day = null;
let looks = 0;
let timer = null;

const clock = (seconds) => clockOf(wallClock(seconds, organisation.zone).minute);

/** "10:22", or with its day when it is another one. */
function momentOf(seconds) {
  const { date } = wallClock(seconds, organisation.zone);
  return date === day.today ? clock(seconds) : `${shortDate(date)} ${weekdayName(weekdayOf(date))} ${clock(seconds)}`;
}

/* What the server counts and does not tell. */
const untold = () => day.exception_count - day.exceptions.length;
const all = () => [...day.exceptions.filter(({ kind }) => !GOING_ON.includes(kind)), ...goingOn(day.exceptions)];

function summary() {
  const next = day.next ? t('exceptions.next', { time: momentOf(day.next) }) : t('exceptions.no_next');
  if (day.exception_count === 0) {
    return el('p', { class: 'summary fine' }, icon('fine'), t('exceptions.fine', { time: clock(day.now) }), el('small', {}, next));
  }
  return el('p', { class: 'summary trouble' }, icon('exceptions'), t('exceptions.count', { count: all().length + untold() }), el('small', {}, next));
}

function whatOf(each) {
  if (each.kind === 'offline') return each.seen ? t('exceptions.offline_since', { time: momentOf(each.seen) }) : t('exceptions.offline');
  const cause = each.kind === 'late' ? t(`exceptions.missing_${each.cause}`) : t(`reports.cause_${each.cause}`);
  return `${t(`exceptions.${each.kind}`)} · ${cause}`;
}

/** Where it can be resolved: the week that it is in, of its own school. */
function clashItem(each) {
  const school = each.clash.lessons.find((lesson) => lesson.id === each.lesson).school;
  return el('li', { class: 'exception clash' }, icon(PICTURES.clash), el('strong', {}, t('exceptions.clash')),
    el('p', {}, clashSentence(each.clash, organisation.zone)),
    el('p', {}, el('a', { href: `/timetable.html#school=${school}&week=${mondayOf(each.day)}` }, t('exceptions.clash_resolve'))));
}

/** One for all lessons of a teacher, or of two rooms, the next one first: what to do is the same for them. */
function goingOn(found) {
  const groups = new Map();
  for (const each of found.filter(({ kind }) => GOING_ON.includes(kind)).sort((a, b) => a.starts - b.starts)) {
    const key = [each.kind, each.person || [each.master_school, each.master_room, each.school, each.room]].join('\n');
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()].map((lessons) => ({ ...lessons[0], lessons }));
}

const lessonLine = (each) => el('li', {}, t('exceptions.lesson', {
  time: `${shortDate(each.day)} ${weekdayName(weekdayOf(each.day))} ${clock(each.starts)}`, grade: t(`timetable.grade_${each.grade}`),
  subject: each.subject, teacher: each.teacher, school: each.master_school,
}));

function goingOnItem(each) {
  const { kind, lessons } = each;
  const values = { count: lessons.length, master: `${each.master_school} ${each.master_room}` };
  const more = lessons.length - SHOWN_LESSONS;
  return el('li', { class: `exception going-on ${kind}` }, icon(PICTURES[kind]),
    el('strong', {}, kind === 'disabled' ? each.person : `${each.school} ${each.room}`),
    el('p', {}, t(`exceptions.${kind}`, values)),
    el('ul', { class: 'hint' }, ...lessons.slice(0, SHOWN_LESSONS).map(lessonLine),
      ...(more > 0 ? [el('li', {}, t('exceptions.more_lessons', { count: more }))] : [])),
    el('p', {}, el('a', { href: `/timetable.html#school=${each.master_school_id}&week=${mondayOf(each.day)}` }, t('exceptions.clash_resolve'))));
}

function item(each) {
  if (each.kind === 'clash') return clashItem(each);
  if (each.lessons) return goingOnItem(each);
  return el('li', { class: `exception ${each.kind}` }, icon(PICTURES[each.kind]),
    el('strong', {}, `${each.school} ${each.room}`), el('p', {}, whatOf(each)),
    el('p', { class: 'hint' }, t(each.kind === 'offline' && each.starts > day.now ? 'exceptions.next_lesson' : 'exceptions.lesson', {
      time: `${clock(each.starts)}–${clock(each.ends)}`, grade: t(`timetable.grade_${each.grade}`), subject: each.subject,
      teacher: each.teacher, school: each.master_school,
    })));
}

function show() {
  if (!day) return;
  const sorted = all().sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || b.starts - a.starts);
  byId('checked').textContent = t('exceptions.checked', { time: clock(day.now) });
  byId('summary').replaceChildren(summary());
  byId('day').replaceChildren(...FIGURES.filter((id) => day.lessons[id] > 0 || id === 'held').map((id) =>
    el('li', {}, `${t(`exceptions.figure_${id}`)} `, el('b', {}, day.lessons[id]))));
  byId('list').replaceChildren(...(sorted.length > 0 ? [el('ul', { class: 'exception-list' }, ...sorted.map(item))] : []),
    ...(untold() > 0 ? [el('p', { class: 'hint' }, t('exceptions.more', { count: untold() }))] : []));
  state.ready();
}

/** One look, and the next one after a while whatever this one gave; an old answer never replaces a new one. */
async function look() {
  const number = ++looks;
  clearTimeout(timer);
  try {
    const answer = await exceptionsOf(organisation.id);
    if (number !== looks) return;
    day = answer;
    state.arrived();
    show();
  } catch (error) {
    if (number !== looks) return;
    state.failedAgain(error, look, organisation.zone);
  }
  timer = setTimeout(look, LOOK_MS);
}

function fillChoices() {
  byId('organisation').replaceChildren(...organisations.filter((each) => each.kind !== 'region').map((each) =>
    el('option', { value: each.id, selected: each.id === organisation?.id }, each.kind === 'county' ? t('bells.all_of', { name: each.name }) : each.name)));
}

async function start() {
  state.loading();
  try {
    organisations = await listOf('organisations');
  } catch (error) {
    state.failed(error, start);
    return;
  }
  organisation = organisations.find((each) => each.kind === 'county') ?? organisations.find((each) => each.kind === 'school') ?? null;
  if (!organisation) {
    state.empty('timetable.no_schools');
    return;
  }
  fillChoices();
  await look();
}

byId('organisation').addEventListener('change', () => {
  organisation = organisations.find((each) => each.id === Number(byId('organisation').value));
  day = null; /* of the other one */
  state.loading();
  look();
});
byId('check').addEventListener('click', () => { if (organisation) look(); });
document.addEventListener('visibilitychange', () => { if (!document.hidden && organisation) look(); });

await startConsole({ onLanguage: () => { if (organisation) { fillChoices(); show(); } } });
state = new PageState();
await start();
