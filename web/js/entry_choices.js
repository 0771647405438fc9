/* What there is to choose for a weekly lesson, the likely first; and what stands in it though it could not be chosen any
 * more, so that saving swaps nothing. */

import { t } from './i18n.js';
import { personLabel } from './person_names.js';
import { setOf } from './timetable_grid.js';
import { addDays, clockOf, el, weekOfTerm } from './timetable_words.js';

export const MODES = ['co_teaching', 'delivery', 'recorded', 'research'];
export const END_OF_TERM = 60; /* a last week that no term reaches */

const isOne = (value, chosen) => String(value) === String(chosen);

/** What a list holds. options: [[value, text]], or groups [{label, options}]. gone: how what is chosen is called when it is none of them. */
export function optionsOf(options, chosen, gone = '') {
  const option = ([value, text]) => el('option', { value, selected: isOne(value, chosen) }, text);
  const parts = options.map((each) => (each.label ? el('optgroup', { label: each.label }, ...each.options.map(option)) : option(each)));
  const known = options.flatMap((each) => (each.label ? each.options : [each])).some(([value]) => isOne(value, chosen));
  if (chosen && !known) parts.unshift(option([chosen, gone || String(chosen)]));
  return parts;
}

export const choice = (options, chosen, gone) => el('select', {}, ...optionsOf(options, chosen, gone));

/** What of an entry its lists may have no more: names of people and rooms, as the server gives them with it. */
export class EntryNames {
  constructor(entry) {
    this.people = new Map((entry.people ?? []).map((person) => [person.id, person]));
    this.rooms = new Map((entry.rooms ?? []).map((room) => [room.id, room]));
  }

  person(id) {
    const person = this.people.get(id);
    return t(person?.disabled ? 'timetable.gone_disabled' : 'timetable.gone', { name: person?.name ?? `#${id}` });
  }

  room(id) {
    const room = this.rooms.get(id);
    return t('timetable.gone', { name: room ? `${room.school_name} ${room.name}` : `#${id}` });
  }
}

/** Those of the school first: most teach from their own. */
export function teacherOptions(county, school) {
  const teachers = county.people.filter((person) => person.role === 'master_teacher');
  const named = (person) => [person.id, personLabel(person, county.people)];
  const own = teachers.filter((person) => person.organisation === school);
  const others = teachers.filter((person) => person.organisation !== school);
  if (own.length === 0 || others.length === 0) return teachers.map(named);
  return [{ label: county.schoolName(school), options: own.map(named) }, { label: t('timetable.other_schools'), options: others.map(named) }];
}

/** Of the receiving school alone; those of what is above it, when it has none of its own. */
export function localTeachers(county, school) {
  const locals = county.people.filter((person) => person.role === 'local_teacher');
  for (let id = school; id; id = county.organisations.find((each) => each.id === id)?.parent) {
    const own = locals.filter((person) => person.organisation === id);
    if (own.length > 0) return own;
  }
  return [];
}

export const masterOptions = (county) => county.rooms.filter((room) => room.use !== 'receiving')
  .map((room) => [room.id, `${county.schoolName(room.school)} ${room.name}`]);

/** The periods of the school's bells, by number. */
export function periodOptions(county, bells) {
  const periods = setOf(bells, county.day)?.periods ?? bells.sets[0]?.periods ?? [];
  return periods.map((period) => [period.number, `${period.number} · ${clockOf(period.start_minute)}–${clockOf(period.end_minute)}`]);
}

/* A term is of a school when it is of an organisation on the way up from it. What is above a person's own part of the tree
 * they do not see; a term of there is of all that they see. */
function isTermOf(county, term, school) {
  if (!county.organisations.some((each) => each.id === term.organisation)) return true;
  for (let id = school; id; id = county.organisations.find((each) => each.id === id)?.parent) if (id === term.organisation) return true;
  return false;
}

/** The term that a lesson of a school is in: its own as long as it may be, else the one that is shown, or another of that week. */
export function termOf(county, entry, school) {
  const terms = county.terms.filter((term) => isTermOf(county, term, school));
  const own = county.terms.find((term) => term.id === entry.term);
  if (own && (!school || terms.includes(own))) return own;
  return terms.find((term) => term === county.term)
    ?? terms.find((term) => term.first_day <= addDays(county.day, 6) && term.last_day >= county.day) ?? terms[0] ?? county.term;
}

/** [first, last]: the weeks of the term, the last of them also as its end, whenever that is. */
export function weekSelects(term, entry) {
  const count = term ? weekOfTerm(term, term.last_day) : 0;
  const weeks = Array.from({ length: count }, (_, index) => [index + 1, t('timetable.week_number', { number: index + 1 })]);
  const gone = (number) => t('timetable.week_number', { number });
  return [
    choice(weeks, entry.first_week ?? 1, gone(entry.first_week)),
    choice([...weeks, [END_OF_TERM, t('timetable.end_of_term')]], entry.last_week ?? END_OF_TERM, gone(entry.last_week)),
  ];
}
