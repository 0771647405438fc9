/* The dialog of one set of periods: its name, from when to when, the periods with overlaps flagged while they are typed,
 * copying from another school or set, and which lessons the change moves. */

import { addBells, changeBells, checkBells, schoolBells } from './api.js';
import { effectLine, effectPanel } from './bells_effect.js';
import { t } from './i18n.js';
import { reason } from './refusals.js';
import { clockOf, el } from './timetable_words.js';

const DAY = 1440;
const MAX_PERIODS = 24;
const dialog = document.getElementById('dialog');

/** A minute of the day out of "8:30", "0830" or "8：30"; null for anything else. */
export function minuteOf(text) {
  const [, hour, minute] = /^\s*([01]?\d|2[0-3])\s*[:：.]?\s*([0-5]\d)\s*$/.exec(text) ?? [];
  return hour === undefined ? null : Number(hour) * 60 + Number(minute);
}

/** Of each period ([start, end] in minutes, null while it is not typed yet) what is wrong with it, null for nothing. */
export function periodFaults(periods) {
  return periods.map(([start, end], index) => {
    if (start === null || end === null) return t('bells.fault_missing');
    if (start === end) return t('bells.fault_empty');
    for (const [before, [from, to]] of periods.slice(0, index).entries()) {
      if (from === null || to === null) continue;
      const minutes = Math.min(end, to) - Math.max(start, from);
      if (minutes > 0) return t('bells.fault_overlap', { period: before + 1, minutes });
      if (end - DAY > from) return t('bells.fault_overlap', { period: before + 1, minutes: Math.min(end - DAY, to) - from });
      if (start < from) return t('bells.fault_order', { period: before + 1 });
    }
    return null;
  });
}

/**
 * context: {school, organisations, onSaved(text)}. set: {id?, name, first_day, last_day, periods: [{start_minute,
 * end_minute}]}; without an id it is added.
 */
export function openSet(context, set) {
  new SetEditor(context, set).show();
}

class SetEditor {
  constructor(context, set) {
    this.context = context;
    this.set = set;
    this.checks = 0;
  }

  show() {
    const { set } = this;
    this.name = el('input', { id: 'set-name', required: true, maxlength: 40, value: set.name });
    this.first = el('input', { id: 'set-first', type: 'date', required: true, value: set.first_day });
    this.last = el('input', { id: 'set-last', type: 'date', required: true, value: set.last_day });
    this.rows = el('tbody', {});
    this.effect = el('div', {});
    this.message = el('p', { class: 'error', role: 'alert', hidden: true });
    this.save = el('button', { class: 'primary' }, t('common.save'));
    const form = el('form', { method: 'dialog' },
      el('h1', { id: 'dialog-title' }, t(set.id ? 'bells.change_set' : 'bells.add_set_to', { school: this.context.school.name })),
      el('div', { class: 'fields' }, this.field(t('bells.name'), this.name), this.field(t('bells.first_day'), this.first),
        this.field(t('bells.last_day'), this.last)),
      el('div', { class: 'set-columns' },
        el('fieldset', {}, el('legend', {}, t('bells.periods')), this.copier(),
          el('table', { class: 'period-rows' },
            el('thead', {}, el('tr', {}, ...['period', 'start', 'finish'].map((id) => el('th', { scope: 'col' }, t(`bells.${id}`))), el('td', {}), el('td', {}))),
            this.rows),
          el('button', { type: 'button', id: 'add-period', onclick: () => this.addPeriod() }, t('bells.add_period'))),
        el('div', {}, this.effect)),
      this.message,
      el('div', { class: 'buttons' }, this.save, el('button', { type: 'button', onclick: () => dialog.close() }, t('common.cancel'))));
    form.addEventListener('input', () => this.look());
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.submit();
    });
    dialog.replaceChildren(form);
    this.fill(set.periods);
    dialog.showModal();
    this.name.focus();
  }

  field(label, control) {
    return el('div', {}, el('label', { for: control.id }, label), control);
  }

  /** Periods of another set, of this school or another one. */
  copier() {
    const { organisations, school } = this.context;
    const schools = organisations.filter((each) => each.kind === 'school');
    const from = el('select', { id: 'copy-school' }, el('option', { value: '' }, t('bells.copy_nothing')),
      ...schools.map((each) => el('option', { value: each.id }, each.id === school.id ? t('bells.this_school', { name: each.name }) : each.name)));
    const sets = el('select', { id: 'copy-set', disabled: true });
    let found = [];
    from.addEventListener('change', async () => {
      try {
        found = from.value ? (await schoolBells(from.value)).sets : [];
      } catch (error) {
        this.showError(error);
        return;
      }
      sets.replaceChildren(...found.map((each, index) => el('option', { value: index }, `${each.name} ${each.first_day}–${each.last_day}`)));
      sets.disabled = found.length === 0;
      if (from.value && found.length === 0) sets.replaceChildren(el('option', {}, t('bells.no_set')));
      if (found.length > 0) this.fill(found.at(-1).periods);
      sets.value = found.length - 1;
    });
    sets.addEventListener('change', () => this.fill(found[Number(sets.value)].periods));
    return el('div', { class: 'fields' }, this.field(t('bells.copy_from'), from), this.field(t('bells.copy_set'), sets));
  }

  fill(periods) {
    this.rows.replaceChildren();
    for (const period of periods) this.row(period.start_minute, period.end_minute);
    this.look();
  }

  row(start, end) {
    /* type="time" would show 12 hours wherever the browser's language does */
    const time = (minute, name) => el('input', {
      required: true, name, value: clockOf(minute), inputmode: 'numeric', maxlength: 7, autocomplete: 'off', placeholder: '08:30',
      onchange: ({ target }) => { if (minuteOf(target.value) !== null) target.value = clockOf(minuteOf(target.value)); },
    });
    const fault = el('td', { class: 'fault', role: 'status' });
    const row = el('tr', {}, el('th', { scope: 'row' }), el('td', {}, time(start, 'start')), el('td', {}, time(end, 'finish')),
      el('td', {}, el('button', { type: 'button', class: 'quiet', onclick: () => { row.remove(); this.look(); } }, '✕')), fault);
    this.rows.append(row);
    return row;
  }

  addPeriod() {
    const periods = this.periods();
    const [start, end] = periods.at(-1) ?? [470, 510];
    const [, before] = periods.at(-2) ?? [0, start - 10];
    const next = Math.min((end ?? 510) + Math.max(start - before, 0), DAY - 1);
    this.row(next, next + Math.max((end ?? 510) - (start ?? 470), 5)).querySelector('input').focus();
    this.look();
  }

  /** What ends before it begins ends on the next day. */
  periods() {
    return [...this.rows.rows].map((row) => {
      const [start, end] = [...row.querySelectorAll('input')].map((input) => minuteOf(input.value));
      return [start, start !== null && end !== null && end < start ? end + DAY : end];
    });
  }

  values() {
    return { name: this.name.value.trim(), first_day: this.first.value, last_day: this.last.value, periods: this.periods() };
  }

  /** Flags faults, and asks what would move when there are none. Only the newest answer counts. */
  async look() {
    const check = ++this.checks;
    const faults = periodFaults(this.periods());
    this.showFaults(faults);
    const values = this.values();
    const complete = values.first_day && values.last_day && values.periods.length > 0 && !faults.some(Boolean);
    if (!complete) {
      this.effect.replaceChildren();
      return;
    }
    try {
      const effect = await checkBells(this.context.school.id, { ...values, name: values.name || '-', ...(this.set.id ? { set: this.set.id } : {}) });
      if (check !== this.checks) return;
      this.message.hidden = true;
      this.effect.replaceChildren(effectPanel(effect, this.context.organisations));
    } catch (error) {
      if (check === this.checks) this.showError(error);
    }
  }

  showFaults(faults) {
    for (const [index, row] of [...this.rows.rows].entries()) {
      row.querySelector('th').textContent = t('bells.nth_period', { period: index + 1 });
      for (const input of row.querySelectorAll('input')) {
        input.setAttribute('aria-label', t(`bells.${input.name}_of`, { period: index + 1 }));
        input.setAttribute('aria-invalid', String(Boolean(faults[index])));
      }
      row.querySelector('button').setAttribute('aria-label', t('bells.remove_period', { period: index + 1 }));
      row.querySelector('.fault').textContent = faults[index] ?? '';
    }
    this.faulty = faults.some(Boolean) || faults.length === 0;
    dialog.querySelector('#add-period').disabled = faults.length >= MAX_PERIODS;
  }

  async submit() {
    const values = this.values();
    if (this.faulty || values.last_day < values.first_day) {
      this.showError({ message: t(this.faulty ? 'bells.fix_first' : 'bells.ends_before') });
      (this.faulty ? this.rows.querySelector('[aria-invalid="true"]') : this.last)?.focus();
      return;
    }
    this.save.disabled = true;
    this.checks++;
    try {
      const { school, onSaved } = this.context;
      const effect = this.set.id ? await changeBells(school.id, this.set.id, { ...values, version: this.set.version }) : await addBells(school.id, values);
      dialog.close();
      onSaved(`${t('bells.saved', { name: values.name })}${this.set.id ? ` ${effectLine(effect)}` : ''}`);
    } catch (error) {
      this.showError(error);
    } finally {
      this.save.disabled = false;
    }
  }

  showError(error) {
    this.message.textContent = reason(error);
    this.message.hidden = false;
  }
}
