/* Storage and load: relays and their load, sessions, the disk, the database and its copies. Looks by itself every 10 s. */

import { systemFigures } from './api.js';
import { icon, startConsole } from './console.js';
import { t } from './i18n.js';
import { PageState } from './page_state.js';
import { el } from './timetable_words.js';

const byId = (id) => document.getElementById(id);
const LOOK_MS = 10000;
const OLD_S = 86400; /* a copy that may lack a day's work */
let state;
let person = null;
let figures = null;
let timer = null;

const inWords = (options) => new Intl.NumberFormat(document.documentElement.lang, options);

/** "1.2 GB" */
function sizeOf(bytes) {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  return `${inWords({ maximumFractionDigits: power > 1 ? 1 : 0 }).format(bytes / 1024 ** power)} ${units[power]}`;
}

/** "3 minutes", of the largest unit that fits. */
function spanOf(seconds) {
  const [unit, length] = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]].find(([, each]) => seconds >= each) ?? ['second', 1];
  return inWords({ style: 'unit', unit, unitDisplay: 'long' }).format(Math.floor(seconds / length));
}

const momentOf = (seconds) => new Intl.DateTimeFormat(document.documentElement.lang, {
  month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: person?.zone,
}).format(new Date(seconds * 1000));

const sentence = (kind, text) => el('p', { class: `state ${kind}` }, icon({ fine: 'fine', warning: 'exceptions', trouble: 'unheld' }[kind]), el('span', {}, text));
const facts = (rows) => rows.flatMap(([id, value]) => [el('dt', {}, t(`load.${id}`)), el('dd', {}, value)]);

function gauge(share, kind, label, marks = [], small = false) {
  const used = el('span', { class: `used ${kind}` });
  used.style.width = `${Math.min(share, 1) * 100}%`;
  return el('div', { class: `gauge ${small ? 'small' : ''}`, role: 'img', 'aria-label': label }, used, ...marks.map((mark) => {
    const line = el('span', { class: 'mark' });
    line.style.left = `${mark * 100}%`;
    return line;
  }));
}

function relayRow(relay) {
  const share = relay.capacity > 0 ? relay.sessions / relay.capacity : 0;
  const kind = share >= 0.95 ? 'trouble' : share >= 0.8 ? 'warning' : '';
  const number = (text, label) => el('td', { class: 'number', 'data-label': label }, text);
  if (!relay.connected) {
    return el('tr', {}, el('th', { scope: 'row' }, relay.id), el('td', {}, t('load.away', { span: spanOf(relay.since_s) })),
      ...['–', '–', '–'].map((text) => number(text, '')), el('td', {}, relay.version));
  }
  return el('tr', {}, el('th', { scope: 'row' }, relay.id), el('td', {}, t('load.connected', { span: spanOf(relay.since_s) })),
    el('td', {}, gauge(share, kind, t('load.sessions_of', { count: relay.sessions, capacity: relay.capacity }), [], true), `${relay.sessions}/${relay.capacity}`),
    number(inWords({ maximumFractionDigits: 2, minimumFractionDigits: 2 }).format(relay.cpu), t('load.cpu')),
    number(inWords({ maximumFractionDigits: 0 }).format(relay.packets_out_per_s), t('load.packets')), el('td', {}, relay.version));
}

function relayTable() {
  if (!figures.relays.some((relay) => relay.connected)) {
    const none = sentence('trouble', t('load.no_relay'));
    if (figures.relays.length === 0) return [none];
    return [none, table()];
  }
  return [table()];
}

function table() {
  const heads = ['relay', 'state', 'sessions', 'cpu', 'packets', 'version'];
  return el('div', { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': t('load.relays') }, el('table', { class: 'list stack' },
    el('thead', {}, el('tr', {}, ...heads.map((id) => el('th', { scope: 'col', class: id === 'cpu' || id === 'packets' ? 'number' : '' }, t(`load.${id}`))))),
    el('tbody', {}, ...figures.relays.map(relayRow))));
}

function disk() {
  const { disk: of, database } = figures;
  const rows = facts([['database', sizeOf(database.bytes)], ...(of ? [['disk_size', sizeOf(of.bytes)]] : [])]);
  const damage = database.damaged ? [sentence('trouble', t('load.damaged'))] : [];
  if (!of) return [...damage, el('dl', { class: 'facts' }, ...rows)];
  const free = of.free_bytes / of.bytes;
  const kind = free < of.critical_share ? 'trouble' : free < of.low_share ? 'warning' : 'fine';
  const percent = inWords({ style: 'percent', maximumFractionDigits: 1 });
  const marks = el('p', { class: 'hint' }, t('load.disk_marks', { low: percent.format(of.low_share), critical: percent.format(of.critical_share) }));
  return [...damage,
    sentence(kind, t(`load.disk_${kind}`, { free: sizeOf(of.free_bytes), percent: percent.format(free) })),
    gauge(1 - free, kind, t('load.disk_used', { percent: percent.format(1 - free) }), [1 - of.low_share, 1 - of.critical_share]),
    marks, el('dl', { class: 'facts' }, ...rows)];
}

function backupSentence(backup) {
  if (backup.failed) return sentence('trouble', t('load.backup_failed', { error: backup.error }));
  if (backup.every_min === 0) return sentence('warning', t('load.backup_off'));
  if (!backup.last) return sentence('warning', t('load.backup_none'));
  const known = Math.max(backup.checked, backup.last);
  if (figures.now - known > OLD_S) return sentence('warning', t('load.backup_old', { span: spanOf(figures.now - known) }));
  return sentence('fine', t('load.backup_fine'));
}

function backup() {
  const of = figures.backup;
  return [backupSentence(of), el('dl', { class: 'facts' }, ...facts([
    ['backup_every', of.every_min > 0 ? spanOf(of.every_min * 60) : t('load.never')],
    ...(of.last ? [['backup_last', `${momentOf(of.last)} · ${t('load.ago', { span: spanOf(Math.max(figures.now - of.last, 0)) })}`],
      ['backup_file', of.file], ['backup_size', sizeOf(of.bytes)]] : []),
  ]))];
}

function show() {
  if (!figures) return;
  const { signaling, sessions } = figures;
  byId('checked').textContent = t('load.checked', { time: momentOf(figures.now) });
  byId('relays').replaceChildren(...relayTable());
  byId('disk').replaceChildren(...disk());
  byId('backup').replaceChildren(...backup());
  byId('signaling').replaceChildren(...facts([
    ['publishers', sessions.publishers], ['viewers', sessions.viewers], ['version', signaling.version],
    ['running', spanOf(Math.max(figures.now - signaling.started, 0))], ['memory', sizeOf(signaling.resident_bytes)],
    ['descriptors', `${signaling.open_descriptors}/${signaling.max_descriptors}`]]));
  state.ready();
}

async function look() {
  clearTimeout(timer);
  try {
    figures = await systemFigures();
    state.arrived();
    show();
  } catch (error) {
    state.failedAgain(error, look, person.zone);
  }
  timer = setTimeout(look, LOOK_MS);
}

person = await startConsole({ onLanguage: show });
state = new PageState();
state.loading();
await look();
