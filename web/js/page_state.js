/*
 * What a page shows in place of its content, or above it: loading, nothing there, the server cannot be reached, and
 * figures that are older than they should be. The parts are made in <main id="main"> by whoever comes first; the page's
 * own content is in an element with id "content", which is hidden while there is nothing to show.
 */

import { t, translatePage } from './i18n.js';
import { reason } from './refusals.js';
import { el } from './timetable_words.js';

const byId = (id) => document.getElementById(id);

/** "08:02" of the zone's clock, or of the one here. */
export const timeOfDay = (date, timeZone = undefined) =>
  new Intl.DateTimeFormat('zh-CN', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone }).format(date);

/** Draws a part of the page anew. Who stood on a button of it stands on the same one again, or, when that is gone, at the
 * page's beginning, not outside of it. */
export function redraw(part, ...children) {
  const old = part.contains(document.activeElement) ? document.activeElement : null;
  part.replaceChildren(...children);
  if (!old) return;
  const [name, value] = old.id ? ['id', old.id] : ['aria-label', old.getAttribute('aria-label')];
  const same = value && [...part.querySelectorAll('button, select, input, [tabindex]')].find((each) => each.getAttribute(name) === value);
  (same || byId('main')).focus();
}

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

  /** What was asked for has come: what is shown from now on is of this moment. */
  arrived() {
    this.asOf = new Date();
    this.trouble = null;
  }

  /** Only what has this id; null for the content. */
  only(id) {
    for (const other of ['loading', 'empty', 'offline']) byId(other).hidden = other !== id;
    if (this.content) this.content.hidden = id !== null;
    byId('stale').hidden = true;
    if (id === 'loading') translatePage(byId('main'));
  }

  /** Nothing of what is to be shown is there, nor what was there before. */
  loading() {
    this.asOf = null;
    this.trouble = null;
    this.only('loading');
  }

  /* What was drawn anew, for another language for example, is no younger for that and no answer. */
  isMissing() {
    if (this.trouble?.again) this.failed(this.trouble.error, this.trouble.again);
    return Boolean(this.trouble?.again);
  }

  /** The content, unless it could not be had; with its age, when it is not of the last look. */
  ready() {
    if (this.isMissing()) return;
    this.only(null);
    if (this.trouble) this.showAge();
  }

  /** The sentence of this id and, where there is one, what to do about it: an element. */
  empty(id, action = null) {
    if (this.isMissing()) return;
    byId('empty').replaceChildren(el('p', { id: 'empty-text', 'data-t': id }), ...(action ? [action] : []));
    translatePage(byId('empty'));
    this.only('empty');
    if (this.trouble) this.showAge();
  }

  /** Instead of the content, for whom the page is not: who may instead, and a way back. */
  notFor(roles) {
    this.empty('common.not_for_you', el('div', {}, el('ul', {}, ...roles.map((role) => el('li', { 'data-t': `role.${role}` }))),
      el('a', { class: 'button primary', href: '/', 'data-t': 'common.to_home' })));
  }

  /** Instead of the content; the button calls again. */
  failed(error, again) {
    this.trouble = { error, again };
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
    this.trouble = { error, zone };
    this.showAge();
  }

  showAge() {
    const { error, zone } = this.trouble;
    byId('stale').textContent = t('common.as_of', { reason: reason(error), time: timeOfDay(this.asOf, zone) });
    byId('stale').hidden = false;
  }
}
