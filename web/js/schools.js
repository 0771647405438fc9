/* Counties with their schools, the schools' rooms, and the terms: what has to be there before a lesson can be planned. */

import { addOrganisation, addRoom, addTerm, listOf } from './api.js';
import { cataloguePanel } from './catalogue_panel.js';
import { startConsole } from './console.js';
import { openForm } from './form_dialog.js';
import { t } from './i18n.js';
import { PageState } from './page_state.js';
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
    show();
    say(said);
  } catch (error) {
    state.failed(error, () => refresh());
  }
}

function roomList(school) {
  const own = rooms.filter((room) => room.school === school.id);
  if (own.length === 0) return el('span', { class: 'hint' }, t('schools.no_rooms'));
  return el('ul', { class: 'chips' }, ...own.map((room) =>
    el('li', {}, room.name, ' ', el('small', {}, t(`room_use.${room.use}`)))));
}

function schoolTable(schools) {
  const may = person.role !== 'inspector';
  return el('div', { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': t('schools.title') }, el('table', { class: 'list' },
    el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, t('schools.school')), el('th', { scope: 'col' }, t('schools.rooms')),
      el('th', { scope: 'col', class: 'zone' }, t('schools.zone')), may ? el('th', { scope: 'col' }, t('schools.actions')) : '')),
    el('tbody', {}, ...schools.map((school) => el('tr', {}, el('th', { scope: 'row' }, school.name), el('td', {}, roomList(school)),
      el('td', { class: 'zone' }, school.zone), may ? el('td', {}, el('button', {
        type: 'button', 'aria-label': t('schools.add_room_to', { school: school.name }), onclick: () => askRoom(school),
      }, t('schools.add_room'))) : '')))));
}

function countyPanel(county) {
  const schools = schoolsOf(county);
  return el('section', { class: 'panel' }, el('h2', {}, county.name),
    schools.length ? schoolTable(schools) : el('p', { class: 'hint' }, t('schools.none')));
}

function termPanel() {
  const may = person.role === 'coordinator';
  return el('section', { class: 'panel' }, el('h2', {}, t('schools.terms')),
    terms.length ? el('ul', {}, ...terms.map((term) => el('li', {}, `${term.name} · ${term.first_day} – ${term.last_day}`)))
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
  byId('content').replaceChildren(...counties().map(countyPanel),
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

const zoneField = (zone) => ({ name: 'zone', label: t('schools.zone'), options: ZONES.map((each) => [each, each]), value: zone });

function askCounty() {
  return ask({
    title: t('schools.add_county'), submit: t('common.save'),
    fields: [{ name: 'name', label: t('schools.name') }, zoneField('Asia/Shanghai')],
    save: (given) => addOrganisation({ kind: 'county', ...given }),
  }, t('schools.added'));
}

function askSchool() {
  const [first] = counties();
  return ask({
    title: t('schools.add_school'), submit: t('common.save'),
    fields: [{ name: 'name', label: t('schools.name') },
      { name: 'parent', label: t('schools.county'), options: counties().map((county) => [county.id, county.name]), value: first.id },
      zoneField(first.zone)],
    save: ({ parent, ...given }) => addOrganisation({ kind: 'school', parent: Number(parent), ...given }),
  }, t('schools.added'));
}

function askRoom(school) {
  return ask({
    title: t('schools.add_room_to', { school: school.name }), submit: t('common.save'),
    fields: [{ name: 'name', label: t('schools.name') },
      { name: 'use', label: t('schools.use'), options: ['receiving', 'master', 'both'].map((use) => [use, t(`room_use.${use}`)]) }],
    save: (given) => addRoom({ school: school.id, ...given }),
  }, t('schools.added'));
}

function askTerm() {
  return ask({
    title: t('schools.add_term'), submit: t('common.save'),
    fields: [{ name: 'name', label: t('schools.name') },
      { name: 'organisation', label: t('schools.of'), options: organisations.map((each) => [each.id, each.name]) },
      { name: 'first_day', label: t('schools.first_day'), type: 'date' }, { name: 'last_day', label: t('schools.last_day'), type: 'date' }],
    save: ({ organisation, ...given }) => addTerm({ organisation: Number(organisation), ...given }),
  }, t('schools.added'));
}

byId('add-county').addEventListener('click', askCounty);
byId('add-school').addEventListener('click', askSchool);
person = await startConsole({ onLanguage: () => { if (person) show(); } });
state = new PageState();
await refresh();
