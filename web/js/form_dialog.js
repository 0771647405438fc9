/* A dialog that asks for a few things and does one thing with them: it stays open and says why when that
 * fails. The page has <dialog id="form">. */

import { t } from './i18n.js';
import { reason } from './refusals.js';
import { el } from './timetable_words.js';

function inputOf(field) {
  if (field.options) {
    const select = el('select', { id: `form-${field.name}`, name: field.name, required: field.required !== false },
      ...field.options.map(([value, text]) => el('option', { value }, text)));
    if (field.value !== undefined) select.value = field.value;
    return select;
  }
  return el('input', {
    id: `form-${field.name}`, name: field.name, type: field.type ?? 'text', required: field.required !== false,
    maxlength: field.max ?? 64, value: field.value ?? '', autocomplete: field.autocomplete ?? 'off',
  });
}

/** A sentence about what the fields say now, told again after each change; the latest answer counts. */
function noteOf(form, note) {
  const line = el('p', { class: 'hint', id: 'form-note', role: 'status' });
  let asked = 0;
  const tell = async () => {
    const mine = ++asked;
    const text = await note(Object.fromEntries(new FormData(form))).catch(reason);
    if (mine === asked) line.textContent = text;
  };
  form.addEventListener('change', tell);
  form.querySelector('.fields').after(line);
  tell();
}

/**
 * fields: {name, label, type, options: [[value, text]], value, required, max}. save gets {name: text} and may throw what
 * a call throws. note gets the same and resolves with a text to show. instead: {label, value}, a button for something else
 * than what is asked for. danger: what is saved cannot be undone. Resolves with what save returned, or with instead's value,
 * or null when it was closed without; also when it was closed before the answer came.
 */
export function openForm({ title, fields, submit, save, note = null, instead = null, danger = false }) {
  const dialog = document.getElementById('form');
  const error = el('p', { class: 'error', role: 'alert', hidden: true });
  const done = el('button', { class: danger ? 'danger' : 'primary' }, submit);
  let saving = null;
  const other = instead && el('button', {
    type: 'button', class: 'danger', id: 'form-instead', onclick: () => { saving = Promise.resolve(instead.value); dialog.close(); },
  }, instead.label);
  const form = el('form', { method: 'dialog', novalidate: false },
    el('h2', { id: 'form-title' }, title),
    el('div', { class: 'fields' }, ...fields.map((field) => el('div', {},
      el('label', { for: `form-${field.name}` }, field.label), inputOf(field)))),
    error,
    el('div', { class: 'buttons' }, done, ...(other ? [other] : []), el('button', { type: 'button', onclick: () => dialog.close() }, t('common.cancel'))));

  async function send() {
    done.disabled = true;
    error.hidden = true;
    try {
      const result = await save(Object.fromEntries(new FormData(form)));
      if (form.isConnected) dialog.close();
      return result;
    } catch (problem) {
      error.textContent = reason(problem);
      error.hidden = false;
      return null;
    } finally {
      done.disabled = false;
    }
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    saving = send();
  });
  if (note) noteOf(form, note);
  dialog.replaceChildren(form);
  dialog.showModal();
  return new Promise((resolve) => { dialog.addEventListener('close', () => resolve(saving), { once: true }); });
}
