/* Which edition of textbooks each school uses: lessons between schools with different ones carry a warning. */

import { removeTextbook, setTextbook } from './api.js';
import { gradeName as nameOf, gradeOptions, subjectOptions } from './catalogue.js';
import { openForm } from './form_dialog.js';
import { t } from './i18n.js';
import { reason } from './refusals.js';
import { el } from './timetable_words.js';

const gradeName = (grade) => (grade === 0 ? t('textbooks.all_grades') : nameOf(grade));

function row(textbook, school, may, on) {
  const name = `${textbook.subject} ${gradeName(textbook.grade)}`;
  const remove = async () => {
    try {
      await removeTextbook(textbook.id);
      await on.changed(t('textbooks.removed'));
    } catch (error) {
      on.failed(reason(error));
    }
  };
  return el('tr', {}, el('th', { scope: 'row' }, school.name), el('td', {}, name), el('td', {}, textbook.edition),
    may ? el('td', {}, el('button', { type: 'button', onclick: remove, 'aria-label': t('textbooks.remove_of', { school: school.name, name }) },
      t('textbooks.remove'))) : '');
}

async function ask({ schools, subjects, grades }, on) {
  const made = await openForm({
    title: t('textbooks.add'), submit: t('common.save'),
    fields: [{ name: 'school', label: t('schools.school'), options: schools.map((school) => [school.id, school.name]) },
      { name: 'subject', label: t('timetable.subject'), options: subjectOptions(subjects) },
      { name: 'grade', label: t('timetable.grade'), options: [[0, gradeName(0)], ...gradeOptions(grades)] },
      { name: 'edition', label: t('textbooks.edition'), max: 20, value: t('textbooks.usual') }],
    save: (given) => setTextbook({ school: Number(given.school), subject: given.subject, grade: Number(given.grade), edition: given.edition.trim() }),
  });
  if (made) await on.changed(t('textbooks.saved'));
}

/** lists: {schools, subjects, grades}. on: {changed(text), failed(text)}. */
export function textbookPanel(textbooks, lists, may, on) {
  const { schools } = lists;
  const known = textbooks.map((textbook) => [textbook, schools.find((school) => school.id === textbook.school)]).filter(([, school]) => school);
  const table = el('table', { class: 'list stack' },
    el('thead', {}, el('tr', {}, ...['schools.school', 'timetable.subject', 'textbooks.edition'].map((id) => el('th', { scope: 'col' }, t(id))),
      may ? el('th', { scope: 'col' }, t('schools.actions')) : '')),
    el('tbody', {}, ...known.map(([textbook, school]) => row(textbook, school, may, on))));
  return el('section', { class: 'panel', id: 'textbooks' }, el('h2', {}, t('textbooks.title')),
    known.length ? el('div', { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': t('textbooks.title') }, table)
      : el('p', { class: 'hint' }, t('textbooks.none')),
    may && schools.length ? el('button', { id: 'add-textbook', type: 'button', onclick: () => ask(lists, on) }, t('textbooks.add')) : '');
}
