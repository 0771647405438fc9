/* Which subjects and grades there are, for all schools of the server: each is pressed to be named anew or retired. */

import { addSubject, changeGrade, changeSubject } from './api.js';
import { gradeName } from './catalogue.js';
import { openForm } from './form_dialog.js';
import { t } from './i18n.js';
import { el } from './timetable_words.js';

const stateField = (retired) => ({
  name: 'state', label: t('catalogue.state'), required: false, value: retired ? 'retired' : '',
  options: [['', t('catalogue.offered')], ['retired', t('catalogue.retired')]],
});

async function ask(form, said, on) {
  const made = await openForm({ submit: t('common.save'), ...form });
  if (made) await on.changed(t(said));
}

const askSubject = (subject, on) => ask({
  title: t('catalogue.change_of', { name: subject.name }),
  fields: [{ name: 'name', label: t('schools.name'), max: 20, value: subject.name }, stateField(subject.retired)],
  save: (given) => changeSubject(subject.id, { name: given.name.trim(), retired: given.state === 'retired' }),
}, 'catalogue.saved', on);

const askGrade = (grade, on) => ask({
  title: t('catalogue.change_of', { name: gradeName(grade.number) }), fields: [stateField(grade.retired)],
  save: (given) => changeGrade(grade.number, { retired: given.state === 'retired' }),
}, 'catalogue.saved', on);

const askNew = (on) => ask({
  title: t('catalogue.add'), fields: [{ name: 'name', label: t('schools.name'), max: 20 }],
  save: (given) => addSubject({ name: given.name.trim() }),
}, 'schools.added', on);

/* What is retired says so in words too. */
function chip(name, retired, may, change) {
  const label = retired ? `${name} ${t('catalogue.retired')}` : name;
  const words = [name, retired ? el('small', {}, ` ${t('catalogue.retired')}`) : ''];
  if (!may) return el('li', {}, ...words);
  return el('li', { class: 'pressed' },
    el('button', { type: 'button', 'aria-label': t('catalogue.change_of', { name: label }), onclick: change }, ...words));
}

/** on: {changed(text)}. */
export function cataloguePanel(subjects, grades, may, on) {
  return el('section', { class: 'panel', id: 'catalogue' }, el('h2', {}, t('catalogue.title')),
    el('h3', {}, t('timetable.subject')),
    el('ul', { class: 'chips', id: 'subjects' }, ...subjects.map((subject) => chip(subject.name, subject.retired, may, () => askSubject(subject, on)))),
    el('h3', {}, t('timetable.grade')),
    el('ul', { class: 'chips', id: 'grades' }, ...grades.map((grade) => chip(gradeName(grade.number), grade.retired, may, () => askGrade(grade, on)))),
    may ? el('button', { id: 'add-subject', type: 'button', onclick: () => askNew(on) }, t('catalogue.add')) : '');
}
