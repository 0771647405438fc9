/* Two fields for a new password, and what can be said of it before the server is asked. */

import { t } from './i18n.js';
import { el } from './timetable_words.js';

const MIN_CHARS = 8;
const MIN_NAME_BYTES = 3; /* one letter stands in any password */

const field = (id, label) => [
  el('label', { for: id, 'data-t': label }),
  el('input', { id, name: id, type: 'password', autocomplete: 'new-password', required: true, maxlength: 256 }),
];

/** Fills a container; the page translates it. */
export function showChoice(container) {
  const reveal = el('input', { type: 'checkbox', id: 'reveal' });
  container.className = 'choice';
  container.append(...field('new', 'password.new'), el('p', { class: 'hint', 'data-t': 'password.rule' }), ...field('again', 'password.again'),
    el('label', { class: 'tick' }, reveal, el('span', { 'data-t': 'password.show' })));
  container.querySelector('#new').setAttribute('aria-describedby', 'password-rule');
  container.querySelector('.hint').id = 'password-rule';
  reveal.addEventListener('change', () => {
    for (const id of ['new', 'again']) document.getElementById(id).type = reveal.checked ? 'text' : 'password';
  });
}

const compared = (text) => text.normalize('NFKC').toLowerCase();
const contains = (password, name) => new TextEncoder().encode(name).length >= MIN_NAME_BYTES && compared(password).includes(compared(name));

/** What is wrong with the two, in words, or ''. names: what no password may contain. */
export function faultOfChoice(...names) {
  const chosen = document.getElementById('new').value;
  if ([...chosen].length < MIN_CHARS) return t('password.too_short');
  if (names.some((name) => contains(chosen, name))) return t('password.has_name');
  if (chosen !== document.getElementById('again').value) return t('password.differ');
  return '';
}

export const chosenPassword = () => document.getElementById('new').value;

export function clearChoice() {
  for (const id of ['new', 'again']) document.getElementById(id).value = '';
}

/** A select with both languages that switches the page. */
export function wireLanguages(select, languageNow, choose) {
  select.value = languageNow();
  select.addEventListener('change', () => choose(select.value));
}
