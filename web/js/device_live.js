/* What is asked of a box and comes back within a minute: a look at how it is now, and starting its program anew. */

import { askDevice, deviceCommand } from './api.js';
import { momentOf, problemsOf, problemsText } from './device_words.js';
import { t } from './i18n.js';
import { reason } from './refusals.js';
import { el } from './timetable_words.js';

const POLL_MS = 500;
const SILENT_DBFS = -60; /* a quiet classroom is louder */
const OPEN = ['waiting', 'sent'];

export class DeviceLive {
  /** onOver() runs when the box has answered, or a minute has passed without it. */
  constructor({ device, clock, onOver }) {
    Object.assign(this, { device, clock, onOver, isBusy: false });
    this.text = el('p', { id: 'live-text', role: 'status' });
    this.picture = el('figure', { id: 'live-picture', class: 'live-picture', hidden: true });
    this.level = el('p', { id: 'live-level', class: 'live-level', hidden: true });
    this.element = el('div', { id: 'live', class: 'live' }, this.text, this.level, this.picture);
  }

  stop() { clearTimeout(this.timer); }

  say(text, ails = false) {
    this.text.textContent = text;
    this.text.classList.toggle('error', ails);
  }

  check() { return this.ask('check', { picture: this.device.kind === 'capture' }); }

  restart(inLesson) { return this.ask('restart', { in_lesson: inLesson }); }

  /* Throws what the server refuses. */
  async ask(kind, options) {
    this.picture.hidden = true;
    this.level.hidden = true;
    this.say(t(`devices.${kind}_waiting`));
    this.isBusy = true;
    try {
      this.command = await askDevice(this.device.id, { command: kind, ...options });
    } catch (error) {
      this.isBusy = false;
      this.say('');
      throw error;
    }
    this.later();
  }

  later() { this.timer = setTimeout(() => this.look(), POLL_MS); }

  async look() {
    try {
      this.command = await deviceCommand(this.device.id, this.command.id);
    } catch (error) {
      if (error.status === 0) { this.later(); return; } /* the line of this page: the box has a minute */
      this.over(reason(error), true);
      return;
    }
    if (OPEN.includes(this.command.state)) this.later();
    else this.tell();
  }

  tell() {
    const { command, device } = this;
    const checked = command.command === 'check' && command.state === 'done';
    const problems = checked ? problemsOf(command.result) : [];
    const values = { time: this.time(), ms: Math.max(1, command.result?.round_trip_ms), problems: problemsText(problems) };

    if (checked && device.kind === 'capture') this.showPicture();
    if (command.result?.level_dbfs !== undefined) this.showLevel(command.result.level_dbfs);
    this.over(t(`devices.${command.command}_${problems.length ? 'ailing' : command.state}`, values), command.state !== 'done' || problems.length > 0);
  }

  /* By the school's clock, of the answer. */
  time() { return momentOf(this.command.now_ms / 1000, this.device.zone, this.clock); }

  showLevel(level) {
    const text = t(level < SILENT_DBFS ? 'devices.level_silent' : 'devices.level', { level });

    this.level.replaceChildren(el('meter', { min: SILENT_DBFS, max: 0, value: level, 'aria-label': text }), ` ${text}`);
    this.level.hidden = false;
  }

  showPicture() {
    const { command, device } = this;
    const time = this.time();

    this.picture.replaceChildren(command.picture === 'there'
      ? el('img', { src: `/api/v1/devices/${device.id}/commands/${command.id}/picture`, alt: t('devices.picture_of', { room: device.room_name, time }) })
      : '', el('figcaption', { class: 'hint' }, t(`devices.picture_${command.picture}`, { time })));
    this.picture.hidden = false;
  }

  over(text, ails) {
    this.isBusy = false;
    this.say(text, ails);
    this.onOver();
  }
}
