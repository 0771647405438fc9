/* The address of one's own timetable for a calendar program: made, made anew, and ended. It is shown once, when it was made. */

import { addCalendar, listOf, removeCalendar, rotateCalendar } from './api.js';
import { openForm } from './form_dialog.js';
import { t } from './i18n.js';
import { redraw } from './page_state.js';
import { reason } from './refusals.js';
import { el } from './timetable_words.js';

const byId = (id) => document.getElementById(id);
let person = 0;
let calendar = null; /* the newest of one's own; null for none, or not known yet */
let address = '';

function say(text, isError = false) {
  byId('calendar-status').textContent = text;
  byId('calendar-status').className = isError ? 'status error' : 'status';
}

async function copy() {
  try {
    await navigator.clipboard.writeText(address);
  } catch { /* not on plain HTTP: what is selected can be copied by hand */
    byId('address-text').select();
    document.execCommand('copy');
  }
  say(t('calendar.copied'));
}

function draw() {
  redraw(byId('address'), ...(address ? [el('div', { class: 'address' },
    el('label', { for: 'address-text' }, t('calendar.address')),
    el('input', { id: 'address-text', readonly: true, value: address }),
    el('button', { id: 'copy', type: 'button', class: 'primary', onclick: copy }, t('calendar.copy')))] : []));
  redraw(byId('calendar'), ...(calendar ? [
    el('button', { id: 'calendar-rotate', type: 'button', onclick: () => ask('rotate') }, t('calendar.rotate')),
    el('button', { id: 'calendar-revoke', type: 'button', class: 'danger', onclick: () => ask('revoke') }, t('calendar.revoke')),
  ] : [el('button', { id: 'calendar-add', type: 'button', class: 'primary', onclick: add }, t('calendar.add'))]));
}

async function reload() {
  try {
    calendar = (await listOf('calendars')).filter((each) => each.kind === 'teacher' && each.subject === person).at(-1) ?? null;
  } catch (error) {
    say(reason(error), true);
  }
  draw();
}

/* Each press makes an address that opens the timetable, and only the last one could be seen. */
async function add() {
  byId('calendar-add').disabled = true;
  try {
    address = (await addCalendar('teacher', person, document.documentElement.lang)).url;
    say('');
  } catch (error) {
    say(reason(error), true);
  }
  await reload();
  byId('copy')?.focus();
}

/** what: "rotate" or "revoke". */
async function ask(what) {
  const save = () => (what === 'rotate' ? rotateCalendar(calendar.id) : removeCalendar(calendar.id));
  const answer = await openForm({ title: t(`calendar.ask_${what}`), fields: [], submit: t(`calendar.${what}`), save });
  if (!answer) return;
  address = answer.url ?? '';
  say(what === 'revoke' ? t('calendar.revoked') : '');
  await reload();
  byId('copy')?.focus();
}

/** Of this person, whose number an address needs. In another language or week it is drawn anew, and asked for once. */
export function showMyCalendar(number) {
  if (number === person) {
    draw();
    return;
  }
  person = number;
  reload();
}
