/* The audit log, as its administrator reads it: newest first, by person, event and day, and whether it is as it was
 * written. Reading it is written down as well. */

import { auditLog, verifyAudit } from './api.js';
import { t, textOr } from './i18n.js';
import { PageState, redraw } from './page_state.js';
import { reason } from './refusals.js';
import { addDays, el, stampOf, startOfDay } from './timetable_words.js';

const byId = (id) => document.getElementById(id);
/* What the first word of an event may be: asking for it finds all that begin so. */
const KINDS = ['login', 'person', 'access', 'audit', 'device', 'lesson', 'timetable', 'clash', 'pairing', 'organisation', 'room', 'bells',
  'holiday', 'day_swap', 'day', 'term', 'subject', 'grade', 'textbook', 'calendar', 'export', 'store'];
let state;
let zone; /* the reader's school's; for who has none the browser's */
let entries = [];
let next = null;
let filter = {};
let looks = 0;

function say(text, isError = false) {
  byId('status').textContent = text;
  byId('status').className = isError ? 'status error' : 'status';
}

function valueText(key, value) {
  if (key === 'reason') return textOr(`audit.reason_${value}`, value);
  return key.endsWith('role') ? textOr(`role.${value}`, value) : textOr(`audit.value_${value}`, String(value));
}

/** {"role":"inspector"} as role: Inspector. */
function detailText(detail) {
  try {
    return Object.entries(JSON.parse(detail)).map(([key, value]) => `${textOr(`audit.key_${key}`, key)}: ${valueText(key, value)}`).join(', ');
  } catch {
    return detail;
  }
}

/** "device 7" as Device 7; names and paths are themselves. */
function objectText(object) {
  const [, kind, number] = /^([a-z]+) (\S.*)$/.exec(object) ?? [];
  return kind ? textOr(`audit.object_${kind}`, object, { number }) : object;
}

/** What happened, and below it the name that exports and other programs know it by. */
const eventParts = (event) => [textOr(`audit.event.${event}`, event), el('small', { class: 'machine' }, event)];

/** A name may be several people's, the number is one's. */
const personCell = ({ person, person_id: id }) => el('td', {}, person || '–', ...(id ? [' ', el('small', { class: 'machine' }, `#${id}`)] : []));

function row(entry) {
  return el('tr', {}, el('td', { class: 'number', 'data-label': t('audit.number') }, entry.number), el('td', { class: 'moment' }, stampOf(entry.time, zone)),
    personCell(entry), el('td', { class: 'event' }, ...eventParts(entry.event)), el('td', {}, objectText(entry.object)),
    el('td', { class: `outcome-${entry.outcome}` }, t(`audit.outcome_${entry.outcome}`)), el('td', { class: 'detail' }, detailText(entry.detail)));
}

function show() {
  const before = byId('audit-event').value;
  byId('audit-event').replaceChildren(el('option', { value: '' }, t('audit.all_events')), ...KINDS.map((kind) => el('option', { value: kind }, t(`audit.kind_${kind}`))));
  byId('audit-event').value = before;
  if (!state.asOf && entries.length === 0) return;
  const heads = ['number', 'time', 'person', 'event', 'object', 'outcome', 'detail'];
  const table = el('div', { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': t('audit.title') }, el('table', { class: 'list audit stack' },
    el('thead', {}, el('tr', {}, ...heads.map((id) => el('th', { scope: 'col', class: id === 'number' ? 'number' : false }, t(`audit.${id}`))))), el('tbody', {}, ...entries.map(row))));
  redraw(byId('content'), entries.length ? table : el('p', { class: 'empty' }, t('audit.none')),
    ...(next ? [el('button', { id: 'audit-more', type: 'button', class: 'more', onclick: more }, t('audit.more'))] : []));
  state.ready();
}

/** An old answer never replaces a new one, nor is it added to what was asked for since. */
async function load() {
  const number = ++looks;
  try {
    const page = await auditLog(filter);
    if (number !== looks) return;
    ({ entries, next } = page);
    state.arrived();
    show();
  } catch (error) {
    if (number === looks) state.failedAgain(error, load, zone);
  }
}

async function more() {
  const number = ++looks;
  byId('audit-more').disabled = true;
  try {
    const page = await auditLog({ ...filter, before: next });
    if (number !== looks) return;
    entries = [...entries, ...page.entries];
    next = page.next;
    show();
  } catch (error) {
    if (number !== looks) return;
    byId('audit-more').disabled = false;
    say(reason(error), true);
  }
}

function readFilter() {
  const given = { person: byId('audit-person').value.trim(), event: byId('audit-event').value };
  if (byId('audit-from').value) given.from = startOfDay(byId('audit-from').value, zone);
  if (byId('audit-to').value) given.to = startOfDay(addDays(byId('audit-to').value, 1), zone);
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
}

/** Piece by piece, so that no lesson waits for it. */
async function verify() {
  byId('audit-verify').disabled = true;
  try {
    let report = { entries: 0, more: true };
    while (report.more) {
      say(t('audit.verifying', { count: report.entries }));
      report = await verifyAudit(report.entries);
    }
    if (report.broken) say(t('audit.broken', { number: report.broken }), true);
    else say(t('audit.whole', { count: report.entries, hash: report.head }));
  } catch (error) {
    say(reason(error), true);
  } finally {
    byId('audit-verify').disabled = false;
  }
}

/** person: who reads it. */
export function showAudit(person) {
  zone = person.zone;
  state = new PageState();
  state.loading();
  byId('audit-tools').hidden = false;
  byId('audit-tools').addEventListener('submit', (event) => {
    event.preventDefault();
    filter = readFilter();
    load();
  });
  byId('audit-verify').addEventListener('click', verify);
  show();
  return { load, show };
}
