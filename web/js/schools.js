/* Counties with their schools, the schools' rooms, and the terms: what has to be there before a lesson can be planned. Each is
 * changed in a dialog, and removed from there. */

import { addOrganisation, addRoom, addTerm, changeOrganisation, changeRoom, changeTerm, listOf, removeRow } from './api.js';
import { cataloguePanel } from './catalogue_panel.js';
import { startConsole } from './console.js';
import { openForm } from './form_dialog.js';
import { t } from './i18n.js';
import { PageState, redraw } from './page_state.js';
import { textbookPanel } from './textbook_panel.js';
import { el } from './timetable_words.js';

const byId = (id) => document.getElementById(id);
const ZONES = ['Asia/Shanghai', 'Asia/Urumqi', 'Asia/Hong_Kong', 'UTC'];
let person;
let state;
let organisations = [];
let rooms = [];
let terms = [];
let textbooks = [];
let subjects = [];
let grades = [];

const counties = () => organisations.filter((each) => each.kind === 'county');
const schoolsOf = (county) => organisations.filter((each) => each.kind === 'school' && each.parent === county.id);
/* Of a coordinator of one school there is no county to be seen. */
const orphans = () => organisations.filter((each) => each.kind === 'school' && !counties().some((county) => county.id === each.parent));

function say(text, isError = false) {
  byId('status').textContent = text;
  byId('status').className = isError ? 'status error' : 'status';
}

async function refresh(said = '') {
  try {
    [organisations, rooms, terms, textbooks, subjects, grades] = await Promise.all(
      ['organisations', 'rooms', 'terms', 'textbooks', 'subjects', 'grades'].map(listOf));
    state.arrived();
    show();
    say(said);
  } catch (error) {
    state.failed(error, () => refresh());
  }
}

const maySetUp = () => person.role !== 'inspector';

/* Its id outlives the name, so that the focus stays where it was. */
const changeButton = (kind, row, ask, words = [t('schools.change')], name = row.name) => el('button', {
  type: 'button', id: `${kind}-${row.id}`, 'aria-label': t('schools.change_of', { name }), onclick: ask,
}, ...words);

function roomList(school) {
  const own = rooms.filter((room) => room.school === school.id);
  if (own.length === 0) return el('span', { class: 'hint' }, t('schools.no_rooms'));
  return el('ul', { class: 'chips' }, ...own.map((room) => {
    const words = [room.name, ' ', el('small', {}, t(`room_use.${room.use}`))];
    if (!maySetUp()) return el('li', {}, ...words);
    return el('li', { class: 'pressed' },
      changeButton('room', room, () => askRoomChange(room, school), words, `${room.name} ${t(`room_use.${room.use}`)}`));
  }));
}

function schoolTable(schools) {
  const may = maySetUp();
  return el('div', { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': t('schools.title') }, el('table', { class: 'list stack' },
    el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, t('schools.school')), el('th', { scope: 'col' }, t('schools.rooms')),
      el('th', { scope: 'col', class: 'zone' }, t('schools.zone')), may ? el('th', { scope: 'col' }, t('schools.actions')) : '')),
    el('tbody', {}, ...schools.map((school) => el('tr', {}, el('th', { scope: 'row' }, school.name), el('td', {}, roomList(school)),
      el('td', { class: 'zone' }, school.zone), may ? el('td', {}, el('div', { class: 'tools' }, el('button', {
        type: 'button', 'aria-label': t('schools.add_room_to', { school: school.name }), onclick: () => askRoom(school),
      }, t('schools.add_room')), changeButton('organisation', school, () => askOrganisationChange(school)))) : '')))));
}

function countyPanel(county) {
  const schools = schoolsOf(county);
  return el('section', { class: 'panel' },
    el('div', { class: 'panel-head' }, el('h2', {}, county.name), maySetUp() ? changeButton('organisation', county, () => askOrganisationChange(county)) : ''),
    schools.length ? schoolTable(schools) : el('p', { class: 'hint' }, t('schools.none')));
}

/* A school's coordinators plan in their county's terms, and the county keeps them. */
const isOurs = (term) => organisations.some((each) => each.id === term.organisation);

function termPanel() {
  const may = person.role === 'coordinator';
  return el('section', { class: 'panel' }, el('h2', {}, t('schools.terms')),
    terms.length ? el('ul', { class: 'terms' }, ...terms.map((term) => el('li', {}, `${term.name} · ${term.first_day} – ${term.last_day} `,
      may && isOurs(term) ? changeButton('term', term, () => askTermChange(term)) : '')))
      : el('p', { class: 'hint' }, t('schools.no_terms')),
    may ? el('button', { id: 'add-term', type: 'button', onclick: askTerm }, t('schools.add_term')) : '');
}

/* The server knows whether there are other counties; of one school nobody changes the lists of all. */
const mayChangeCatalogue = () => person.role === 'system_admin' || (person.role === 'coordinator' && orphans().length === 0);

function show() {
  byId('add-county').hidden = person.role !== 'system_admin';
  byId('add-school').hidden = person.role === 'inspector' || counties().length === 0;
  if (organisations.length === 0) {
    state.empty('schools.empty');
    return;
  }
  redraw(byId('content'), ...counties().map(countyPanel),
    ...(orphans().length ? [el('section', { class: 'panel' }, schoolTable(orphans()))] : []), termPanel(),
    textbookPanel(textbooks, { schools: organisations.filter((each) => each.kind === 'school'), subjects, grades }, person.role === 'coordinator',
      { changed: refresh, failed: (text) => say(text, true) }),
    cataloguePanel(subjects, grades, mayChangeCatalogue(), { changed: refresh }));
  state.ready();
}

async function ask(form, said) {
  const made = await openForm(form);
  if (made) await refresh(said);
}

const zoneField = (zone) => ({
  name: 'zone', label: t('schools.zone'), options: [...new Set([...ZONES, zone])].map((each) => [each, each]), value: zone,
});
const nameField = (name = '') => ({ name: 'name', label: t('schools.name'), value: name });
const useField = (use = 'receiving') => ({
  name: 'use', label: t('schools.use'), options: ['receiving', 'master', 'both'].map((each) => [each, t(`room_use.${each}`)]), value: use,
});
const dayFields = (term = {}) => ['first_day', 'last_day'].map((name) => ({ name, label: t(`schools.${name}`), type: 'date', value: term[name] }));

function askCounty() {
  return ask({
    title: t('schools.add_county'), submit: t('common.save'),
    fields: [nameField(), zoneField('Asia/Shanghai')],
    save: (given) => addOrganisation({ kind: 'county', ...given }),
  }, t('schools.added'));
}

function askSchool() {
  const [first] = counties();
  return ask({
    title: t('schools.add_school'), submit: t('common.save'),
    fields: [nameField(),
      { name: 'parent', label: t('schools.county'), options: counties().map((county) => [county.id, county.name]), value: first.id },
      zoneField(first.zone)],
    save: ({ parent, ...given }) => addOrganisation({ kind: 'school', parent: Number(parent), ...given }),
  }, t('schools.added'));
}

function askRoom(school) {
  return ask({
    title: t('schools.add_room_to', { school: school.name }), submit: t('common.save'),
    fields: [nameField(), useField()],
    save: (given) => addRoom({ school: school.id, ...given }),
  }, t('schools.added'));
}

function askTerm() {
  return ask({
    title: t('schools.add_term'), submit: t('common.save'),
    fields: [nameField(), { name: 'organisation', label: t('schools.of'), options: organisations.map((each) => [each.id, each.name]) }, ...dayFields()],
    save: ({ organisation, ...given }) => addTerm({ organisation: Number(organisation), ...given }),
  }, t('schools.added'));
}

/* ---- changing and removing ---- */

const REMOVE = 'remove';

/* Asked once more, in a dialog of its own; what still hangs on it is said there. */
async function askRemoval(kind, row) {
  const removed = await openForm({
    title: t('schools.remove_question', { name: row.name }), submit: t('schools.remove'), fields: [], danger: true, note: async () => t('schools.remove_note'),
    save: async () => {
      await removeRow(kind, row);
      return true;
    },
  });
  if (removed) await refresh(t('schools.removed', { name: row.name }));
}

/** said: what to say of the answer. */
async function askChange(kind, row, form, said = () => t('schools.changed')) {
  const done = await openForm({
    title: t('schools.change_of', { name: row.name }), submit: t('common.save'), instead: { label: t('schools.remove'), value: REMOVE }, ...form,
  });
  if (done === REMOVE) await askRemoval(kind, row);
  else if (done) await refresh(said(done));
}

const seen = ({ id, version }) => ({ id, version });

const askOrganisationChange = (organisation) => askChange('organisations', organisation, {
  fields: [nameField(organisation.name), zoneField(organisation.zone)],
  note: async ({ zone }) => (zone === organisation.zone ? '' : t('schools.zone_note')),
  save: (given) => changeOrganisation({ ...seen(organisation), ...given }),
}, ({ moved }) => (moved > 0 ? t('schools.moved', { count: moved }) : t('schools.changed')));

const askRoomChange = (room, school) => askChange('rooms', { ...room, name: `${school.name} ${room.name}` }, {
  fields: [nameField(room.name), useField(room.use)],
  save: (given) => changeRoom({ ...seen(room), ...given }),
});

const askTermChange = (term) => askChange('terms', term, {
  fields: [nameField(term.name), ...dayFields(term)],
  note: async ({ last_day: last }) => (last > term.last_day ? t('schools.term_longer_note') : last < term.last_day ? t('schools.term_shorter_note') : ''),
  save: (given) => changeTerm({ ...seen(term), ...given }),
}, ({ added, clashes }) => [t('schools.changed'), added > 0 ? t('schools.term_added', { count: added }) : '',
  clashes > 0 ? t('schools.term_clashes', { count: clashes }) : ''].filter(Boolean).join(' '));

byId('add-county').addEventListener('click', askCounty);
byId('add-school').addEventListener('click', askSchool);
person = await startConsole({ onLanguage: () => { if (person) show(); } });
state = new PageState();
await refresh();
