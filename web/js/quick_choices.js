/* Buttons beside a list: one press chooses what takes two in the list. What has no button is found by typing a part of its
 * name, and Enter takes the first of what is found. */

import { t } from './i18n.js';
import { el } from './timetable_words.js';

const MAX_FOUND = 6;

export class QuickChoices {
  /** label: of the group; find: of the field to type in. onChosen(list): a button or Enter chose. */
  constructor(list, label, find, onChosen) {
    this.list = list;
    this.onChosen = onChosen;
    this.usual = []; /* [[value, text]] */
    this.element = el('div', { class: 'quick-choices', role: 'group', 'aria-label': label });
    this.buttons = [];
    this.search = el('input', { type: 'search', class: 'quick-search', placeholder: t('timetable.find'), 'aria-label': find, autocomplete: 'off', oninput: () => this.show() });
    this.search.addEventListener('change', (event) => event.stopPropagation()); /* it is no part of the lesson */
    this.search.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.isComposing) return;
      event.preventDefault();
      const [first] = this.search.value.trim() ? this.found() : [];
      if (first) this.choose(first[0]);
    });
    this.none = el('span', { class: 'quick-none', role: 'status' });
  }

  /** options: [[value, text]], of those that the list has. */
  draw(options) {
    this.usual = options;
    this.search.value = '';
    this.show();
  }

  /* All that the list has, but nobody. */
  all() {
    return [...this.list.options].filter((option) => option.value && option.value !== '0').map((option) => [option.value, option.textContent]);
  }

  found() {
    const words = this.search.value.trim().toLowerCase().split(/\s+/);
    return this.all().filter(([, text]) => words.every((word) => text.toLowerCase().includes(word))).slice(0, MAX_FOUND);
  }

  show() {
    const isSearched = this.search.value.trim() !== '';
    const options = isSearched ? this.found() : this.usual;
    const isMore = this.all().length > this.usual.length;
    this.buttons = options.map(([value, text]) => el('button', {
      type: 'button', class: 'quick', 'data-value': value, onclick: () => this.choose(value),
    }, text));
    for (const child of [...this.element.children]) if (child !== this.search && child !== this.none) child.remove();
    this.element.prepend(...this.buttons); /* the field stays where it is, and keeps the focus */
    if (isMore && !this.search.isConnected) this.element.append(this.search, this.none);
    if (!isMore) for (const child of [this.search, this.none]) child.remove();
    this.none.textContent = isSearched && options.length === 0 ? t('timetable.quick_none') : '';
    this.mark();
  }

  choose(value) {
    const isFound = this.search.value.trim() !== '';
    this.list.value = value;
    if (isFound) {
      this.search.value = '';
      this.usual = [...this.all().filter(([each]) => each === String(value)), ...this.usual.filter(([each]) => String(each) !== String(value))];
      this.show();
    }
    this.onChosen(this.list);
  }

  /** Shows what the list has. */
  mark() {
    for (const button of this.buttons) button.setAttribute('aria-pressed', String(button.dataset.value === this.list.value));
  }
}
