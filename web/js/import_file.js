/* A CSV file on its way in: chosen or dropped, checked, shown with its mistakes in place, and imported as a whole. */

import { sendFile } from './api.js';
import { saveCsv } from './csv.js';
import { t } from './i18n.js';
import { reason } from './refusals.js';
import { el } from './timetable_words.js';

const KINDS = ['schools', 'people', 'rooms', 'bells', 'timetable'];
const MAX_SHOWN = 300;

const byId = (id) => document.getElementById(id);
let kind = new URLSearchParams(location.search).get('kind') ?? 'people';
let file = null;
let checked = null;
let people = null; /* with their passwords, until they were downloaded */
let status = () => '';
let failed = false;

export function chooseKinds(person) {
  const own = KINDS.filter((each) => each !== 'timetable' || person.role === 'coordinator');
  if (!own.includes(kind)) [kind] = own;
  byId('kinds').replaceChildren(byId('kinds').querySelector('legend'), ...own.map((each) => el('label', {},
    el('input', { type: 'radio', name: 'kind', value: each, checked: each === kind, onchange: () => choose(each) }),
    t(`import.kind_${each}`))));
  byId('template').href = `/api/v1/imports/${kind}/template/${document.documentElement.lang}`;
}

function choose(each) {
  kind = each;
  byId('template').href = `/api/v1/imports/${kind}/template/${document.documentElement.lang}`;
  if (file) check();
}

function say(words, isError = false) {
  status = words;
  failed = isError;
  byId('import-status').textContent = status();
  byId('import-status').className = isError ? 'status error' : 'status';
}

function busy(isBusy) {
  byId('progress').hidden = !isBusy;
  for (const control of byId('import').querySelectorAll('input, button')) control.disabled = isBusy;
}

/* ---- what is wrong ---- */

function otherOf(fault) {
  const clash = /^(#|e)(\d+) (\S+)$/.exec(fault.other ?? '');
  if (clash) return t(clash[1] === '#' ? 'import.other_row_day' : 'import.other_lesson', { row: clash[2], day: clash[3] });
  if (['duplicate', 'same_name', 'period_overlap'].includes(fault.code)) return t('import.other_row', { row: fault.other });
  return fault.other ? t('import.other', { other: fault.other }) : '';
}

const textOf = (fault) => `${t(`import.fault.${fault.code}`)} ${otherOf(fault)}`.trim();

function faultTable(faults, id = 'faults', label = 'import.fault_list') {
  const head = ['row', 'column', 'value', 'what_to_do'];
  return el('div', { class: 'table-frame tall', tabindex: 0, role: 'region', 'aria-label': t(label) }, el('table', { class: 'list', id },
    el('thead', {}, el('tr', {}, ...head.map((id) => el('th', { scope: 'col' }, t(`import.${id}`))))),
    el('tbody', {}, ...faults.map((fault) => el('tr', {},
      el('th', { scope: 'row' }, fault.row ? String(fault.row) : t('import.whole_file')),
      el('td', {}, fault.name ?? (fault.column ? String(fault.column) : '')), el('td', {}, fault.value ?? ''), el('td', {}, textOf(fault)))))));
}

function previewRow(row, width, faults) {
  const cells = Array.from({ length: Math.max(width, row.cells.length) }, (_, index) => {
    const wrong = faults.filter((fault) => fault.column === index + 1);
    const text = row.cells[index] ?? '';
    if (wrong.length === 0) return el('td', {}, text);
    const said = wrong.map(textOf).join(' ');
    return el('td', { class: 'wrong', title: said }, el('span', { class: 'mark', role: 'img', 'aria-label': t('import.cell_fault', { text: said }) }, '✕'), text);
  });
  return el('tr', { class: faults.length > 0 ? 'wrong' : false }, el('th', { scope: 'row' }, String(row.row)), ...cells);
}

function previewTable(report) {
  const byRow = Map.groupBy(report.faults, (fault) => fault.row);
  let room = MAX_SHOWN - report.table.filter((row) => byRow.has(row.row)).length;
  const shown = report.table.filter((row) => byRow.has(row.row) || room-- > 0).slice(0, 2 * MAX_SHOWN);
  const frame = el('div', { class: 'table-frame tall', tabindex: 0, role: 'region', 'aria-label': t('import.preview') }, el('table', { class: 'list preview', id: 'preview' },
    el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, t('import.row')), ...report.columns.map((name) => el('th', { scope: 'col' }, name)))),
    el('tbody', {}, ...shown.map((row) => previewRow(row, report.columns.length, byRow.get(row.row) ?? [])))));
  const note = shown.length < report.table.length ? [el('p', { class: 'hint' }, t('import.preview_part', { shown: shown.length }))] : [];
  return [el('h3', {}, t('import.preview')), ...note, frame];
}

/* ---- the report ---- */

function showChecked() {
  const { faults, fault_count: count, warnings, rows } = checked;
  const submit = el('button', { id: 'submit', type: 'button', class: 'primary', disabled: count > 0, onclick: run }, t('import.submit', { rows }));
  const more = count > faults.length ? [el('p', { class: 'hint' }, t('import.more_faults', { count: count - faults.length }))] : [];
  byId('report').replaceChildren(el('p', {}, submit),
    ...(count > 0 ? [el('h3', {}, t('import.fault_list')), faultTable(faults), ...more] : []),
    ...(warnings.length > 0 ? [el('h3', {}, t('import.warning_list')), faultTable(warnings, 'warnings', 'import.warning_list')] : []),
    ...(checked.table.length > 0 ? previewTable(checked) : []));
}

function download() {
  const columns = ['name', 'login', 'role', 'school', 'password'];
  saveCsv(`${t('import.passwords_file')}.csv`, [
    columns.map((id) => t(`import.${id}`)),
    ...people.list.map((person) => [person.name, person.login, t(`role.${person.role}`), person.organisation, person.password])]);
  people.kept = true;
}

function showImported() {
  const parts = people ? [el('p', { class: 'secret' }, t('import.passwords')), el('p', {}, el('button', {
    id: 'passwords', type: 'button', class: 'primary', onclick: download,
  }, t('import.passwords_download', { count: people.list.length })))] : [];
  byId('report').replaceChildren(...parts, el('p', {}, el('button', { id: 'again', type: 'button', onclick: again }, t('import.again'))));
}

function again() {
  if (people && !people.kept && !globalThis.confirm(t('import.leave'))) return;
  people = null;
  file = null;
  byId('file').value = '';
  byId('import-form').hidden = false;
  byId('report').replaceChildren();
  say(() => '');
  byId('file').focus();
}

/** Draws anew what is there, in the page's language. */
export function showImport() {
  say(status, failed);
  if (byId('import-form').hidden) showImported();
  else if (checked) showChecked();
}

async function check() {
  const { name } = file;
  checked = null;
  byId('report').replaceChildren();
  say(() => t('import.checking', { name }));
  busy(true);
  try {
    checked = await sendFile(kind, file, true);
    const values = { name, rows: checked.rows, count: checked.fault_count };
    say(() => t(values.count > 0 ? 'import.faults' : 'import.no_faults', values), values.count > 0);
    showChecked();
  } catch (error) {
    say(() => reason(error), true);
  } finally {
    busy(false);
    if (checked) byId('submit').disabled = checked.fault_count > 0;
  }
}

async function run() {
  const { rows } = checked;
  say(() => t('import.importing', { rows }));
  busy(true);
  try {
    const answer = await sendFile(kind, file, false);
    checked = null;
    people = answer.people ? { list: answer.people, kept: false } : null;
    byId('import-form').hidden = true;
    say(() => t('import.done', { rows }));
    showImported();
    document.dispatchEvent(new CustomEvent('duet-imported'));
  } catch (error) {
    if (error.status === 422 && error.body?.faults) { /* somebody was quicker */
      checked = error.body;
      const values = { name: file.name, rows, count: checked.fault_count };
      say(() => t('import.faults', values), true);
      showChecked();
    } else {
      say(() => reason(error), true);
    }
  } finally {
    busy(false);
    if (checked) byId('submit').disabled = checked.fault_count > 0;
  }
}

function take(files) {
  if (files.length === 0 || !byId('progress').hidden) return; /* one file after the other */
  [file] = files;
  check();
}

/* Chosen once more after it was corrected, the same file is another one. */
byId('file').addEventListener('click', () => { byId('file').value = ''; });
byId('file').addEventListener('change', () => take(byId('file').files));
const drop = byId('drop');
drop.addEventListener('dragover', (event) => { event.preventDefault(); drop.classList.add('over'); });
drop.addEventListener('dragleave', () => drop.classList.remove('over'));
drop.addEventListener('drop', (event) => {
  event.preventDefault();
  drop.classList.remove('over');
  take(event.dataTransfer.files);
});
window.addEventListener('beforeunload', (event) => { if (people && !people.kept) event.preventDefault(); });
