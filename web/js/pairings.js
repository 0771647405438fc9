/* Pairings (结对): which rooms are taught by which master room in a term, and whether that holds now. */

import { addPairing, changePairing, lessonsOfPairing, listOf, removePairing, schoolBells } from './api.js';
import { subjectOptions } from './catalogue.js';
import { startConsole } from './console.js';
import { openForm } from './form_dialog.js';
import { t } from './i18n.js';
import { PageState, redraw } from './page_state.js';
import { PairingsFilter } from './pairings_filter.js';
import { reason } from './refusals.js';
import { sharedPeriods } from './shared_periods.js';
import { setOf } from './timetable_grid.js';
import { clockOf, el, wallClock } from './timetable_words.js';

const byId = (id) => document.getElementById(id);
const MARKS = { active: '●', frozen: '■', expired: '○' };
let person;
let state;
const filter = new PairingsFilter((pairing) => `${roomName(pairing.master_room)} ${roomName(pairing.receiving_room)}`, show);
let county = { organisations: [], rooms: [], terms: [], pairings: [], subjects: [] };

/* Of a master room's school: consent is given there. */
const zoneOf = (roomId) => county.organisations.find((each) => each.id === county.rooms.find((room) => room.id === roomId)?.school)?.zone;
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

/** added: the number of a pairing that is to be seen. */
async function refresh(said = '', added = 0) {
  try {
    const lists = await Promise.all(['organisations', 'rooms', 'terms', 'pairings', 'subjects'].map(listOf));
    [county.organisations, county.rooms, county.terms, county.pairings, county.subjects] = lists;
    state.arrived();
    showTerms();
    if (added) filter.turnTo(added, ofTerm());
    show();
    say(said);
  } catch (error) {
    state.failed(error, () => refresh());
  }
}

function showTerms() {
  const chosen = byId('term').value;
  byId('term').replaceChildren(...county.terms.map((term) => el('option', { value: term.id }, term.name)));
  const known = county.terms.find((term) => String(term.id) === chosen) ?? presentTerm();
  if (known) byId('term').value = known.id;
}

/* Of those that are on, the one with most pairings: a county's, though a school has one of its own. Else the next one, or the last. */
function presentTerm() {
  const today = wallClock(Date.now() / 1000, county.organisations.find((each) => each.kind === 'school')?.zone).date;
  const count = (term) => county.pairings.filter((pairing) => pairing.term === term.id).length;
  const by = (key) => (a, b) => (key(a) < key(b) ? -1 : 1);
  const present = county.terms.filter((term) => term.first_day <= today && today <= term.last_day).sort((a, b) => count(b) - count(a));
  const coming = county.terms.filter((term) => term.first_day > today).sort(by((term) => term.first_day));
  return present[0] ?? coming[0] ?? [...county.terms].sort(by((term) => term.last_day)).at(-1);
}

/* By master room, so that a room's pairings stand together. */
function ofTerm() {
  const order = new Map(county.rooms.map((room, index) => [room.id, index]));
  return county.pairings.filter((pairing) => pairing.term === termId())
    .sort((a, b) => (order.get(a.master_room) ?? -1) - (order.get(b.master_room) ?? -1));
}

async function change(pairing, changes, said) {
  try {
    await changePairing({ id: pairing.id, version: pairing.version, ...changes });
    await refresh(t(said));
    document.querySelector(`[data-pairing="${pairing.id}"] button`)?.focus(); /* the button pressed is not there any more */
  } catch (error) {
    say(reason(error), true);
  }
}

/* The lessons go on, whatever becomes of what they were planned under. */
async function lessonsNote(pairing) {
  const lessons = await lessonsOfPairing(pairing.id);
  return lessons.count > 0 ? t('pairings.lessons_hang', lessons) : t('pairings.no_lessons_hang');
}

async function freeze(pairing, rooms) {
  const wished = await openForm({
    title: t('pairings.freeze_of', rooms), submit: t('pairings.freeze'), fields: [], note: () => lessonsNote(pairing), save: async () => true,
  });
  if (wished) await change(pairing, { frozen: true }, 'pairings.frozen_now');
}

/* Asked for once more: the consent that was noted goes with it. */
async function remove(pairing, rooms) {
  const removed = await openForm({
    title: t('pairings.remove_of', rooms), submit: t('pairings.remove'), fields: [], note: async () => `${await lessonsNote(pairing)} ${t('pairings.remove_note')}`,
    save: async () => {
      await removePairing(pairing.id, pairing.version);
      return true;
    },
  });
  if (removed) await refresh(t('pairings.removed'));
}

function actions(pairing) {
  const rooms = { master: roomName(pairing.master_room), receiving: roomName(pairing.receiving_room) };
  const act = (id, run, className = '') => el('button', {
    type: 'button', class: className, 'aria-label': t(id === 'consent' ? 'pairings.consent_of_rooms' : `pairings.${id}_of`, rooms), onclick: run,
  }, t(`pairings.${id}`));
  const buttons = [];
  if (pairing.state === 'active') buttons.push(act('freeze', () => freeze(pairing, rooms)));
  if (pairing.state === 'frozen') buttons.push(act('activate', () => change(pairing, { frozen: false }, 'pairings.active_now')));
  if (!pairing.consent) buttons.push(act('consent', () => change(pairing, { consent: true }, 'pairings.consent_noted')));
  buttons.push(act('remove', () => remove(pairing, rooms), 'danger'));
  return el('td', {}, el('div', { class: 'tools' }, ...buttons));
}

function consentText(pairing) {
  if (!pairing.consent) return t('pairings.no_consent');
  const day = new Intl.DateTimeFormat('zh-CN', { dateStyle: 'short', timeZone: zoneOf(pairing.master_room) }).format(new Date(pairing.consent * 1000));
  return t('pairings.consent_of', { day, name: pairing.consent_by });
}

function row(pairing) {
  return el('tr', { 'data-pairing': pairing.id }, el('th', { scope: 'row' }, roomName(pairing.receiving_room)),
    el('td', {}, pairing.subject || t('pairings.whole_class')),
    el('td', { class: `pairing-${pairing.state}` }, `${MARKS[pairing.state]} ${t(`pairings.state_${pairing.state}`)}`),
    el('td', {}, consentText(pairing)), mayChange() ? actions(pairing) : '');
}

function masterPanel(master, pairings) {
  const heads = ['receiving_room', 'subject', 'state', 'consent_head', ...(mayChange() ? ['actions'] : [])];
  return el('section', { class: 'panel' }, el('h2', {}, `${t('pairings.master_room')}: ${roomName(master)}`),
    el('div', { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': roomName(master) }, el('table', { class: 'list stack' },
      el('thead', {}, el('tr', {}, ...heads.map((id) => el('th', { scope: 'col' }, t(`pairings.${id}`))))),
      el('tbody', {}, ...pairings.map(row)))));
}

function show() {
  byId('add').hidden = !mayChange() || county.terms.length === 0;
  byId('filter').hidden = true;
  if (county.terms.length === 0) {
    state.empty('pairings.no_term', mayChange() ? el('a', { class: 'button primary', href: '/schools.html', 'data-t': 'console.schools' }) : null);
    return;
  }
  const own = ofTerm();
  byId('filter').hidden = own.length === 0;
  if (own.length === 0) {
    state.empty('pairings.empty');
    return;
  }
  const shown = filter.of(own);
  const masters = [...new Set(shown.map((pairing) => pairing.master_room))];
  redraw(byId('content'), ...masters.map((master) => masterPanel(master, shown.filter((pairing) => pairing.master_room === master))));
  state.ready();
}

/* The bells that count are those of today, or of the term's first day while today is not in it. */
async function periodsOf(room, term) {
  const school = county.organisations.find((each) => each.id === room.school);
  const today = wallClock(Date.now() / 1000, school.zone).date;
  const day = today >= term.first_day && today <= term.last_day ? today : term.first_day;
  return setOf(await schoolBells(school.id), day)?.periods ?? [];
}

/** Which lessons two rooms can have together, by the bells of their schools. */
async function bellsNote(given) {
  const [master, receiving] = ['master_room', 'receiving_room'].map((name) => county.rooms.find((room) => room.id === Number(given[name])));
  if (!master || !receiving || master === receiving) return '';
  const term = county.terms.find((each) => each.id === termId());
  const { whole, nearest } = sharedPeriods(...await Promise.all([periodsOf(master, term), periodsOf(receiving, term)]));
  if (!nearest) return t('pairings.no_overlap');
  const time = (period) => `${clockOf(period.start_minute)}–${clockOf(period.end_minute)}`;
  const values = { number: nearest.taught.number, time: time(nearest.taught), own: nearest.own.number, own_time: time(nearest.own), minutes: nearest.overlap, delay: nearest.delay };
  if (whole > 0) return t('pairings.periods_shared', { count: whole });
  return t('pairings.no_shared_period') + t(nearest.delay > 0 ? 'pairings.nearest_later' : 'pairings.nearest', values);
}

async function add() {
  const named = (room) => [room.id, roomName(room.id)];
  const made = await openForm({
    title: t('pairings.add'), submit: t('common.save'),
    fields: [
      { name: 'master_room', label: t('pairings.master_room'), options: county.rooms.filter((room) => room.use !== 'receiving').map(named) },
      { name: 'receiving_room', label: t('pairings.receiving_room'), options: county.rooms.filter((room) => room.use !== 'master').map(named) },
      { name: 'subject', label: t('pairings.subject'), required: false, options: [['', t('pairings.whole_class')], ...subjectOptions(county.subjects)] },
      { name: 'consent', label: t('pairings.consent_head'), options: [['', t('pairings.no_consent')], ['yes', t('pairings.consent_given')]], required: false },
    ],
    save: (given) => addPairing({
      term: termId(), master_room: Number(given.master_room), receiving_room: Number(given.receiving_room),
      subject: given.subject, consent: given.consent === 'yes',
    }),
    note: bellsNote,
  });
  if (made) await refresh(t('pairings.added'), made.id);
}

byId('add').addEventListener('click', add);
byId('term').addEventListener('change', () => {
  filter.reset();
  show();
});
person = await startConsole({ onLanguage: () => { if (person) show(); } });
state = new PageState();
await refresh();
