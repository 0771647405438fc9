/* How the timetable's figures are said: days, weeks, times by a school's clock. */

import { t } from './i18n.js';

const DAY_MS = 86400000;

export const dateOf = (text) => new Date(`${text}T00:00:00Z`);
export const textOf = (date) => date.toISOString().slice(0, 10);
export const addDays = (text, days) => textOf(new Date(dateOf(text).getTime() + days * DAY_MS));

/** 1 = Monday to 7. */
export const weekdayOf = (text) => (dateOf(text).getUTCDay() + 6) % 7 + 1;
export const mondayOf = (text) => addDays(text, 1 - weekdayOf(text));

export const weekdayName = (weekday) => t(`timetable.weekday_${weekday}`);
export const shortDate = (text) => `${Number(text.slice(5, 7))}/${Number(text.slice(8))}`;

/** "08:30" of a minute of the day. */
export function clockOf(minute) {
  const day = minute % 1440;
  return `${String(Math.floor(day / 60)).padStart(2, '0')}:${String(day % 60).padStart(2, '0')}`;
}

/** The date and minute of day that a zone's clock shows at a moment. */
export function wallClock(seconds, zone = undefined) {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(new Date(seconds * 1000));
  const part = (type) => parts.find((each) => each.type === type).value;
  return { date: `${part('year')}-${part('month')}-${part('day')}`, minute: Number(part('hour')) * 60 + Number(part('minute')) };
}

/** When that date begins by the zone's clock: seconds. */
export function startOfDay(text, zone) {
  let seconds = dateOf(text).getTime() / 1000;
  for (let round = 0; round < 2; round += 1) { /* twice: the clock may be put forward in between */
    const { date, minute } = wallClock(seconds, zone);
    seconds += (dateOf(text) - dateOf(date)) / 1000 - minute * 60;
  }
  return seconds;
}

/** "2026-11-27 08:30:15" */
export const stampOf = (seconds, zone) =>
  new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone: zone }).format(new Date(seconds * 1000));

/** Which week of the term a date is in: that of its first day is 1. */
export function weekOfTerm(term, date) {
  return (dateOf(mondayOf(date)) - dateOf(mondayOf(term.first_day))) / (7 * DAY_MS) + 1;
}

/** Short for making elements: el('td', {class: 'x'}, 'text', child). */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, '');
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}
