/* How people are told apart: by their name, and by what they log in with where a list has the name twice. */

import { t } from './i18n.js';

const twice = new WeakMap(); /* of a list, the names that are there more than once */

function namesTwice(people) {
  if (!twice.has(people)) {
    const seen = new Set();
    twice.set(people, new Set(people.map((person) => person.name).filter((name) => seen.has(name) || !seen.add(name))));
  }
  return twice.get(people);
}

export const isNamesake = (person, people) => namesTwice(people).has(person.name);

/** 王芳, or 王芳（wang2） where another of the list is called so. */
export const personLabel = (person, people) =>
  (isNamesake(person, people) ? t('common.person_login', { name: person.name, login: person.login }) : person.name);
