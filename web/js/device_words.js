/* How a device is, in words and shapes: online, with a problem, offline, and unknown while the server is not heard. */

import { t, textOr } from './i18n.js';
import { addDays, clockOf, el, shortDate, wallClock } from './timetable_words.js';

const ONLINE_S = 90; /* a box reports each half minute */
const RANK = { offline: 0, problem: 1, unknown: 2, online: 3 };
const MARKS = { online: '●', problem: '▲', offline: '✕', unknown: '○' };

/** The server's clock: as of an answer's now_ms, carried on by the monotonic one of this machine. */
export class ServerClock {
  #nowS = 0;
  #at = -Infinity;

  set(nowMs) {
    this.#nowS = nowMs / 1000;
    this.#at = performance.now();
  }

  nowS() { return this.#nowS + this.#elapsedS(); }

  /** The last answer is so old that nobody is known to be there. */
  isStale() { return this.#elapsedS() > ONLINE_S; }

  #elapsedS() { return (performance.now() - this.#at) / 1000; }
}

/** [part, value] of all that is not well. */
export const problemsOf = (device) => Object.entries(device.health).filter(([, value]) => value !== 'ok');

export function stateOf(device, clock) {
  if (device.revoked) return 'offline';
  if (clock.isStale()) return 'unknown'; /* what was heard then says nothing of now */
  if (clock.nowS() - device.seen > ONLINE_S) return 'offline';
  return problemsOf(device).length > 0 ? 'problem' : 'online';
}

/** What is in the way of a lesson first: of what is not well, that with the next lesson. */
export function byUrgency(clock) {
  const begins = (device) => (device.next ? (device.next.running ? 0 : device.next.start) : Infinity);
  const place = (device) => `${device.school_name} ${device.room_name} ${device.name}`;

  return (a, b) => RANK[stateOf(a, clock)] - RANK[stateOf(b, clock)]
    || Math.sign(begins(a) - begins(b)) || a.seen - b.seen || place(a).localeCompare(place(b), 'zh-CN');
}

export function stateChip(device, clock) {
  const state = stateOf(device, clock);
  const id = device.revoked ? 'devices.state_revoked' : `devices.state_${state}`;

  return el('span', { class: `device-state device-${state}` }, el('span', { 'aria-hidden': 'true' }, MARKS[state]), ` ${t(id)}`);
}

/** "3 minutes ago" and the like. */
export function ageOf(seconds, clock) {
  const age = Math.max(0, Math.round(clock.nowS() - seconds));
  if (age < 60) return t('devices.seconds_ago', { count: age });
  if (age < 3600) return t('devices.minutes_ago', { count: Math.floor(age / 60) });
  if (age < 172800) return t('devices.hours_ago', { count: Math.floor(age / 3600) });
  return t('devices.days_ago', { count: Math.floor(age / 86400) });
}

export const partName = (part) => textOr(`devices.part_${part}`, part);
export const valueName = (value) => textOr(`devices.value_${value}`, String(value));

/** "Camera not found; …" of what problemsOf() gives. */
export const problemsText = (problems) => problems.map(([part, value]) => t('devices.part_is', { part: partName(part), value: valueName(value) })).join(t('devices.and'));

export function healthText(device) {
  const problems = problemsOf(device);
  if (problems.length > 0) return problemsText(problems);
  return Object.keys(device.health).length ? t('devices.healthy') : t('devices.health_untold');
}

/** It is heard of now: what it told last holds. */
export const isHeard = (device, clock) => ['online', 'problem'].includes(stateOf(device, clock));

/** What was told by a device that is not heard of any more was so then. */
export function healthNow(device, clock) {
  const text = healthText(device);
  return isHeard(device, clock) || Object.keys(device.health).length === 0 ? text : t('devices.last_told', { health: text });
}

/** "11/27 08:30" by the school's clock; the day is left out today. */
export function momentOf(seconds, zone, clock) {
  const { date, minute } = wallClock(seconds, zone);
  const today = wallClock(clock.nowS(), zone).date;

  if (date === today) return clockOf(minute);
  if (date === addDays(today, 1)) return t('devices.tomorrow_at', { time: clockOf(minute) });
  return `${shortDate(date)} ${clockOf(minute)}`;
}

export function nextText(device, clock) {
  const { next, zone } = device;
  if (!next) return t('devices.no_next');
  return next.running ? t('devices.next_running', { subject: next.subject, time: momentOf(next.end, zone, clock) })
    : t('devices.next_at', { subject: next.subject, time: momentOf(next.start, zone, clock) });
}
