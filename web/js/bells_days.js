/* Holidays and day swaps of a county or a school, in a table that can be edited where it stands. */

import { checkBells, clearDay, putDay } from './api.js';
import { effectLine } from './bells_effect.js';
import { t } from './i18n.js';
import { reason } from './refusals.js';
import { addDays, el, weekdayName, weekdayOf } from './timetable_words.js';

const MAX_DAYS = 62; /* of one holiday */
const KINDS = ['holiday', 'swap', 'ordinary'];

let typed = {}; /* by organisation: a new day that is not saved yet */
const edited = new Map(); /* "organisation day": {kind, held} of a row that is being changed by keyboard */

const kindOf = (day) => (day.holiday ? 'holiday' : day.held_day === day.day ? 'ordinary' : 'swap');
const dated = (day) => `${day} ${weekdayName(weekdayOf(day))}`;

/** What the server is told of a day of a kind. */
const bodyOf = (kind, day, held) => (kind === 'holiday' ? { holiday: true } : { held_day: kind === 'ordinary' ? day : held });

function choice(id, kinds, chosen) {
  return el('select', { id }, ...kinds.map((kind) => el('option', { value: kind, selected: kind === chosen }, t(`bells.day_${kind}`))));
}

/**
 * context: {organisation, organisations, days, first, last, mayEdit, changed(text, isError), askFirst(title, effect, work, text)};
 * days are those that count for the organisation, also by what stands above it.
 */
export function daysTable(context) {
  const days = context.days.filter((day) => day.day >= context.first && day.day <= context.last);
  const parts = context.mayEdit ? [newDay(context)] : [];
  if (days.length === 0) return el('div', {}, ...parts, el('p', { class: 'hint' }, t('bells.no_days')));
  return el('div', {}, ...parts, el('div', { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': t('bells.days') },
    el('table', { class: 'list stack' },
      el('thead', {}, el('tr', {}, ...['date', 'kind', 'held', 'by'].map((id) => el('th', { scope: 'col' }, t(`bells.day_${id}`))),
        ...(context.mayEdit ? [el('th', { scope: 'col' }, t('bells.actions'))] : []))),
      el('tbody', {}, ...days.map((day) => dayRow(context, day))))));
}

/** Where lessons would clash, or take what stands in along, that is said before anything is saved. On a holiday lessons wait until
 * it is given up, with what stands in. */
async function tell(context, day, said, work, text) {
  try {
    const tried = said.holiday ? null : await checkBells(context.organisation.id, { day, ...said });
    if (tried?.clashes > 0 || tried?.substitutions > 0) {
      await context.changed('');
      context.askFirst(t(said.remove ? 'bells.day_remove_question' : 'bells.day_question', { date: day }), tried, work, text);
      return;
    }
    const effect = await work();
    context.changed(`${text} ${effectLine(effect)}`);
  } catch (error) {
    context.changed(reason(error), true);
  }
}

function dayRow(context, day) {
  const own = day.organisation === context.organisation.id;
  const by = context.organisations.find((each) => each.id === day.organisation)?.name ?? t('bells.above');
  const { cells, leave } = own && context.mayEdit ? editors(context, day) : { cells: [
    el('td', {}, t(`bells.day_${kindOf(day)}`)), el('td', {}, kindOf(day) === 'swap' ? dated(day.held_day) : '')] };
  const row = el('tr', { 'data-day': day.day }, el('th', { scope: 'row' }, dated(day.day)), ...cells, el('td', {}, by),
    ...(context.mayEdit ? [el('td', {}, el('div', { class: 'row-buttons' }, own ? remover(context, day) : exempter(context, day)))] : []));
  row.addEventListener('focusout', (event) => {
    if (row.isConnected && !row.contains(event.relatedTarget)) leave?.();
  });
  return row;
}

const rowOf = (context, day) => `${context.organisation.id} ${day.day}`;

/** {cells, leave()} of a day that can be changed where it stands. A choice with the pointer is one step, and is saved; keys go through
 * all there is between, so that it is saved when they have left the row, or by Enter. Rows drawn anew keep what was typed. */
function editors(context, day) {
  const row = rowOf(context, day);
  const before = edited.get(row) ?? { kind: kindOf(day), held: day.held_day ?? '' };
  const kind = choice(`kind-${day.day}`, KINDS, before.kind);
  const held = el('input', { type: 'date', value: before.held, 'aria-label': t('bells.held_of', { date: day.day }) });
  let byKeys = edited.has(row);
  const isWhole = () => kind.value !== 'swap' || (held.value && held.value !== day.day);
  const save = () => {
    if (!isWhole()) {
      held.focus();
      return;
    }
    edited.delete(row);
    if (kind.value === kindOf(day) && (kind.value !== 'swap' || held.value === day.held_day)) return;
    const said = bodyOf(kind.value, day.day, held.value);
    tell(context, day.day, said, () => putDay(context.organisation.id, day.day, said), t('bells.day_saved', { date: day.day }));
  };
  const showHeld = () => { held.hidden = kind.value !== 'swap'; };
  kind.setAttribute('aria-label', t('bells.kind_of', { date: day.day }));
  for (const control of [kind, held]) {
    control.addEventListener('pointerdown', () => { byKeys = false; });
    control.addEventListener('keydown', (event) => {
      byKeys = true;
      if (event.key === 'Enter' && edited.has(row)) save();
    });
    control.addEventListener('change', () => {
      showHeld();
      edited.set(row, { kind: kind.value, held: held.value });
      if (!byKeys) save();
    });
  }
  showHeld();
  const leave = () => { if (edited.has(row) && isWhole()) save(); };
  return { cells: [el('td', {}, kind), el('td', {}, held)], leave };
}

function remover(context, day) {
  return el('button', {
    type: 'button', class: 'danger', 'aria-label': `${t('bells.remove')} ${day.day}`,
    onclick: () => {
      edited.delete(rowOf(context, day));
      tell(context, day.day, { remove: true }, () => clearDay(context.organisation.id, day.day), t('bells.day_removed', { date: day.day }));
    },
  }, t('bells.remove'));
}

/** Of what the county says a school can have its own way. */
function exempter(context, day) {
  return el('button', {
    type: 'button', 'aria-label': `${t('bells.exempt')} ${day.day}`,
    onclick: () => tell(context, day.day, { held_day: day.day }, () => putDay(context.organisation.id, day.day, { held_day: day.day }),
      t('bells.day_saved', { date: day.day })),
  }, t('bells.exempt'));
}

function newDay(context) {
  const field = (label, control) => el('div', {}, el('label', { for: control.id }, label), control);
  const before = typed[context.organisation.id] ?? {};
  const kind = choice('new-kind', context.organisation.kind === 'school' ? KINDS : KINDS.slice(0, 2), before.kind ?? 'holiday');
  const first = el('input', { id: 'new-first', type: 'date', required: true, value: before.first });
  const last = el('input', { id: 'new-last', type: 'date', value: before.last });
  const held = el('input', { id: 'new-held', type: 'date', value: before.held });
  const lastField = field(t('bells.until'), last);
  const heldField = field(t('bells.day_held'), held);
  const form = el('form', { class: 'new-day' }, field(t('bells.day_kind'), kind), field(t('bells.day_date'), first), lastField, heldField,
    el('button', { class: 'primary', id: 'add-day' }, t('bells.add_day')));
  const showFields = () => {
    lastField.hidden = kind.value !== 'holiday';
    heldField.hidden = kind.value !== 'swap';
    held.required = kind.value === 'swap';
  };
  kind.addEventListener('change', showFields);
  form.addEventListener('input', () => {
    typed = { [context.organisation.id]: { kind: kind.value, first: first.value, last: last.value, held: held.value } };
  });
  showFields();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    addDaysFrom(context, kind.value, first.value, kind.value === 'holiday' && last.value ? last.value : first.value, held.value);
  });
  return form;
}

/** One after the other: each is a change of its own, and what was saved stays when one fails. */
async function addDaysFrom(context, kind, first, last, held) {
  if (last < first || addDays(first, MAX_DAYS) <= last) {
    context.changed(t('bells.bad_range'), true);
    return;
  }
  await tell(context, first, bodyOf(kind, first, held), async () => {
    const sum = { moved: 0, lost: 0, substitutions: 0, found: 0, kept: 0, clashes: 0 };
    for (let day = first; day <= last; day = addDays(day, 1)) {
      const effect = await putDay(context.organisation.id, day, bodyOf(kind, day, held));
      for (const key of Object.keys(sum)) sum[key] += effect[key];
    }
    typed = {};
    return sum;
  }, t('bells.day_saved', { date: first === last ? first : `${first}–${last}` }));
}
