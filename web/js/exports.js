/* Links to what can be downloaded; the server makes the files. */

import { t } from './i18n.js';
import { el, wallClock } from './timetable_words.js';

const TABLES = ['schools', 'people', 'rooms', 'bells'];
const byId = (id) => document.getElementById(id);
const suffix = () => (document.documentElement.lang === 'en' ? 'csv-en' : 'csv');

function link(id, text) {
  return el('a', { id, class: 'button', href: '#', download: true }, text);
}

function update() {
  const organisation = byId('export-of').value;
  byId('export-week-link').href = `/api/v1/organisations/${organisation}/weeks/${byId('export-week').value}/${suffix()}`;
  for (const table of TABLES) byId(`export-${table}-link`).href = `/api/v1/organisations/${organisation}/${table}/${suffix()}`;
  const term = byId('export-term')?.value;
  if (term) byId('export-term-link').href = `/api/v1/organisations/${organisation}/terms/${term}/${suffix()}`;
}

function choice(id, label, control) {
  control.id = id;
  control.addEventListener('change', update);
  return el('div', {}, el('label', { for: id }, label), control);
}

export function showExports(county) {
  const chosen = byId('export-of')?.value;
  const day = byId('export-week')?.value || wallClock(Date.now() / 1000, county.organisations[0]?.zone ?? 'Asia/Shanghai').date;
  const parts = [];
  const row = (...controls) => parts.push(el('div', { class: 'choices' }, ...controls));
  if (county.organisations.length > 0) {
    row(choice('export-of', t('export.of'), el('select', {}, ...county.organisations.map((each) =>
      el('option', { value: each.id, selected: String(each.id) === chosen }, each.name)))),
    ...TABLES.map((table) => link(`export-${table}-link`, t(`export.${table}_csv`))));
    row(choice('export-week', t('export.week'), el('input', { type: 'date', value: day, required: true })),
      link('export-week-link', t('export.week_csv')));
  }
  if (county.organisations.length > 0 && county.terms.length > 0) {
    row(choice('export-term', t('export.term'), el('select', {}, ...county.terms.map((term) => el('option', { value: term.id }, term.name)))),
      link('export-term-link', t('export.term_csv')));
  }
  if (county.person.role === 'system_admin') {
    parts.push(el('div', {}, el('a', { id: 'export-all', class: 'button', href: '/api/v1/export', download: true }, t('export.all')),
      el('p', { class: 'hint' }, t('export.all_hint'))));
  }
  byId('exports').replaceChildren(...parts);
  if (county.organisations.length > 0) update();
}
