/* The coordinator's timetable: a school's week, lessons placed, moved and taken away. */

import { changeEntry, entryOf, listOf, schoolBells, weekOf } from './api.js';
import { startConsole } from './console.js';
import { openEntry } from './entry_dialog.js';
import { t } from './i18n.js';
import { openLesson } from './lesson_changes.js';
import { PageState, reason } from './page_state.js';
import { weekTable } from './timetable_grid.js';
import { addDays, el, mondayOf, shortDate, wallClock, weekdayName, weekOfTerm } from './timetable_words.js';

const byId = (id) => document.getElementById(id);

const county = {
  organisations: [], rooms: [], people: [], terms: [], subjects: [], grades: [], term: null, day: '', bells: new Map(),
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
let school = null;
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
  const table = weekTable(week, school, week.bells, today(), {
    mayAdd,
    open,
    add: (weekday, period) => openEntry(county, { weekday, period, room: ownRoom(), teacher: Number(byId('teacher-filter').value) || undefined }, saved),
    move,
  });
  const term = county.term;
  byId('week-name').textContent = `${term ? t('timetable.week_number', { number: weekOfTerm(term, week.first_day) }) : ''} `
    + `${shortDate(week.first_day)}–${shortDate(addDays(week.first_day, 6))}`;
  if (!table) {
    showEmpty('timetable.no_bells', role === 'inspector' ? null
      : el('a', { class: 'button', href: '/import.html?kind=bells', 'data-t': 'timetable.import_bells' }));
    return;
  }
  byId('import-link').hidden = !mayAdd || week.lessons.length > 0;
  showTools(true);
  state.ready();
  byId('grid').replaceChildren(table);
}

const ownRoom = () => county.rooms.find((room) => room.school === school.id && room.use !== 'receiving')?.id;

async function loadWeek() {
  const load = ++loads;
  try {
    const [answer, bells] = await Promise.all([weekOf(school.id, county.day), county.bellsOf(school.id)]);
    if (load !== loads) return;
    state.arrived();
    const teacher = Number(byId('teacher-filter').value);
    week = {
      ...answer,
      bells,
      lessons: answer.lessons.filter((lesson) => !teacher || lesson.teacher === teacher),
      rooms: new Map(county.rooms.map((room) => [room.id, room])),
      people: new Map(county.people.map((person) => [person.id, person])),
      schoolName: (id) => county.schoolName(id),
    };
    show();
  } catch (error) {
    if (load === loads) showFailure(error, loadWeek);
  }
}

async function saved(text) {
  await loadWeek();
  say(text);
}

/** Of a lesson that is taught elsewhere a school sees its own place alone. */
async function open(lesson) {
  if (!mayAdd) return;
  const once = (onWeekly) => openLesson(county, lesson.id, school, { onSaved: saved, onWeekly })
    .catch((error) => say(reason(error), true));
  try {
    const entry = await entryOf(lesson.entry);
    const weekly = () => openEntry(county, entry, saved, () => once(weekly));
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
    await changeEntry({ ...entry, weekday, period });
    await saved(t('timetable.saved', { subject: entry.subject, day: weekdayName(weekday), period }));
  } catch (error) {
    if (error.status === 409) openEntry(county, { ...entry, weekday, period }, saved);
    else say(reason(error), true);
  }
}

function fillChoices() {
  const schools = county.organisations.filter((each) => each.kind === 'school');
  byId('school').replaceChildren(...schools.map((each) => el('option', { value: each.id, selected: each.id === school?.id }, each.name)));
  const teachers = county.people.filter((person) => person.role === 'master_teacher');
  const chosen = byId('teacher-filter').value;
  byId('teacher-filter').replaceChildren(el('option', { value: 0 }, t('timetable.all_teachers')),
    ...teachers.map((person) => el('option', { value: person.id, selected: String(person.id) === chosen }, person.name)));
}

function chooseTerm() {
  county.term = county.terms.find((term) => term.first_day <= addDays(county.day, 6) && term.last_day >= county.day)
    ?? county.terms[0] ?? null;
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
  school = county.organisations.find((each) => each.kind === 'school') ?? null;
  if (!school) {
    showEmpty('timetable.no_schools');
    return;
  }
  county.day = mondayOf(today());
  chooseTerm();
  fillChoices();
  await loadWeek();
}

async function turn(days) {
  county.day = days === 0 ? mondayOf(today()) : addDays(county.day, days);
  chooseTerm();
  say('');
  await loadWeek();
}

byId('week-before').addEventListener('click', () => turn(-7));
byId('week-now').addEventListener('click', () => turn(0));
byId('week-after').addEventListener('click', () => turn(7));
byId('school').addEventListener('change', () => {
  school = county.organisations.find((each) => each.id === Number(byId('school').value));
  say('');
  loadWeek();
});
byId('teacher-filter').addEventListener('change', loadWeek);
byId('add').addEventListener('click', () => openEntry(county, { weekday: 1, period: 1, room: ownRoom() }, saved));

({ role } = await startConsole({
  onLanguage() {
    if (!school) return;
    fillChoices();
    show();
  },
}));
state = new PageState();
await start();
