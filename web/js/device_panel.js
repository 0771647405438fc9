/* One device: how it is and what it told last, its log, and revoking it: one press asks, the second one does it. While its
 * lesson goes on that has to be confirmed as well. The page has <dialog id="device">. */

import { deviceOf, revokeDevice } from './api.js';
import { ageOf, healthText, isHeard, momentOf, nextText, partName, refusalOf, stateChip, valueName } from './device_words.js';
import { t } from './i18n.js';
import { el } from './timetable_words.js';

const dialog = () => document.getElementById('device');

const fact = (label, ...value) => el('div', {}, el('dt', {}, t(label)), el('dd', {}, ...value));

function facts(device, clock) {
  return el('dl', { class: 'facts' },
    fact('devices.state', stateChip(device, clock)),
    fact('devices.seen', `${momentOf(device.seen, device.zone, clock)} (${ageOf(device.seen, clock)})`),
    fact('devices.next', nextText(device, clock)),
    fact('devices.version', device.version),
    fact('devices.since', momentOf(device.enrolled, device.zone, clock)));
}

/* A part that was well when it was last heard of is not said to be well now. */
function healthList(device, clock) {
  const parts = Object.entries(device.health);
  const heading = el('h3', {}, t(isHeard(device, clock) ? 'devices.health' : 'devices.health_then', { age: ageOf(device.seen, clock) }));

  if (parts.length === 0) return [heading, el('p', { class: 'hint' }, t('devices.health_untold_long'))];
  return [heading, el('ul', { class: 'chips' }, ...parts.map(([part, value]) => el('li', {
    class: value === 'ok' ? false : 'ailing',
  }, t('devices.part_is', { part: partName(part), value: valueName(value) }))))];
}

function eventRow(event, device, clock) {
  const told = event.event === 'health' || event.event === 'session' ? healthText(event) : '';
  return el('tr', {}, el('td', { class: 'moment' }, momentOf(event.time, device.zone, clock)),
    el('td', {}, t(`devices.event_${event.event}`)), el('td', {}, told), el('td', {}, event.version));
}

function logTable(device, clock) {
  return el('div', { class: 'table-frame device-log', tabindex: 0, role: 'region', 'aria-label': t('devices.log') },
    el('table', { class: 'list' },
      el('thead', {}, el('tr', {}, ...['time', 'event', 'health', 'version'].map((id) => el('th', { scope: 'col' }, t(`devices.${id}`))))),
      el('tbody', {}, ...device.log.map((event) => eventRow(event, device, clock)))));
}

class Panel {
  constructor({ id, clock, mayChange, onRevoked }) {
    Object.assign(this, { id, clock, mayChange, onRevoked });
    this.error = el('p', { class: 'error', role: 'alert', hidden: true });
    this.asking = el('div', { id: 'revoke-question', class: 'warning', hidden: true });
  }

  async look() {
    this.device = await deviceOf(this.id);
    this.clock.set(this.device.now_ms);
  }

  show() {
    const { device } = this;
    const revoke = el('button', { id: 'revoke', type: 'button', class: 'danger', onclick: () => this.ask() }, t('devices.revoke'));

    this.error.hidden = true;
    this.asking.hidden = true;
    dialog().replaceChildren(
      el('h2', { id: 'device-title', tabindex: -1 }, `${device.school_name} ${device.room_name}`),
      el('p', { class: 'hint' }, `${t(`devices.kind_${device.kind}`)} · ${device.name}`),
      facts(device, this.clock), ...healthList(device, this.clock),
      el('h3', {}, t('devices.log')), logTable(device, this.clock), this.asking, this.error,
      el('div', { class: 'buttons' },
        el('button', { type: 'button', class: 'primary', onclick: () => dialog().close() }, t('common.close')),
        el('span', { class: 'bar-space' }), this.mayChange && !device.revoked ? revoke : ''));
  }

  /* The first press. */
  ask() {
    const { device } = this;
    const running = Boolean(device.next?.running);
    const sure = el('input', { type: 'checkbox', id: 'revoke-in-lesson' });
    const yes = el('button', { id: 'revoke-now', type: 'button', class: 'danger', disabled: running, onclick: () => this.revoke(running) }, t('devices.revoke_now'));

    sure.addEventListener('change', () => { yes.disabled = !sure.checked; });
    this.asking.replaceChildren(
      el('p', {}, t('devices.revoke_question', { name: device.name, room: device.room_name })),
      running ? el('label', {}, sure, ` ${t('devices.revoke_in_lesson', { lesson: nextText(device, this.clock) })}`) : '',
      el('div', { class: 'choices' }, yes, el('button', { type: 'button', onclick: () => this.cancel() }, t('common.cancel'))));
    this.asking.hidden = false;
    document.getElementById('revoke').disabled = true;
    this.asking.scrollIntoView({ block: 'nearest' });
    (running ? sure : yes).focus();
  }

  cancel() {
    this.asking.hidden = true;
    document.getElementById('revoke').disabled = false;
    document.getElementById('revoke').focus();
  }

  /* And the second. */
  async revoke(inLesson) {
    try {
      await revokeDevice(this.id, inLesson);
      dialog().close();
      this.onRevoked(this.device);
    } catch (error) {
      if (error.status === 409) await this.askAgain(); /* the bell has rung meanwhile */
      this.error.textContent = refusalOf(error);
      this.error.hidden = false;
    }
  }

  async askAgain() {
    try {
      await this.look();
    } catch { return; /* the sentence of the refusal stands */ }
    this.show();
    this.ask();
  }
}

/** id's dialog, till it is closed. onRevoked(device) runs when it was revoked. Throws what a call throws. */
export async function openDevice(options) {
  const panel = new Panel(options);
  await panel.look();
  panel.show();
  dialog().showModal();
  document.getElementById('device-title').focus();
}
