/* Which pairings of a term are shown: those that fit what was typed and chosen, a page of them at a time. A county may have
 * hundreds. */

import { t } from './i18n.js';
import { el } from './timetable_words.js';

const PAGE = 20;
const STATES = ['active', 'frozen', 'expired'];
const byId = (id) => document.getElementById(id);

export class PairingsFilter {
  /** nameOf(pairing): by what it is found: schools and rooms. onChange: something else is to be shown. */
  constructor(nameOf, onChange) {
    this.nameOf = nameOf;
    this.page = 0;
    const changed = (page) => {
      this.page = page;
      onChange();
    };
    byId('find').addEventListener('input', () => changed(0));
    byId('state').addEventListener('change', () => changed(0));
    byId('page-before').addEventListener('click', () => changed(this.page - 1));
    byId('page-after').addEventListener('click', () => changed(this.page + 1));
  }

  /** From the first one of all. */
  reset() {
    byId('find').value = '';
    byId('state').value = '';
    this.page = 0;
  }

  /** All of them, with the page turned to the one of this number. */
  turnTo(id, pairings) {
    this.reset();
    this.page = Math.max(0, Math.floor(pairings.findIndex((pairing) => pairing.id === id) / PAGE));
  }

  /** Those to show of a term's; draws the tools, too. */
  of(pairings) {
    const state = byId('state').value;
    byId('state').replaceChildren(...['', ...STATES].map((each) => el('option', { value: each, selected: each === state },
      t(each ? `pairings.state_${each}` : 'pairings.state_all'))));
    const words = byId('find').value.trim().toLowerCase().split(/\s+/);
    const found = pairings.filter((pairing) => ['', pairing.state].includes(state)
      && words.every((word) => this.nameOf(pairing).toLowerCase().includes(word)));
    this.page = Math.min(this.page, Math.max(0, Math.ceil(found.length / PAGE) - 1)); /* the last of a page may have gone */
    const first = this.page * PAGE;
    const shown = found.slice(first, first + PAGE);
    byId('shown').textContent = found.length === 0 ? t('pairings.none_found')
      : t('pairings.shown', { first: first + 1, last: first + shown.length, count: found.length });
    for (const id of ['page-before', 'page-after']) byId(id).hidden = found.length <= PAGE;
    byId('page-before').disabled = first === 0;
    byId('page-after').disabled = first + PAGE >= found.length;
    return shown;
  }
}
