/* The coordinator's timetable: a week, lessons placed, moved and taken away. */

import { changeEntry, entryOf, listOf, schoolBells } from './api.js';
import { clashingLessons, clashPanels } from './clash_panel.js';
import { startConsole } from './console.js';
import { delayNotes } from './entry_delays.js';
import { openEntry } from './entry_dialog.js';
import { t } from './i18n.js';
import { openLesson } from './lesson_changes.js';
import { PageState, redraw } from './page_state.js';
import { reason } from './refusals.js';
import { replaceTable } from './roving.js';
import { openTermCopy, termBefore } from './term_copy_dialog.js';
import { readAddress, writeAddress } from './timetable_address.js';
import { weekTable } from './timetable_grid.js';
import { openingSchool, rememberSchool } from './timetable_opening.js';
import { layOut } from './timetable_rows.js';
import { noTerm, termOn, termsOf } from './timetable_terms.js';
import { TimetableView } from './timetable_views.js';
import { waitingList, waitingPairings } from './timetable_waiting.js';
import { addDays, el, mondayOf, shortDate, wallClock, weekdayName, weekOfTerm } from './timetable_words.js';

const byId = (id) => document.getElementById(id);

const county = {
  organisations: [], rooms: [], people: [], terms: [], pairings: [], subjects: [], grades: [], term: null, day: '', bells: new Map(),
  schoolName(id) { return this.organisations.find((each) => each.id === id)?.name ?? ''; },
  roomName(id) {
    const room = this.rooms.find((each) => each.id === id);
    return room ? `${this.schoolName(room.school)} ${room.name}` : '';
  },
  zoneOf(room) {
    const { school: id } = this.rooms.find((each) => each.id === room) ?? {};
    return this.organisations.find((each) => each.id === id)?.zone ?? 'UTC';
  },
  async bellsOf(school) {
    if (!this.bells.has(school)) this.bells.set(school, await schoolBells(school));
    return this.bells.get(school);
  },
};
const view = new TimetableView(county, go);
let opening = null; /* the school that is shown when the address names none */
let school = null; /* whose bells and rooms the table has */
let week = null;
let role = '';
let state;
let mayAdd = false;
let loads = 0;

/* Tools without a school, or with figures that are not there, would do nothing. */
function showTools(shown) {
  byId('tools').hidden = !shown || !school;
  byId('add').hidden = !shown || !mayAdd;
}

function say(text, isError = false) {
  byId('status').textContent = text;
  byId('status').className = isError ? 'status error' : 'status';
}

function showFailure(error, again) {
  showTools(false);
  state.failed(error, again);
}

function showEmpty(id, action = null) {
  showTools(school !== null);
  state.empty(id, action);
}

function today() {
  return wallClock(Date.now() / 1000, school.zone).date;
}

function show() {
  if (!school || !week) return;
  const layout = layOut(week, school, week.bells);
  showTerm(layout);
  if (!county.term && week.lessons.length === 0) {
    const { id, ways } = noTerm(county, school, week.first_day, goTo);
    showEmpty(id, ways);
    return;
  }
  if (!layout.hasBells) {
    showEmpty('timetable.no_bells', role === 'inspector' ? null
      : el('a', { class: 'button', href: '/import.html?kind=bells', 'data-t': 'timetable.import_bells' }));
    return;
  }
  showTools(true);
  state.ready();
  showGrid(layout);
  showWaiting();
  showClashes();
}

/* Which week of which term it is; lessons of another school's term may be received where there is none. */
function showTerm(layout) {
  const { term } = county;
  byId('week-name').textContent = `${term ? t('timetable.week_number', { number: weekOfTerm(term, week.first_day) }) : ''} `
    + `${shortDate(week.first_day)}–${shortDate(addDays(week.first_day, 6))}`;
  byId('no-term').hidden = term !== null;
  byId('import-link').hidden = !mayAdd || !layout.hasBells || week.lessons.length > 0;
  byId('copy').hidden = !mayAdd || !layout.hasBells || view.kind !== 'school' || !termBefore(ownCounty())
    || week.lessons.some((lesson) => week.rooms.get(lesson.room)?.school === school.id);
}

function showGrid(layout) {
  byId('times-note').hidden = !week.byMaster;
  replaceTable(byId('grid'), weekTable(layout, week, school, today(), {
    mayAdd,
    mayMove: role === 'coordinator',
    open,
    add: (weekday, period) => openEntry(county, { ...view.start(school), weekday, period }, saved),
    move,
    place: (id, weekday, period) => place(county.pairings.find((pairing) => pairing.id === id), weekday, period),
  }));
}

/* What the dialogs may choose from: terms of the school that is looked at. */
const ownCounty = () => ({ ...county, terms: termsOf(county, school) });

/* A lesson stays in its own term, whatever is on in the week that is shown. */
const countyOf = (entry) => ({ ...county, term: county.terms.find((term) => term.id === entry.term) ?? { id: entry.term } });

function showWaiting() {
  const list = view.kind === 'school' ? waitingList(waitingPairings(county, school), county, { mayAdd, place }) : null;
  redraw(byId('waiting'), ...(list ? [list] : []));
}

/** The lesson that a pairing has not yet: on Monday, until somebody says when. */
function place(pairing, weekday = 1, period = 1) {
  openEntry(county, {
    subject: pairing.subject, room: pairing.master_room, receiving: [{ room: pairing.receiving_room, teacher: 0, delay_s: 0 }], weekday, period,
  }, saved);
}

function showClashes() {
  const panels = clashPanels(week.clashes, school.zone, {
    mayChange: role === 'coordinator',
    moved: saved,
    failed: (error, entry, isMoved = false) => (error.status === 409 ? openEntry(countyOf(entry), entry, saved, { isMoved }) : say(reason(error), true)),
    openOnce: (lesson, clash) => openLesson(county, lesson.id, school, { onSaved: saved, who: clash })
      .catch((error) => say(reason(error), true)),
  });
  redraw(byId('clashes'), ...panels);
}

async function loadWeek() {
  const load = ++loads;
  showBusy(true);
  try {
    const pairings = await listOf('pairings'); // which of them have a lesson changes with every lesson
    if (load !== loads) return;
    county.pairings = pairings;
    view.fill();
    const found = await view.load(county.day);
    const bells = await county.bellsOf(found.school.id);
    if (load !== loads) return;
    state.arrived();
    ({ school } = found);
    if (view.kind === 'school') rememberSchool(school.id);
    chooseTerm();
    week = {
      ...found.answer,
      byMaster: view.kind === 'teacher',
      bells,
      clashing: clashingLessons(found.answer.clashes),
      rooms: new Map(county.rooms.map((room) => [room.id, room])),
      people: new Map(county.people.map((person) => [person.id, person])),
      schoolName: (id) => county.schoolName(id),
    };
    show();
  } catch (error) {
    if (load === loads) showFailure(error, loadWeek);
  } finally {
    if (load === loads) showBusy(false);
  }
}

/* What is shown is of another week, or of another school, until the answer is there. */
function showBusy(busy) {
  byId('content').setAttribute('aria-busy', String(busy));
}

async function saved(text) {
  await loadWeek();
  say(text);
}

/** Of a lesson that is taught elsewhere a school sees its own place alone. */
async function open(lesson) {
  if (role !== 'coordinator') return;
  const once = (onWeekly) => openLesson(county, lesson.id, school, { onSaved: saved, onWeekly })
    .catch((error) => say(reason(error), true));
  try {
    const entry = await entryOf(lesson.entry);
    const weekly = () => openEntry(countyOf(entry), entry, saved, { onOnce: () => once(weekly) });
    if (lesson.state === 'cancelled') await once(weekly);
    else weekly();
  } catch (error) {
    if (error.status === 403) await once(null);
    else say(reason(error), true);
  }
}

async function move(id, weekday, period) {
  let entry;
  try {
    entry = await entryOf(id);
    if (entry.weekday === weekday && entry.period === period) return;
    const moved = await changeEntry({ ...entry, weekday, period });
    await saved([t('timetable.saved', { subject: entry.subject, day: weekdayName(weekday), period }), ...delayNotes(entry, moved)].join(t('timetable.also')));
  } catch (error) {
    if (error.status === 409) openEntry(countyOf(entry), { ...entry, weekday, period }, saved, { isMoved: true });
    else say(reason(error), true);
  }
}

function chooseTerm() {
  county.term = termOn(county, school, county.day, view.term());
  mayAdd = county.term !== null && role === 'coordinator';
}

async function start() {
  state.loading();
  try {
    [county.organisations, county.rooms, county.people, county.terms, county.subjects, county.grades] = await Promise.all(
      ['organisations', 'rooms', 'people', 'terms', 'subjects', 'grades'].map(listOf));
  } catch (error) {
    showFailure(error, start);
    return;
  }
  if (!county.organisations.some((each) => each.kind === 'school')) {
    showEmpty('timetable.no_schools');
    return;
  }
  await goToAddress();
}

/** What the address says, or the present week of the school at which the page opened. */
async function goToAddress() {
  const choice = readAddress();
  opening ??= await openingSchool(county.organisations, choice.week);
  school ??= opening;
  if (!choice.view && !county.organisations.some((each) => each.kind === 'school' && each.id === choice.school)) choice.school = opening.id;
  county.day = mondayOf(choice.week ?? today());
  view.setAddress(choice);
  await loadWeek();
}

/** Remembers what was chosen, and shows it. */
async function go() {
  writeAddress({ ...view.address(), week: county.day });
  say('');
  await loadWeek();
}

async function goTo(monday) {
  county.day = monday;
  await go();
}

const turn = (days) => goTo(days === 0 ? mondayOf(today()) : addDays(county.day, days));

byId('week-before').addEventListener('click', () => turn(-7));
byId('week-now').addEventListener('click', () => turn(0));
byId('week-after').addEventListener('click', () => turn(7));
window.addEventListener('popstate', () => { if (school) goToAddress(); });
byId('copy').addEventListener('click', () => openTermCopy(ownCounty(), school, saved));
byId('add').addEventListener('click', () => openEntry(county, { ...view.start(school), weekday: 1, period: 1 }, saved));

({ role } = await startConsole({
  onLanguage() {
    if (!school) return;
    view.fill();
    show();
  },
}));
state = new PageState();
await start();
