/* Buttons beside a list: one press chooses what takes two in the list. */

import { el } from './timetable_words.js';

export class QuickChoices {
  /** label: of the group. onChosen(list): a button chose. */
  constructor(list, label, onChosen) {
    this.list = list;
    this.onChosen = onChosen;
    this.element = el('div', { class: 'quick-choices', role: 'group', 'aria-label': label });
  }

  /** options: [[value, text]], of those that the list has. */
  draw(options) {
    this.element.replaceChildren(...options.map(([value, text]) => el('button', {
      type: 'button', class: 'quick', 'data-value': value, onclick: () => {
        this.list.value = value;
        this.onChosen(this.list);
      },
    }, text)));
    this.mark();
  }

  /** Shows what the list has. */
  mark() {
    for (const button of this.element.children) button.setAttribute('aria-pressed', String(button.dataset.value === this.list.value));
  }
}
