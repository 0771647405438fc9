/* Which terms hold for a school: its own, and those of what it is part of; of several on one day the nearest, and of those the one
 * that began last. */

import { t } from './i18n.js';
import { addDays, el, mondayOf } from './timetable_words.js';

/** The school and all above it that the person sees. */
function chainOf(county, school) {
  const chain = [];
  for (let id = school.id; id && !chain.includes(id);) {
    chain.push(id);
    id = county.organisations.find((each) => each.id === id)?.parent;
  }
  return chain;
}

/* The server tells terms of what is below or above the person's own part of the tree. Whose is not in the list is above. */
function distanceOf(county, chain, term) {
  const distance = chain.indexOf(term.organisation);
  if (distance >= 0) return distance;
  return county.organisations.some((each) => each.id === term.organisation) ? -1 : chain.length;
}

/** The nearest first. */
export function termsOf(county, school) {
  const chain = chainOf(county, school);
  return county.terms.map((term) => ({ term, distance: distanceOf(county, chain, term) })).filter(({ distance }) => distance >= 0)
    .sort((a, b) => a.distance - b.distance || (a.term.first_day < b.term.first_day ? 1 : -1)).map(({ term }) => term);
}

export const isOn = (term, monday) => term.first_day <= addDays(monday, 6) && term.last_day >= monday;

/** wanted: the number of a term that is preferred where it is on that week. Null when no term is. */
export function termOn(county, school, monday, wanted = 0) {
  const terms = termsOf(county, school).filter((term) => isOn(term, monday));
  return terms.find((term) => term.id === wanted) ?? terms[0] ?? null;
}

/** What a week without a term says in place of its number, with ways to the terms around it; go(monday). */
export function noTermNotice(county, school, monday, go) {
  const terms = termsOf(county, school);
  const first = (list, key, sign) => list.sort((a, b) => (a[key] < b[key] ? -sign : sign))[0];
  const next = first(terms.filter((term) => term.first_day > monday), 'first_day', 1);
  const last = first(terms.filter((term) => term.last_day < monday), 'last_day', -1);
  const button = (id, term, day) => (term ? [el('button', { type: 'button', id, onclick: () => go(mondayOf(day)) }, t(`timetable.${id.replace('-', '_')}`, { name: term.name }))] : []);
  return [el('p', {}, t(terms.length > 0 ? 'timetable.no_term' : 'timetable.no_term_yet', { school: school.name })),
    el('div', { class: 'repairs' }, ...button('next-term', next, next?.first_day), ...button('last-term', last, last?.last_day))];
}
