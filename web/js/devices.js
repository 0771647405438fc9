/* The fleet: which boxes stand in which room, what was last seen of them, which lesson is next there. What is in the way of
 * a lesson stands first. What is not heard of is never shown as well: its last report stays, with its age. */

import { devices as fetchDevices, listOf } from './api.js';
import { startConsole } from './console.js';
import { enrol } from './device_enrol.js';
import { openDevice } from './device_panel.js';
import { ageOf, byUrgency, healthNow, isHeard, nextText, ServerClock, stateChip, stateOf } from './device_words.js';
import { t } from './i18n.js';
import { PageState } from './page_state.js';
import { reason } from './refusals.js';
import { el } from './timetable_words.js';

const byId = (id) => document.getElementById(id);
const REFRESH_MS = 15000;
const COLUMNS = ['room', 'state', 'seen', 'next', 'health', 'box', 'version'];
const WIDE = ['box', 'version']; /* where there is room for them */
const clock = new ServerClock();
let person;
let state;
let fleet = [];
let rooms = [];
let organisations = [];

const mayChange = () => person.role !== 'inspector';

function say(text, isError = false) {
  byId('status').textContent = text;
  byId('status').className = isError ? 'status error' : 'status';
}

function row(device) {
  const name = `${device.school_name} ${device.room_name}`;
  return el('tr', { class: `row-${stateOf(device, clock)}` },
    el('th', { scope: 'row' }, el('button', {
      type: 'button', class: 'quiet device-open', 'data-device': device.id, 'aria-label': t('devices.open', { name, box: device.name }), onclick: () => open(device.id),
    }, name)),
    el('td', {}, stateChip(device, clock)), el('td', {}, ageOf(device.seen, clock)), el('td', {}, nextText(device, clock)),
    el('td', { class: isHeard(device, clock) ? false : 'hint' }, healthNow(device, clock)), el('td', { class: 'wide' }, t(`devices.kind_${device.kind}`), ' ', el('small', { class: 'hint' }, device.name)),
    el('td', { class: 'wide' }, device.version));
}

function summary(shown) {
  const count = (kind) => shown.filter((device) => stateOf(device, clock) === kind).length;
  const kinds = ['offline', 'problem', 'unknown', 'online'].filter((kind) => count(kind) > 0);
  return el('p', { id: 'summary', class: 'summary' }, kinds.map((kind) => `${t(`devices.state_${kind}`)} ${count(kind)}`).join(' · '));
}

function table(shown) {
  return el('div', { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': t('devices.title') },
    el('table', { class: 'list fleet' }, el('thead', {}, el('tr', {}, ...COLUMNS.map((id) => el('th', { scope: 'col', class: WIDE.includes(id) ? 'wide' : false }, t(`devices.${id}`))))),
      el('tbody', {}, ...shown.map(row))));
}

/* The rows are made anew while somebody may stand on one of them, or have moved the frame. */
function draw(shown) {
  const focused = document.activeElement?.dataset?.device;
  const { scrollLeft = 0, scrollTop = 0 } = byId('content').querySelector('.table-frame') ?? {};

  byId('content').replaceChildren(summary(shown), table(shown));
  byId('content').querySelector('.table-frame').scrollTo(scrollLeft, scrollTop);
  if (focused) byId('content').querySelector(`[data-device="${focused}"]`)?.focus();
}

function show() {
  const chosen = Number(byId('school').value);
  const shown = fleet.filter((device) => !chosen || device.school === chosen).sort(byUrgency(clock));

  byId('enrol').hidden = !mayChange() || rooms.length === 0;
  if (rooms.length === 0) {
    state.empty('devices.no_rooms', el('a', { class: 'button primary', href: '/schools.html', 'data-t': 'console.schools' }));
  } else if (shown.length === 0) {
    state.empty(fleet.length ? 'devices.none_here' : mayChange() ? 'devices.empty' : 'devices.empty_here');
  } else {
    draw(shown);
    state.ready();
  }
}

async function look() {
  const answer = await fetchDevices();
  fleet = answer.devices;
  clock.set(answer.now_ms);
  state.arrived();
}

async function refresh() {
  if (!state.asOf) { /* nor are the rooms there yet */
    await load();
    return;
  }
  try {
    await look();
    show();
  } catch (error) {
    if (fleet.length > 0 && !byId('content').hidden) show(); /* ages grow while nobody is heard */
    state.failedAgain(error, load);
  }
}

function fillSchools() {
  const chosen = byId('school').value;
  byId('school').replaceChildren(el('option', { value: '' }, t('devices.all_schools')),
    ...organisations.filter((each) => each.kind === 'school').map((each) => el('option', { value: each.id }, each.name)));
  byId('school').value = chosen;
}

async function load() {
  try {
    [rooms, organisations] = await Promise.all(['rooms', 'organisations'].map(listOf));
    fillSchools();
    await look();
    show();
  } catch (error) {
    state.failed(error, load);
  }
}

async function open(id) {
  try {
    await openDevice({
      id, clock, mayChange: mayChange(),
      onRevoked: (device) => { say(t('devices.revoked_name', { name: device.name })); refresh(); },
    });
  } catch (error) {
    say(reason(error), true);
  }
}

function startEnrolment() {
  const schoolOf = (room) => organisations.find((each) => each.id === room.school)?.name ?? '';
  const chosen = Number(byId('school').value);

  enrol({
    rooms: rooms.filter((room) => !chosen || room.school === chosen).map((room) => ({ id: room.id, name: `${schoolOf(room)} ${room.name}` })),
    onEnrolled: async (id) => {
      await refresh();
      return fleet.find((device) => device.id === id)?.name;
    },
  });
}

byId('school').addEventListener('change', show);
byId('enrol').addEventListener('click', startEnrolment);
person = await startConsole({ onLanguage: () => { if (state) { fillSchools(); show(); } } });
state = new PageState();
await load();
setInterval(() => { if (!document.hidden) refresh(); }, REFRESH_MS);
/* "/devices.html#device-7", as other pages link to one. */
const wanted = /^#device-(\d+)$/.exec(location.hash);
if (wanted) await open(Number(wanted[1]));
