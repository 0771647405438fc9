/* Last term's timetable once more: from which term, of which schools; what is in the way, and the rest without it. */

import { copyTerm } from './api.js';
import { t } from './i18n.js';
import { personLabel } from './person_names.js';
import { reason } from './refusals.js';
import { el, shortDate, weekdayName } from './timetable_words.js';

const dialog = document.getElementById('entry');

/** The term before county.term, that one could copy; undefined without one. */
export function termBefore(county) {
  return county.terms.filter((term) => term.last_day < county.term?.first_day).sort((a, b) => (a.last_day < b.last_day ? 1 : -1))[0];
}

function problemSentence(county, problem) {
  const person = problem.kind === 'teacher' && county.people.find((each) => each.id === problem.id);
  const name = problem.kind === 'teacher' ? person && personLabel(person, county.people) : county.roomName(problem.id);
  return t('timetable.copy_problem', {
    day: weekdayName(problem.weekday),
    period: problem.period,
    subject: problem.subject,
    problem: t(`timetable.copy_${['teacher', 'room'].includes(problem.kind) ? 'twice' : problem.kind}`, {
      name: name || t('timetable.elsewhere'), date: problem.day ? shortDate(problem.day) : '', minutes: Math.round(problem.overlap_s / 60),
    }),
  });
}

/** county: what timetable.js has loaded; into its term. school: whose lessons are proposed. */
export function openTermCopy(county, school, onSaved) {
  const choose = (id, rows, chosen) => el('select', { id }, ...rows.map((row) => el('option', { value: row.id, selected: row.id === chosen }, row.name)));
  const from = choose('copy-from', county.terms.filter((term) => term.id !== county.term.id), termBefore(county)?.id);
  const schools = choose('copy-schools', county.organisations, school.id);
  const problems = el('div', { role: 'status' });
  const message = el('p', { class: 'error', role: 'alert', hidden: true });
  const submit = el('button', { class: 'primary' }, t('timetable.copy_submit'));

  async function copy(without) {
    message.hidden = true;
    submit.disabled = true;
    try {
      const made = await copyTerm(county.term.id, { from: Number(from.value), organisation: Number(schools.value), without });
      if (made.entries === 0) throw new Error(t('timetable.copy_nothing'));
      dialog.close();
      onSaved(t('timetable.copied', made));
    } catch (error) {
      if (error.body?.problems) showProblems(error.body, without);
      else {
        message.textContent = reason(error);
        message.hidden = false;
      }
    } finally {
      submit.disabled = false;
    }
  }

  function showProblems(report, without) {
    const entries = [...new Set(report.problems.map((problem) => problem.entry))];
    const untold = report.problem_count - report.problems.length;
    problems.className = 'conflicts';
    problems.replaceChildren(
      el('h2', {}, t('timetable.copy_problems', { count: entries.length, all: report.entries })),
      el('ul', { class: 'copy-problems' }, ...report.problems.map((problem) => el('li', {}, problemSentence(county, problem))),
        ...(untold > 0 ? [el('li', {}, t('timetable.copy_more', { count: untold }))] : [])),
      ...(entries.length < report.entries ? [el('div', { class: 'repairs' }, el('button', {
        type: 'button', class: 'without', onclick: () => copy([...without, ...entries]),
      }, t('timetable.copy_without', { count: entries.length })))] : []));
  }

  const form = el('form', { method: 'dialog' },
    el('h1', { id: 'entry-title' }, t('timetable.copy_title', { term: county.term.name })),
    el('p', { class: 'hint' }, t('timetable.copy_hint')),
    el('div', { class: 'fields' },
      el('div', {}, el('label', { for: 'copy-from' }, t('timetable.copy_from')), from),
      el('div', {}, el('label', { for: 'copy-schools' }, t('timetable.copy_schools')), schools)),
    problems, message,
    el('div', { class: 'buttons' }, submit, el('button', { type: 'button', onclick: () => dialog.close() }, t('timetable.cancel'))));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    copy([]);
  });
  form.addEventListener('change', () => {
    problems.className = '';
    problems.replaceChildren();
  });
  dialog.replaceChildren(form);
  dialog.showModal();
}
