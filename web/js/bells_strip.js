/* A school year from August to July in one strip: which set of periods is in force, holidays, day swaps, today. */

import { t } from './i18n.js';
import { setOf } from './timetable_grid.js';
import { addDays, dateOf, el, shortDate } from './timetable_words.js';

const LOOKS = ['', 'other', 'third'];

/** The first day of the school year that a date is in. */
export const yearOf = (day) => (day.slice(5) < '08-01' ? Number(day.slice(0, 4)) - 1 : Number(day.slice(0, 4)));

/** [{set, first, last}]: the sets of a year as they follow each other, null where none is in force. */
function spans(bells, first, last) {
  const found = [];
  for (let day = first; day <= last; day = addDays(day, 1)) {
    const set = setOf(bells, day);
    if (found.at(-1)?.set === set && found.length > 0) found.at(-1).last = day;
    else found.push({ set, first: day, last: day });
  }
  return found.filter((span) => span.set);
}

/** "9/1–1/31 秋季; …" */
const inWords = (list) => list.map((span) => `${shortDate(span.first)}–${shortDate(span.last)} ${span.set.name}`).join('; ');

/** year: that of its August. today: "2026-11-27". */
export function yearStrip(bells, year, today) {
  const first = `${year}-08-01`;
  const last = `${year + 1}-07-31`;
  const days = (dateOf(last) - dateOf(first)) / 86400000 + 1;
  const at = (day) => (dateOf(day) - dateOf(first)) / 86400000;
  const place = (element, from, to) => {
    element.style.left = `${at(from) / days * 100}%`;
    if (to) element.style.width = `${(at(to) + 1 - at(from)) / days * 100}%`;
    return element;
  };
  const list = spans(bells, first, last);
  const months = Array.from({ length: 12 }, (_, i) => `${i < 5 ? year : year + 1}-${String((i + 7) % 12 + 1).padStart(2, '0')}-01`);
  const name = new Intl.DateTimeFormat(document.documentElement.lang, { month: 'short', timeZone: 'UTC' });
  const special = bells.days.filter((day) => day.day >= first && day.day <= last && (day.holiday || day.held_day !== day.day));
  return el('div', {
    class: 'strip', role: 'img',
    'aria-label': `${t('bells.strip', { year: `${year}–${year + 1}` })} ${inWords(list) || t('bells.no_set')}`,
  },
  ...months.map((month) => place(el('span', { class: 'month' }, name.format(dateOf(month))), month)),
  ...list.map((span) => place(el('span', {
    class: `span ${LOOKS[bells.sets.indexOf(span.set) % LOOKS.length]}`,
    title: `${span.set.name} ${shortDate(span.first)}–${shortDate(span.last)}`,
  }, span.set.name), span.first, span.last)),
  ...special.map((day) => place(el('span', { class: `special ${day.holiday ? '' : 'swap'}`, title: day.day }), day.day)),
  ...(today >= first && today <= last ? [place(el('span', { class: 'today' }), today)] : []));
}

/** What the marks of a strip mean. */
export const stripKey = () => el('ul', { class: 'strip-key' },
  ...['now', 'holiday', 'swap', 'none'].map((mark) => el('li', { class: mark }, t(`bells.key_${mark}`))));
