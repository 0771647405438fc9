/* Pairings (结对): which rooms are taught by which master room in a term, and whether that holds now. */

import { addPairing, changePairing, listOf, removePairing } from './api.js';
import { startConsole } from './console.js';
import { openForm } from './form_dialog.js';
import { t } from './i18n.js';
import { PageState, reason } from './page_state.js';
import { el } from './timetable_words.js';

const byId = (id) => document.getElementById(id);
const MARKS = { active: '●', frozen: '■', expired: '○' };
let person;
let state;
let county = { organisations: [], rooms: [], terms: [], pairings: [] };

const schoolName = (id) => county.organisations.find((each) => each.id === id)?.name ?? '';
function roomName(id) {
  const room = county.rooms.find((each) => each.id === id);
  return room ? `${schoolName(room.school)} ${room.name}` : t('pairings.elsewhere');
}
const termId = () => Number(byId('term').value);
const mayChange = () => person.role === 'coordinator';

function say(text, isError = false) {
  byId('status').textContent = text;
  byId('status').className = isError ? 'status error' : 'status';
}

async function refresh(said = '') {
  try {
    const lists = await Promise.all(['organisations', 'rooms', 'terms', 'pairings'].map(listOf));
    [county.organisations, county.rooms, county.terms, county.pairings] = lists;
    showTerms();
    show();
    say(said);
  } catch (error) {
    state.failed(error, () => refresh());
  }
}

function showTerms() {
  const chosen = byId('term').value;
  byId('term').replaceChildren(...county.terms.map((term) => el('option', { value: term.id }, term.name)));
  if (county.terms.some((term) => String(term.id) === chosen)) byId('term').value = chosen;
}

async function change(pairing, changes, said) {
  try {
    await changePairing({ id: pairing.id, version: pairing.version, ...changes });
    await refresh(t(said));
  } catch (error) {
    say(reason(error), true);
  }
}

async function remove(pairing) {
  try {
    await removePairing(pairing.id, pairing.version);
    await refresh(t('pairings.removed'));
  } catch (error) {
    say(reason(error), true);
  }
}

function actions(pairing) {
  const rooms = { master: roomName(pairing.master_room), receiving: roomName(pairing.receiving_room) };
  const act = (id, run, className = '') => el('button', {
    type: 'button', class: className, 'aria-label': t(id === 'consent' ? 'pairings.consent_of_rooms' : `pairings.${id}_of`, rooms), onclick: run,
  }, t(`pairings.${id}`));
  const buttons = [];
  if (pairing.state === 'active') buttons.push(act('freeze', () => change(pairing, { frozen: true }, 'pairings.frozen_now')));
  if (pairing.state === 'frozen') buttons.push(act('activate', () => change(pairing, { frozen: false }, 'pairings.active_now')));
  if (!pairing.consent) buttons.push(act('consent', () => change(pairing, { consent: true }, 'pairings.consent_noted')));
  buttons.push(act('remove', () => remove(pairing), 'danger'));
  return el('td', {}, el('div', { class: 'tools' }, ...buttons));
}

function consentText(pairing) {
  if (!pairing.consent) return t('pairings.no_consent');
  const day = new Intl.DateTimeFormat('zh-CN', { dateStyle: 'short' }).format(new Date(pairing.consent * 1000));
  return t('pairings.consent_of', { day, name: pairing.consent_by });
}

function row(pairing) {
  return el('tr', {}, el('th', { scope: 'row' }, roomName(pairing.receiving_room)),
    el('td', {}, pairing.subject || t('pairings.whole_class')),
    el('td', { class: `pairing-${pairing.state}` }, `${MARKS[pairing.state]} ${t(`pairings.state_${pairing.state}`)}`),
    el('td', {}, consentText(pairing)), mayChange() ? actions(pairing) : '');
}

function masterPanel(master, pairings) {
  const heads = ['receiving_room', 'subject', 'state', 'consent_head', ...(mayChange() ? ['actions'] : [])];
  return el('section', { class: 'panel' }, el('h2', {}, `${t('pairings.master_room')}: ${roomName(master)}`),
    el('div', { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': roomName(master) }, el('table', { class: 'list' },
      el('thead', {}, el('tr', {}, ...heads.map((id) => el('th', { scope: 'col' }, t(`pairings.${id}`))))),
      el('tbody', {}, ...pairings.map(row)))));
}

function show() {
  byId('add').hidden = !mayChange() || county.terms.length === 0;
  if (county.terms.length === 0) {
    state.empty('pairings.no_term', mayChange() ? el('a', { class: 'button primary', href: '/schools.html', 'data-t': 'console.schools' }) : null);
    return;
  }
  const own = county.pairings.filter((pairing) => pairing.term === termId());
  if (own.length === 0) {
    state.empty('pairings.empty');
    return;
  }
  const masters = [...new Set(own.map((pairing) => pairing.master_room))];
  byId('content').replaceChildren(...masters.map((master) => masterPanel(master, own.filter((pairing) => pairing.master_room === master))));
  state.ready();
}

async function add() {
  const named = (room) => [room.id, roomName(room.id)];
  const made = await openForm({
    title: t('pairings.add'), submit: t('common.save'),
    fields: [
      { name: 'master_room', label: t('pairings.master_room'), options: county.rooms.filter((room) => room.use !== 'receiving').map(named) },
      { name: 'receiving_room', label: t('pairings.receiving_room'), options: county.rooms.filter((room) => room.use !== 'master').map(named) },
      { name: 'subject', label: t('pairings.subject_or_empty'), required: false, max: 20 },
      { name: 'consent', label: t('pairings.consent_head'), options: [['', t('pairings.no_consent')], ['yes', t('pairings.consent_given')]], required: false },
    ],
    save: (given) => addPairing({
      term: termId(), master_room: Number(given.master_room), receiving_room: Number(given.receiving_room),
      subject: given.subject.trim(), consent: given.consent === 'yes',
    }),
  });
  if (made) await refresh(t('pairings.added'));
}

byId('add').addEventListener('click', add);
byId('term').addEventListener('change', show);
person = await startConsole({ onLanguage: () => { if (person) show(); } });
state = new PageState();
await refresh();
