/* Reports: planned, held, short and unheld lessons from one day to another, and why; as a table, CSV and on paper. */

import { listOf, reportOf } from './api.js';
import { startConsole } from './console.js';
import { saveCsv } from './csv.js';
import { t } from './i18n.js';
import { PageState, timeOfDay } from './page_state.js';
import { termsOf } from './timetable_terms.js';
import { addDays, clockOf, el, mondayOf, wallClock, weekdayName, weekdayOf } from './timetable_words.js';

const byId = (id) => document.getElementById(id);
const BY = ['school', 'room', 'teacher', 'subject'];
const STATUSES = ['held', 'short', 'unheld'];
const CAUSES = ['cancelled', 'nobody', 'master_absent', 'room_absent', 'master_late', 'room_late', 'interrupted'];
let state;
let organisations = [];
let terms = [];
let organisation = null;
let report = null;
let loads = 0;

const today = () => wallClock(Date.now() / 1000, organisation.zone).date;
const percent = (row) => (row.planned > 0 ? Math.round(row.held / row.planned * 100) : null);

/* ---- the range ---- */

function presets() {
  const day = today();
  const term = termsOf({ organisations, terms }, organisation).find((each) => each.first_day <= day && each.last_day >= day);
  return [
    ['this_week', mondayOf(day), day],
    ['last_week', addDays(mondayOf(day), -7), addDays(mondayOf(day), -1)],
    ['this_month', `${day.slice(0, 7)}-01`, day],
    ...(term ? [['this_term', term.first_day, day]] : []),
  ];
}

function showPresets() {
  byId('presets').replaceChildren(...presets().map(([id, from, to]) => el('button', {
    type: 'button', id, 'aria-pressed': String(byId('from').value === from && byId('to').value === to),
    onclick: () => choose(from, to),
  }, t(`reports.${id}`))));
}

function choose(from, to) {
  byId('from').value = from;
  byId('to').value = to;
  load();
}

/* ---- what is shown ---- */

function figure(id, value, more = '') {
  return el('li', { class: id }, el('span', {}, t(`reports.${id}`)), el('strong', {}, value), el('small', {}, more));
}

function figures(total) {
  const share = (count) => (total.planned > 0 ? `${Math.round(count / total.planned * 100)}%` : '');
  return [figure('planned', total.planned, t('reports.of_lessons', { count: total.lessons })),
    ...STATUSES.map((status) => figure(status, total[status], share(total[status]))),
    figure('minutes', `${total.held_min}`, t('reports.of_minutes', { count: total.planned_min }))];
}

/** What the figures leave out, so that nobody takes them for the whole. */
function partialSentences() {
  const { total } = report;
  return [['running', total.running], ['unrecorded', total.unrecorded], ['without_bell', report.without_bell]]
    .filter(([, count]) => count > 0).map(([id, count]) => t(`reports.partial_${id}`, { count }));
}

function causeText(row) {
  const causes = CAUSES.filter((cause) => row.causes[cause] > 0).sort((a, b) => row.causes[b] - row.causes[a]);
  return causes.map((cause) => `${t(`reports.cause_${cause}`)} ${row.causes[cause]}`).join(t('reports.list_and'));
}

function barOf(row) {
  const bar = el('div', { class: 'held-bar', role: 'img', 'aria-label': t('reports.bar', { percent: percent(row) }) });
  for (const status of STATUSES) {
    const part = el('span', { class: status });
    part.style.width = `${row[status] / row.planned * 100}%`;
    bar.append(part);
  }
  return bar;
}

const nameOf = (row) => (row.school ? `${row.school} ${row.name}` : row.name);
const worstFirst = (a, b) => b.unheld - a.unheld || b.short - a.short || (percent(a) ?? 101) - (percent(b) ?? 101);
const plannedRows = () => report.rows.filter((row) => row.planned > 0).sort(worstFirst);

function figureCells(row) {
  const number = (id, value) => el('td', { class: 'number', 'data-label': t(`reports.${id}`) }, value);
  return [number('planned', row.planned), ...STATUSES.map((status) => number(status, row[status])),
    number('rate', row.planned > 0 ? `${percent(row)}%` : '–'),
    el('td', { class: 'bar-cell' }, row.planned > 0 ? barOf(row) : ''), number('minutes', `${row.held_min}/${row.planned_min}`),
    el('td', {}, causeText(row))];
}

function rowTable() {
  const rows = plannedRows();
  if (rows.length === 0) return el('p', { class: 'empty' }, t('reports.nothing_planned'));
  const heads = [t(`reports.by_${report.by}`), ...['planned', ...STATUSES, 'rate', 'bar_head', 'minutes', 'causes'].map((id) => t(`reports.${id}`))];
  const numbers = [1, 2, 3, 4, 5, 7];
  return el('div', { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': t('reports.table') }, el('table', { class: 'list stack' },
    el('thead', {}, el('tr', {}, ...heads.map((head, index) => el('th', { scope: 'col', class: numbers.includes(index) ? 'number' : '' }, head)))),
    el('tbody', {}, ...rows.map((row) => el('tr', {}, el('th', { scope: 'row' }, nameOf(row)), ...figureCells(row)))),
    el('tfoot', {}, el('tr', {}, el('th', { scope: 'row' }, t('reports.total')), ...figureCells(report.total)))));
}

const causeOf = (problem) => t(`reports.cause_${problem.cause}`) + (problem.reason ? t('reports.because', { reason: problem.reason }) : '');
const whenOf = (problem) => (problem.starts ? `${clockOf(wallClock(problem.starts, report.of.zone).minute)}–${clockOf(wallClock(problem.ends, report.of.zone).minute)}` : '');
/** Whose clock and bells that is; on paper too. */
const timesNote = () => (report.of.kind === 'school' ? t('reports.times_of_school', { school: report.of.name }) : t('reports.times_of_master'));
const delayOf = (problem) => (problem.delay_s > 0 ? t('timetable.played_later', { minutes: Math.round(problem.delay_s / 60) }) : '');
const periodOf = (problem) => (problem.period ? t('bells.nth_period', { period: problem.period }) : '');
const PROBLEM_HEADS = ['date', 'lesson', 'teacher', 'room', 'minutes', 'result', 'cause'];

function problemRow(problem) {
  return el('tr', {},
    el('th', { scope: 'row' }, `${problem.day} ${weekdayName(weekdayOf(problem.day))}`, ' ', el('small', {}, [periodOf(problem), whenOf(problem), delayOf(problem)].filter(Boolean).join(' '))),
    el('td', {}, `${t(`timetable.grade_${problem.grade}`)} ${problem.subject}`), el('td', {}, `${problem.teacher} `, el('small', {}, problem.master_school)),
    el('td', {}, `${problem.school} ${problem.room}`),
    el('td', { class: 'number', 'data-label': t('reports.minutes') }, `${problem.held_min}/${problem.planned_min}`),
    el('td', {}, el('span', { class: `tag ${problem.status}` }, t(`reports.${problem.status}`))), el('td', {}, causeOf(problem)));
}

function problemSection() {
  const { problems } = report;
  const head = el('div', { class: 'section-head' }, el('h2', {}, t('reports.problems', { count: report.problem_count })),
    ...(problems.length > 0 ? [el('button', { type: 'button', id: 'problems-csv', onclick: saveProblems }, t('reports.problems_csv'))] : []));
  if (problems.length === 0) return report.total.planned > 0 ? [head, el('p', { class: 'hint' }, t('reports.no_problems'))] : [];
  return [head, el('p', { class: 'hint times-note' }, timesNote()),
    ...(problems.length < report.problem_count ? [el('p', { class: 'hint' }, t('reports.problems_told', { count: problems.length }))] : []),
    el('div', { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': t('reports.problem_table') }, el('table', { class: 'list stack' },
      el('thead', {}, el('tr', {}, ...PROBLEM_HEADS.map((id) => el('th', { scope: 'col', class: id === 'minutes' ? 'number' : '' }, t(`reports.${id}`))))),
      el('tbody', {}, ...problems.map(problemRow))))];
}

function show() {
  if (!report) return;
  const partial = partialSentences();
  showPresets();
  byId('heading').textContent = t('reports.heading', { name: report.of.name, from: report.from, to: report.to, time: `${today()} ${timeOfDay(new Date(report.now * 1000), report.of.zone)}` });
  byId('figures').replaceChildren(...figures(report.total));
  byId('partial').textContent = partial.join(' ');
  byId('partial').hidden = partial.length === 0;
  byId('rows').replaceChildren(rowTable());
  byId('problems').replaceChildren(...problemSection());
  for (const id of ['csv', 'print']) byId(id).disabled = report.total.planned === 0;
  state.ready();
}

/* ---- export ---- */

const fileName = (what) => `${t('console.reports')}-${report.of.name}-${report.from}-${report.to}-${what}.csv`;

function saveRows() {
  const heads = [...(report.by === 'room' ? [t('reports.by_school')] : []), t(`reports.by_${report.by}`), t('reports.planned'),
    ...STATUSES.map((status) => t(`reports.${status}`)), t('reports.rate_percent'), t('reports.planned_minutes'), t('reports.held_minutes'),
    ...CAUSES.map((cause) => t(`reports.cause_${cause}`))];
  const cells = (row, names) => [...names, row.planned, ...STATUSES.map((status) => row[status]), percent(row) ?? '', row.planned_min, row.held_min,
    ...CAUSES.map((cause) => row.causes[cause] ?? 0)];
  saveCsv(fileName(t(`reports.by_${report.by}`)), [heads,
    ...plannedRows().map((row) => cells(row, report.by === 'room' ? [row.school, row.name] : [row.name])),
    cells(report.total, report.by === 'room' ? [t('reports.total'), ''] : [t('reports.total')]),
    ...partialSentences().map((sentence) => [sentence])]);
}

function saveProblems() {
  const heads = ['date', 'period', 'time', 'grade', 'subject', 'teacher', 'master_school', 'school', 'room', 'planned_minutes', 'held_minutes', 'result', 'cause'];
  saveCsv(fileName(t('reports.details')), [heads.map((id) => t(`reports.${id}`)), ...report.problems.map((problem) => [
    problem.day, problem.period ?? '', whenOf(problem), t(`timetable.grade_${problem.grade}`), problem.subject, problem.teacher, problem.master_school,
    problem.school, problem.room, problem.planned_min, problem.held_min, t(`reports.${problem.status}`), causeOf(problem)]), [timesNote()]]);
}

/* ---- the page ---- */

function fillChoices() {
  const by = byId('by').value || 'school';
  byId('by').replaceChildren(...BY.map((each) => el('option', { value: each, selected: each === by }, t(`reports.by_${each}`))));
  byId('organisation').replaceChildren(...organisations.map((each) =>
    el('option', { value: each.id, selected: each.id === organisation?.id }, each.kind === 'county' ? t('bells.all_of', { name: each.name }) : each.name)));
}

async function load() {
  const from = byId('from').value;
  const to = byId('to').value;
  const number = ++loads;
  if (!from || !to || to < from) {
    byId('status').textContent = t('reports.bad_range');
    return;
  }
  byId('status').textContent = report ? t('common.loading') : '';
  try {
    const answer = await reportOf(organisation.id, byId('by').value, from, to);
    if (number !== loads) return;
    report = { ...answer, of: organisation };
    state.arrived();
    show();
  } catch (error) {
    if (number === loads) state.failed(error, load);
  }
  if (number === loads) byId('status').textContent = '';
}

async function start() {
  state.loading();
  try {
    [organisations, terms] = await Promise.all(['organisations', 'terms'].map(listOf));
  } catch (error) {
    state.failed(error, start);
    return;
  }
  organisation = organisations.find((each) => each.kind === 'county') ?? organisations[0] ?? null;
  if (!organisation) {
    state.empty('timetable.no_schools');
    return;
  }
  fillChoices();
  const [, from, to] = presets()[0];
  choose(from, to);
}

byId('organisation').addEventListener('change', () => {
  organisation = organisations.find((each) => each.id === Number(byId('organisation').value));
  load();
});
for (const id of ['by', 'from', 'to']) byId(id).addEventListener('change', load);
byId('csv').addEventListener('click', saveRows);
byId('print').addEventListener('click', () => window.print());

await startConsole({ onLanguage: () => { if (organisation) { fillChoices(); show(); } } });
state = new PageState();
await start();
