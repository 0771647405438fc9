/* The fleet: which boxes stand in which room, what was last seen of them, enrolling one and revoking one. What is not
 * heard of is never shown as well: its last report stays, with its age. */

import { addDeviceCode, devices as fetchDevices, listOf, revokeDevice } from './api.js';
import { startConsole } from './console.js';
import { openForm } from './form_dialog.js';
import { t } from './i18n.js';
import { PageState, reason } from './page_state.js';
import { el } from './timetable_words.js';

const byId = (id) => document.getElementById(id);
const REFRESH_MS = 10000;
const ENROL_POLL_MS = 1500;
const ONLINE_S = 90; /* a box reports each half minute */
const RANK = { offline: 0, problem: 1, online: 2 };
const MARKS = { online: '●', problem: '▲', offline: '✕' };
let person;
let state;
let fleet = { devices: [], nowS: 0 };
let rooms = [];
let organisations = [];

const schoolName = (id) => organisations.find((each) => each.id === id)?.name ?? '';
const room = (id) => rooms.find((each) => each.id === id);
const mayChange = () => person.role !== 'inspector';

function say(text, isError = false) {
  byId('status').textContent = text;
  byId('status').className = isError ? 'status error' : 'status';
}

const problemsOf = (device) => Object.entries(device.health).filter(([, value]) => typeof value === 'string' && value !== 'ok');

function stateOf(device) {
  if (fleet.nowS - device.seen > ONLINE_S) return 'offline';
  return problemsOf(device).length > 0 ? 'problem' : 'online';
}

/** "3 minutes ago" and the like. */
function ageOf(seconds) {
  const age = Math.max(0, Math.round(fleet.nowS - seconds));
  if (age < 60) return t('devices.seconds_ago', { count: age });
  if (age < 3600) return t('devices.minutes_ago', { count: Math.floor(age / 60) });
  if (age < 172800) return t('devices.hours_ago', { count: Math.floor(age / 3600) });
  return t('devices.days_ago', { count: Math.floor(age / 86400) });
}

function healthText(device) {
  const problems = problemsOf(device);
  if (problems.length > 0) return problems.map(([name, value]) => `${name}: ${value}`).join('; ');
  return Object.keys(device.health).length ? t('devices.healthy') : '–';
}

function row(device) {
  const kind = stateOf(device);
  return el('tr', {},
    el('th', { scope: 'row' }, `${schoolName(device.school)} ${room(device.room)?.name ?? ''}`),
    el('td', {}, t(`devices.kind_${device.kind}`), ' ', el('small', { class: 'hint' }, device.name)),
    el('td', { class: `device-${kind}` }, `${MARKS[kind]} ${t(`devices.state_${kind}`)}`),
    el('td', {}, ageOf(device.seen)), el('td', {}, healthText(device)), el('td', {}, device.version),
    mayChange() ? el('td', {}, el('button', {
      type: 'button', class: 'danger', 'aria-label': t('devices.revoke_of', { name: device.name }), onclick: () => askRevoke(device),
    }, t('devices.revoke'))) : '');
}

function show() {
  const chosen = Number(byId('school').value);
  const shown = fleet.devices.filter((device) => !chosen || device.school === chosen)
    .sort((a, b) => RANK[stateOf(a)] - RANK[stateOf(b)] || a.seen - b.seen);
  byId('enrol').hidden = !mayChange() || rooms.length === 0;
  if (rooms.length === 0) {
    state.empty('devices.no_rooms', el('a', { class: 'button primary', href: '/schools.html', 'data-t': 'console.schools' }));
    return;
  }
  if (shown.length === 0) {
    state.empty(fleet.devices.length ? 'devices.none_here' : 'devices.empty');
    return;
  }
  const heads = ['room', 'box', 'state', 'seen', 'health', 'version', ...(mayChange() ? ['actions'] : [])];
  byId('content').replaceChildren(el('div', { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': t('devices.title') },
    el('table', { class: 'list' }, el('thead', {}, el('tr', {}, ...heads.map((id) => el('th', { scope: 'col' }, t(`devices.${id}`))))),
      el('tbody', {}, ...shown.map(row)))));
  state.ready();
}

async function look() {
  const answer = await fetchDevices();
  fleet = { devices: answer.devices, nowS: answer.now_ms / 1000 };
}

async function refresh() {
  try {
    await look();
    show();
  } catch (error) {
    state.failedAgain(error, load);
  }
}

async function load() {
  try {
    [rooms, organisations] = await Promise.all(['rooms', 'organisations'].map(listOf));
    const chosen = byId('school').value;
    byId('school').replaceChildren(el('option', { value: '' }, t('devices.all_schools')),
      ...organisations.filter((each) => each.kind === 'school').map((each) => el('option', { value: each.id }, each.name)));
    byId('school').value = chosen;
    await look();
    show();
  } catch (error) {
    state.failed(error, load);
  }
}

/* Two presses: the second one is in the dialog that says what it does. */
async function askRevoke(device) {
  const done = await openForm({
    title: t('devices.revoke_question', { name: device.name, room: room(device.room)?.name ?? '' }), submit: t('devices.revoke'),
    fields: [], save: async () => { await revokeDevice(device.id); return true; },
  });
  if (!done) return;
  say(t('devices.revoked'));
  await refresh();
}

/* ---- enrolling ---- */

async function askEnrol() {
  const made = await openForm({
    title: t('devices.enrol'), submit: t('devices.show_code'),
    fields: [
      { name: 'room', label: t('devices.room'), options: rooms.map((each) => [each.id, `${schoolName(each.school)} ${each.name}`]) },
      { name: 'kind', label: t('devices.box'), options: ['player', 'capture'].map((kind) => [kind, t(`devices.kind_${kind}`)]) },
    ],
    save: (given) => addDeviceCode(Number(given.room), given.kind),
  });
  if (made) showCode(made);
}

function showCode(code) {
  const dialog = byId('code');
  const known = new Set(fleet.devices.map((device) => device.id));
  const left = el('p', { class: 'hint', role: 'timer' });
  const done = el('p', { id: 'code-done', role: 'status' });
  const command = `duet-${code.kind} --enrol ${code.code} --server ${location.origin}`;
  const end = Date.now() + (code.expires - fleet.nowS) * 1000;

  dialog.replaceChildren(el('h2', { id: 'code-title' }, `${schoolName(room(code.room)?.school)} ${room(code.room)?.name ?? ''} · ${t(`devices.kind_${code.kind}`)}`),
    el('p', {}, t('devices.code_hint')), el('p', { id: 'code-digits', class: 'code-digits' }, `${code.code.slice(0, 3)} ${code.code.slice(3)}`),
    el('p', {}, el('code', { id: 'code-command' }, command)), left, done,
    el('div', { class: 'buttons' }, el('button', { type: 'button', class: 'primary', onclick: () => dialog.close() }, t('common.close'))));
  dialog.showModal();
  const tick = () => {
    const seconds = Math.max(0, Math.round((end - Date.now()) / 1000));
    left.textContent = seconds > 0 ? t('devices.code_left', { time: `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}` }) : t('devices.code_over');
  };
  const watch = setInterval(async () => {
    tick();
    try {
      await look();
    } catch { return; /* the next look will tell */ }
    const device = fleet.devices.find((each) => !known.has(each.id) && each.room === code.room && each.kind === code.kind);
    if (!device) return;
    clearInterval(watch);
    left.textContent = '';
    done.textContent = `✓ ${t('devices.enrolled', { name: device.name })}`;
    show();
  }, ENROL_POLL_MS);
  tick();
  dialog.addEventListener('close', () => clearInterval(watch), { once: true });
}

byId('school').addEventListener('change', show);
byId('enrol').addEventListener('click', async () => {
  try {
    await askEnrol();
  } catch (error) {
    say(reason(error), true);
  }
});
person = await startConsole({ onLanguage: () => { if (person) load(); } });
state = new PageState();
await load();
setInterval(() => { if (!document.hidden) refresh(); }, REFRESH_MS);
