/*
 * What a page shows in place of its content, or above it: loading, nothing there, the server cannot be reached, and
 * figures that are older than they should be. The parts are made in <main id="main"> by whoever comes first; the page's
 * own content is in an element with id "content", which is hidden while there is nothing to show.
 */

import { t, translatePage } from './i18n.js';
import { el } from './timetable_words.js';

const byId = (id) => document.getElementById(id);

/** Why a call failed, in a sentence. ids: {status: the id of what the page can say better}. */
export function reason(error, ids = {}) {
  if (error.status === 0) return t('common.server_unreachable');
  const id = ids[error.status] ?? `common.refused_${error.status}`;
  const text = t(id, { message: error.message });
  return text === id ? error.message : text;
}

/** "08:02" of the zone's clock, or of the one here. */
export const timeOfDay = (date, timeZone = undefined) =>
  new Intl.DateTimeFormat('zh-CN', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone }).format(date);

function makeParts() {
  const parts = [
    el('p', { id: 'loading', class: 'empty', role: 'status', 'data-t': 'common.loading', hidden: true }),
    el('div', { id: 'empty', class: 'card narrow-card', hidden: true }, el('p', { id: 'empty-text' })),
    el('div', { id: 'offline', class: 'card narrow-card', role: 'alert', hidden: true }, el('p', { id: 'offline-text' }),
      el('button', { id: 'retry', class: 'primary', type: 'button', 'data-t': 'common.retry' })),
  ];
  const stale = el('p', { id: 'stale', class: 'stale', role: 'status', hidden: true });
  byId('main').append(...parts);
  byId('main').prepend(stale);
  for (const part of parts) translatePage(part);
}

export class PageState {
  constructor() {
    if (!byId('loading')) makeParts();
    this.content = byId('content');
  }

  /** Only what has this id; null for the content. */
  only(id) {
    for (const other of ['loading', 'empty', 'offline']) byId(other).hidden = other !== id;
    if (this.content) this.content.hidden = id !== null;
    if (id !== null) byId('stale').hidden = true;
    if (id === 'loading') translatePage(byId('main'));
  }

  loading() { this.only('loading'); }

  /** The content, as of now. */
  ready() {
    this.only(null);
    byId('stale').hidden = true;
    this.asOf = new Date();
  }

  /** The sentence of this id and, where there is one, what to do about it: an element. */
  empty(id, action = null) {
    byId('empty').replaceChildren(el('p', { id: 'empty-text', 'data-t': id }), ...(action ? [action] : []));
    translatePage(byId('empty'));
    this.only('empty');
  }

  /** Instead of the content; the button calls again. */
  failed(error, again) {
    if (error.status === 0) byId('offline-text').dataset.t = 'common.server_unreachable';
    else delete byId('offline-text').dataset.t;
    byId('offline-text').textContent = reason(error);
    byId('retry').onclick = again;
    this.only('offline');
    translatePage(byId('offline'));
  }

  /** A look that failed takes nothing away that is there already: it says how old that is, by the zone's clock. */
  failedAgain(error, again, zone = undefined) {
    if (!this.asOf) {
      this.failed(error, again);
      return;
    }
    byId('stale').textContent = t('common.as_of', { reason: reason(error), time: timeOfDay(this.asOf, zone) });
    byId('stale').hidden = false;
  }
}
