/* Bells: a school's sets of periods as they follow each other in a year, and the special days of counties and schools. */

import { changeBells, checkBells, listOf, removeBells, schoolBells } from './api.js';
import { daysTable } from './bells_days.js';
import { effectLine, effectPanel } from './bells_effect.js';
import { openSet } from './bells_set_dialog.js';
import { stripKey, yearOf, yearStrip } from './bells_strip.js';
import { startConsole } from './console.js';
import { t } from './i18n.js';
import { PageState, redraw } from './page_state.js';
import { reason } from './refusals.js';
import { setOf } from './timetable_grid.js';
import { addDays, clockOf, el, wallClock } from './timetable_words.js';

const byId = (id) => document.getElementById(id);
const FIRST_PERIODS = [[510, 550], [560, 600], [610, 650], [660, 700], [840, 880], [890, 930]];
let person = null;
let state;
let organisations = [];
let organisation = null;
let bells = null;
let year = 0;
let loads = 0;

const mayEdit = () => person.role !== 'inspector';
const today = () => wallClock(Date.now() / 1000, organisation.zone).date;
const isSchool = () => organisation.kind === 'school';

function say(text, isError = false) {
  byId('status').textContent = text;
  byId('status').className = isError ? 'status error' : 'status';
}

async function changed(text, isError = false) {
  await load();
  say(text, isError);
}

/* ---- sets ---- */

function periodList(set) {
  return el('ul', { class: 'periods' }, ...set.periods.map((period) =>
    el('li', {}, el('b', {}, period.number), `${clockOf(period.start_minute)}–${clockOf(period.end_minute)}`)));
}

const edit = (set) => openSet({ school: organisation, organisations, onSaved: changed }, set);

/** A new set begins where the last one ends, with the same periods. */
function addSet(like = bells.sets.at(-1)) {
  const first = like && like.last_day >= today() ? addDays(like.last_day, 1) : today();
  edit({
    name: '', first_day: first, last_day: addDays(first, 150),
    periods: like ? like.periods : FIRST_PERIODS.map(([start_minute, end_minute]) => ({ start_minute, end_minute })),
  });
}

/** Says what would move, and does it when that is wanted. */
async function confirmThen(title, button, check, work, said) {
  try {
    askFirst(title, button, await check(), work, said);
  } catch (error) {
    say(reason(error), true);
  }
}

function askFirst(title, button, effect, work, said) {
  const dialog = byId('dialog');
  const error = el('p', { class: 'error', role: 'alert', hidden: true });
  const go = el('button', { type: 'button', class: 'danger' }, button);
  go.addEventListener('click', async () => {
    go.disabled = true;
    try {
      const done = await work();
      dialog.close();
      await changed(`${said} ${effectLine(done)}`);
    } catch (problem) {
      error.textContent = reason(problem);
      error.hidden = false;
      go.disabled = false;
    }
  });
  dialog.replaceChildren(el('h1', { id: 'dialog-title' }, title), effectPanel(effect, organisations), error,
    el('div', { class: 'buttons' }, go, el('button', { type: 'button', onclick: () => dialog.close() }, t('common.cancel'))));
  dialog.showModal();
}

function remove(set) {
  return confirmThen(t('bells.remove_question', { name: set.name }), t('bells.remove'),
    () => checkBells(organisation.id, { set: set.id, remove: true }), () => removeBells(organisation.id, set.id, set.version),
    t('bells.removed', { name: set.name }));
}

function end(set) {
  const ended = { version: set.version, name: set.name, first_day: set.first_day, last_day: today(), periods: set.periods.map((period) => [period.start_minute, period.end_minute]) };
  return confirmThen(t('bells.end_question', { name: set.name, date: today() }), t('bells.end'),
    () => checkBells(organisation.id, { ...ended, set: set.id }), () => changeBells(organisation.id, set.id, ended),
    t('bells.ended', { name: set.name }));
}

function setButtons(set) {
  const button = (id, work, danger = false) => el('button', {
    type: 'button', class: danger ? 'danger' : '', 'aria-label': `${t(`bells.${id}`)} ${set.name}`, onclick: work,
  }, t(`bells.${id}`));
  return el('td', {}, el('div', { class: 'row-buttons' }, button('change', () => edit(set)), button('copy', () => addSet(set)),
    ...(set.first_day < today() && set.last_day > today() ? [button('end', () => end(set))] : []),
    button('remove', () => remove(set), true)));
}

function setRow(set) {
  const now = setOf(bells, today()) === set;
  return el('tr', {}, el('th', { scope: 'row' }, set.name, ...(now ? [el('span', { class: 'badge' }, t('bells.in_force'))] : [])),
    el('td', { class: 'number dates' }, `${set.first_day} – ${set.last_day}`), el('td', {}, periodList(set)),
    ...(mayEdit() ? [setButtons(set)] : []));
}

function setList() {
  if (bells.sets.length === 0) return el('p', { class: 'hint' }, t('bells.no_sets'));
  const sets = [...bells.sets].sort((a, b) => (a.first_day < b.first_day ? -1 : 1));
  return el('div', { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': t('bells.sets') }, el('table', { class: 'list stack' },
    el('thead', {}, el('tr', {}, ...['name', 'from_to', 'periods'].map((id) => el('th', { scope: 'col' }, t(`bells.${id}`))),
      ...(mayEdit() ? [el('th', { scope: 'col' }, t('bells.actions'))] : []))),
    el('tbody', {}, ...sets.map(setRow))));
}

/* ---- the page ---- */

function show() {
  if (!bells) return;
  const first = `${year}-08-01`;
  const last = `${year + 1}-07-31`;
  byId('add').hidden = !mayEdit() || !isSchool();
  byId('sets').hidden = !isSchool();
  byId('year-name').textContent = `${year}–${year + 1}`;
  byId('strip').replaceChildren(yearStrip(bells, year, today()), stripKey());
  redraw(byId('set-list'), setList());
  redraw(byId('day-list'), daysTable({ organisation, organisations, days: bells.days, first, last, mayEdit: mayEdit(), changed,
    askFirst: (title, effect, work, said) => askFirst(title, t('bells.save_anyway'), effect, work, said) }));
  state.ready();
}

function fillChoices() {
  byId('organisation').replaceChildren(...organisations.filter((each) => each.kind !== 'region').map((each) =>
    el('option', { value: each.id, selected: each.id === organisation?.id }, each.kind === 'county' ? t('bells.all_of', { name: each.name }) : each.name)));
}

/** An old answer never replaces a new one: what is shown is what is changed. */
async function load() {
  const number = ++loads;
  try {
    const answer = await schoolBells(organisation.id);
    if (number !== loads) return;
    bells = answer;
    state.arrived();
    show();
  } catch (error) {
    if (number !== loads) return;
    bells = null;
    byId('add').hidden = true;
    state.failed(error, load);
  }
}

async function start() {
  state.loading();
  try {
    organisations = await listOf('organisations');
  } catch (error) {
    state.failed(error, start);
    return;
  }
  organisation = organisations.find((each) => each.kind === 'school') ?? organisations.find((each) => each.kind === 'county') ?? null;
  if (!organisation) {
    state.empty('timetable.no_schools');
    return;
  }
  year = yearOf(today());
  fillChoices();
  await load();
}

function turn(years) {
  year += years;
  show();
}

byId('organisation').addEventListener('change', () => {
  organisation = organisations.find((each) => each.id === Number(byId('organisation').value));
  bells = null; /* of the other one */
  byId('add').hidden = true;
  say('');
  state.loading();
  load();
});
byId('year-before').addEventListener('click', () => turn(-1));
byId('year-after').addEventListener('click', () => turn(1));
byId('add').addEventListener('click', () => addSet());

person = await startConsole({ onLanguage: () => { if (organisation) { fillChoices(); show(); } } });
state = new PageState();
await start();
