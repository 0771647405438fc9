/* Addresses of calendars: made, copied, rotated and revoked. An address is shown once, when it was made. */

import { addCalendar, listOf, removeCalendar, rotateCalendar } from './api.js';
import { openForm } from './form_dialog.js';
import { t } from './i18n.js';
import { personLabel } from './person_names.js';
import { redraw } from './page_state.js';
import { reason } from './refusals.js';
import { el } from './timetable_words.js';

const KINDS = ['teacher', 'room', 'organisation'];
const byId = (id) => document.getElementById(id);
let county;
let address = '';

function say(text, isError = false) {
  byId('calendar-status').textContent = text;
  byId('calendar-status').className = isError ? 'status error' : 'status';
}

const schoolName = (id) => county.organisations.find((each) => each.id === id)?.name ?? '';
const roomName = (room) => `${schoolName(room.school)} ${room.name}`.trim();

function subjectsOf(kind) {
  if (kind === 'teacher') {
    return county.people.filter((person) => /_teacher$/.test(person.role)).map((person) => [person.id, personLabel(person, county.people)]);
  }
  if (kind === 'room') return county.rooms.map((room) => [room.id, roomName(room)]);
  return county.organisations.map((each) => [each.id, each.name]);
}

function nameOf(calendar) {
  const teacher = calendar.kind === 'teacher' && county.people.find((person) => person.id === calendar.subject);
  if (teacher) return personLabel(teacher, county.people);
  return subjectsOf(calendar.kind).find(([id]) => id === calendar.subject)?.[1] ?? `#${calendar.subject}`;
}

/* ---- one address ---- */

async function copy() {
  try {
    await navigator.clipboard.writeText(address);
  } catch { /* not on plain HTTP: what is selected can be copied by hand */
    byId('address-text').select();
    document.execCommand('copy');
  }
  say(t('calendar.copied'));
}

function showAddress() {
  byId('address').replaceChildren(...(address ? [el('div', { class: 'address' },
    el('label', { for: 'address-text' }, t('calendar.address')),
    el('input', { id: 'address-text', readonly: true, value: address }),
    el('button', { id: 'copy', type: 'button', class: 'primary', onclick: copy }, t('calendar.copy')))] : []));
}

async function reload() {
  try {
    county.calendars = await listOf('calendars');
  } catch (error) {
    say(reason(error), true);
  }
  showList();
}

async function made(answer) {
  address = answer.url;
  say('');
  showAddress();
  byId('copy').focus();
  await reload();
}

/* Each press makes an address that opens the timetable, and only the last one could be seen. */
async function add() {
  byId('calendar-add').disabled = true;
  try {
    await made(await addCalendar(byId('calendar-kind').value, Number(byId('calendar-subject').value), document.documentElement.lang));
  } catch (error) {
    say(reason(error), true);
  } finally {
    byId('calendar-add').disabled = false;
  }
}

async function rotate(calendar) {
  const answer = await openForm({ title: t('calendar.ask_rotate'), fields: [], submit: t('calendar.rotate'), save: () => rotateCalendar(calendar.id) });
  if (answer) await made(answer);
}

async function revoke(calendar) {
  const answer = await openForm({ title: t('calendar.ask_revoke'), fields: [], submit: t('calendar.revoke'), save: () => removeCalendar(calendar.id) });
  if (!answer) return;
  address = '';
  showAddress();
  say(t('calendar.revoked'));
  await reload();
}

/* ---- all of them ---- */

function usedAt(calendar) {
  if (!calendar.used) return t('calendar.never');
  return new Date(calendar.used * 1000).toLocaleDateString(document.documentElement.lang, { timeZone: county.organisations[0]?.zone });
}

function row(calendar) {
  const name = nameOf(calendar);
  return el('tr', {}, el('th', { scope: 'row' }, name), el('td', {}, t(`calendar.kind_${calendar.kind}`)), el('td', {}, usedAt(calendar)),
    el('td', { class: 'actions' },
      el('button', { type: 'button', class: 'quiet rotate', 'aria-label': t('calendar.rotate_of', { name }), onclick: () => rotate(calendar) }, t('calendar.rotate')), ' ',
      el('button', { type: 'button', class: 'quiet danger revoke', 'aria-label': t('calendar.revoke_of', { name }), onclick: () => revoke(calendar) }, t('calendar.revoke'))));
}

function showList() {
  if (county.calendars.length === 0) {
    redraw(byId('calendar-list'), el('p', { class: 'hint' }, t('calendar.none')));
    return;
  }
  redraw(byId('calendar-list'), el('div', { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': t('calendar.list') }, el('table', { class: 'list' },
    el('thead', {}, el('tr', {}, ...['subject', 'kind', 'used', 'actions'].map((id) => el('th', { scope: 'col' }, t(`calendar.${id}`))))),
    el('tbody', {}, ...county.calendars.map(row)))));
}

function fillSubjects() {
  const subjects = subjectsOf(byId('calendar-kind').value);
  byId('calendar-subject').replaceChildren(...subjects.map(([id, name]) => el('option', { value: id }, name)));
  byId('calendar-add').disabled = subjects.length === 0;
}

/** county: {organisations, rooms, people, calendars}. */
export function showCalendars(everything) {
  const kind = byId('calendar-kind')?.value ?? 'teacher';
  county = everything;
  byId('calendar-form').replaceChildren(
    el('div', {}, el('label', { for: 'calendar-kind' }, t('calendar.kind')), el('select', { id: 'calendar-kind', onchange: fillSubjects },
      ...KINDS.map((each) => el('option', { value: each, selected: each === kind }, t(`calendar.kind_${each}`))))),
    el('div', {}, el('label', { for: 'calendar-subject' }, t('calendar.subject')), el('select', { id: 'calendar-subject' })),
    el('button', { id: 'calendar-add', type: 'button', class: 'primary', onclick: add }, t('calendar.add')));
  fillSubjects();
  showAddress();
  showList();
}
