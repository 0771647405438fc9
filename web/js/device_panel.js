/* One device: how it is, what it told last, and its log. One press looks at it now; restarting and revoking it take two, the
 * first asks, and while its lesson goes on that has to be confirmed as well. The page has <dialog id="device">. */

import { deviceOf, revokeDevice } from './api.js';
import { DeviceLive } from './device_live.js';
import { ageOf, healthText, isHeard, momentOf, nextText, partName, stateChip, valueName } from './device_words.js';
import { t } from './i18n.js';
import { reason } from './refusals.js';
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

/* What is asked about before it is done. */
const DEEDS = {
  restart: (panel, inLesson) => panel.live.restart(inLesson),
  revoke: async (panel, inLesson) => {
    await revokeDevice(panel.id, inLesson);
    dialog().close();
    panel.onRevoked(panel.device);
  },
};

class Panel {
  constructor({ id, clock, mayChange, onRevoked }) {
    Object.assign(this, { id, clock, mayChange, onRevoked });
    this.error = el('p', { class: 'error', role: 'alert', hidden: true });
    this.body = el('div', {});
    this.asking = el('div', { class: 'warning', hidden: true });
    this.buttons = [];
  }

  async look() {
    this.device = await deviceOf(this.id);
    this.clock.set(this.device.now_ms);
  }

  /* Once: what somebody stands on stays when the figures are drawn anew. */
  show() {
    const { device } = this;
    const press = (id, kind, does) => el('button', { id, type: 'button', class: kind, onclick: does }, t(`devices.${id}`));

    this.live = new DeviceLive({ device, clock: this.clock, onOver: () => this.refresh() });
    if (this.mayChange && !device.revoked) {
      this.buttons = [press('check', false, () => this.check()), press('restart', false, () => this.ask('restart')), press('revoke', 'danger', () => this.ask('revoke'))];
    }
    const [check = '', ...changes] = this.buttons;
    dialog().replaceChildren(
      el('h2', { id: 'device-title', tabindex: -1 }, `${device.school_name} ${device.room_name}`),
      el('p', { class: 'hint' }, `${t(`devices.kind_${device.kind}`)} · ${device.name}`),
      this.body, this.asking, this.error,
      el('div', { class: 'buttons' },
        el('button', { type: 'button', class: 'primary', onclick: () => dialog().close() }, t('common.close')),
        check, el('span', { class: 'bar-space' }), ...changes));
    dialog().addEventListener('close', () => this.live.stop(), { once: true });
    this.draw();
  }

  draw() {
    const { device } = this;

    this.body.replaceChildren(facts(device, this.clock), ...healthList(device, this.clock), this.live.element,
      el('h3', {}, t('devices.log')), logTable(device, this.clock));
    this.enable();
  }

  isBusy() { return this.live.isBusy || !this.asking.hidden; }

  /* Not "disabled": that would take the focus away. */
  enable() {
    for (const button of this.buttons) button.setAttribute('aria-disabled', String(this.isBusy()));
  }

  async refresh() {
    try {
      await this.look();
    } catch { /* what the box has said stands; its figures are as old as before */ }
    this.draw();
  }

  fail(error) {
    this.error.textContent = reason(error);
    this.error.hidden = false;
  }

  async check() {
    if (this.isBusy()) return;
    this.error.hidden = true;
    try {
      const asked = this.live.check();
      this.enable();
      await asked;
    } catch (error) {
      this.fail(error);
      this.enable();
    }
  }

  /* The first press. */
  ask(deed) {
    if (this.isBusy()) return;
    const { device } = this;
    const running = Boolean(device.next?.running);
    const sure = el('input', { type: 'checkbox', id: `${deed}-in-lesson` });
    const yes = el('button', { id: `${deed}-now`, type: 'button', class: 'danger', disabled: running, onclick: () => this.do(deed, running) }, t(`devices.${deed}_now`));

    sure.addEventListener('change', () => { yes.disabled = !sure.checked; });
    this.asking.id = `${deed}-question`;
    this.asking.replaceChildren(
      el('p', {}, t(`devices.${deed}_question`, { name: device.name, room: device.room_name })),
      running ? el('label', {}, sure, ` ${t(`devices.${deed}_in_lesson`, { lesson: nextText(device, this.clock) })}`) : '',
      el('div', { class: 'choices' }, yes, el('button', { type: 'button', onclick: () => this.close(deed) }, t('common.cancel'))));
    this.error.hidden = true;
    this.asking.hidden = false;
    this.enable();
    this.asking.scrollIntoView({ block: 'nearest' });
    (running ? sure : yes).focus();
  }

  close(deed) {
    this.asking.hidden = true;
    this.enable();
    document.getElementById(deed).focus();
  }

  /* And the second. */
  async do(deed, inLesson) {
    try {
      await DEEDS[deed](this, inLesson);
      if (dialog().open) this.close(deed);
    } catch (error) {
      if (error.status === 409) await this.askAgain(deed); /* the bell has rung meanwhile */
      this.fail(error);
    }
  }

  async askAgain(deed) {
    await this.refresh();
    this.asking.hidden = true;
    this.ask(deed);
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
