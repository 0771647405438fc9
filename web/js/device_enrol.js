/* Enrolling a device: the room and what it is, then six large digits with a QR code and the time that is left, till the
 * device is there. The code stands in no address; what is asked for is its number. */

import { addDeviceCode, deviceCode, withdrawDeviceCode } from './api.js';
import { ServerClock } from './device_words.js';
import { openForm } from './form_dialog.js';
import { t } from './i18n.js';
import { reason } from './refusals.js';
import { el } from './timetable_words.js';

const POLL_MS = 1000;
const dialog = () => document.getElementById('code');

/* The server's own SVG: a path, and nothing that runs. */
function picture(svg) {
  const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
  const frame = el('div', { id: 'code-qr', class: 'code-qr', role: 'img', 'aria-label': t('devices.qr') });

  if (parsed.nodeName === 'svg') frame.append(document.importNode(parsed, true));
  return frame;
}

const clockOfSeconds = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

class Enrolment {
  constructor(made, { place, onEnrolled, again }) {
    Object.assign(this, { made, place, onEnrolled, again });
    this.clock = new ServerClock();
    this.clock.set(made.now_ms);
    this.left = el('p', { id: 'code-left', class: 'hint', role: 'timer' });
    this.done = el('p', { id: 'code-done', role: 'status' });
    this.withdrawButton = el('button', { id: 'code-withdraw', type: 'button', onclick: () => this.withdraw() }, t('devices.withdraw'));
    this.anotherButton = el('button', { id: 'code-again', type: 'button', hidden: true, onclick: () => this.another() });
  }

  show() {
    const { made } = this;
    const command = `duet-${made.kind} --enrol ${made.code} --server ${location.origin}`;
    const secret = el('div', { id: 'code-secret' },
      el('div', { class: 'code-shown' },
        el('p', { id: 'code-digits', class: 'code-digits' }, `${made.code.slice(0, 3)} ${made.code.slice(3)}`),
        made.qr ? picture(made.qr) : ''),
      el('p', { class: 'hint' }, t('devices.code_hint')), el('p', {}, el('code', { id: 'code-command' }, command)));

    dialog().replaceChildren(el('h2', { id: 'code-title' }, `${this.place} · ${t(`devices.kind_${made.kind}`)}`),
      secret, this.left, this.done,
      el('div', { class: 'buttons' },
        el('button', { id: 'code-close', type: 'button', class: 'primary', onclick: () => dialog().close() }, t('common.close')),
        this.anotherButton, this.withdrawButton));
    if (!dialog().open) dialog().showModal();
    document.getElementById('code-close').focus();
    this.timer = setInterval(() => this.tick(), POLL_MS);
    dialog().addEventListener('close', () => this.stop(), { once: true });
    this.count();
  }

  stop() { clearInterval(this.timer); }

  secondsLeft() { return Math.max(0, Math.ceil(this.made.expires - this.clock.nowS())); }

  count() {
    const seconds = this.secondsLeft();

    this.left.textContent = t('devices.code_left', { time: clockOfSeconds(seconds) });
    if (seconds === 0) this.end(t('devices.code_over'), 'devices.new_code');
  }

  /* The code is of no use any more. */
  end(text, next) {
    this.stop();
    this.left.textContent = '';
    this.done.textContent = text;
    document.getElementById('code-secret').hidden = true;
    this.withdrawButton.hidden = true;
    this.anotherButton.textContent = t(next);
    this.anotherButton.hidden = false;
  }

  async tick() {
    this.count();
    if (this.secondsLeft() === 0 || this.asking) return;
    this.asking = true;
    try {
      const { device } = await deviceCode(this.made.id);
      if (device !== null) await this.arrived(device);
    } catch { /* the next tick asks again */ } finally { this.asking = false; }
  }

  async arrived(id) {
    this.end(`✓ ${t('devices.enrolled_now')}`, 'devices.enrol_another');
    const name = await this.onEnrolled(id);
    if (name) this.done.textContent = `✓ ${t('devices.enrolled', { name })}`;
  }

  async withdraw() {
    try {
      await withdrawDeviceCode(this.made.id);
      this.end(t('devices.withdrawn'), 'devices.new_code');
    } catch (error) {
      this.done.textContent = reason(error);
    }
  }

  another() {
    dialog().close();
    this.again(this.made);
  }
}

/**
 * Asks for the room (rooms: [{id, name}] with names for people) and shows its code. onEnrolled(id) runs when the device
 * is there and resolves with its name.
 */
export async function enrol({ rooms, onEnrolled }, given = {}) {
  const made = await openForm({
    title: t('devices.enrol'), submit: t('devices.show_code'),
    fields: [
      { name: 'room', label: t('devices.room'), options: rooms.map((room) => [room.id, room.name]), value: given.room },
      { name: 'kind', label: t('devices.box'), options: ['player', 'capture'].map((kind) => [kind, t(`devices.kind_${kind}`)]), value: given.kind },
    ],
    save: ({ room, kind }) => addDeviceCode(Number(room), kind),
  });
  if (!made) return;
  const place = rooms.find((room) => room.id === made.room)?.name ?? '';
  new Enrolment(made, { place, onEnrolled, again: (last) => enrol({ rooms, onEnrolled }, last) }).show();
}
