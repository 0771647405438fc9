/* The dialog of one weekly lesson: where it stands, who teaches it, which rooms receive it; what is in the way, and how
 * to mend it. */

import { addEntry, addPairing, changeEntry, changePairing, checkEntry, listOf, removeEntry } from './api.js';
import { gradeOptions, subjectOptions } from './catalogue.js';
import { t } from './i18n.js';
import { reason } from './refusals.js';
import { setOf } from './timetable_grid.js';
import { clockOf, el, shortDate, wallClock, weekdayName } from './timetable_words.js';

const dialog = document.getElementById('entry');

function field(id, label, control, wide = false) {
  control.id = `entry-${id}`;
  return el('div', { class: wide ? 'wide' : '' }, el('label', { for: control.id }, label), control);
}

function choice(options, chosen) {
  return el('select', {}, ...options.map(([value, text]) => el('option', { value, selected: String(value) === String(chosen) }, text)));
}

/** county: what timetable.js has loaded. entry: with id and version to change it, without to add one. onOnce: to what is
 * different in the one lesson that was opened. */
export function openEntry(county, entry, onSaved, onOnce = null) {
  const own = { ...entry, receiving: entry.receiving ?? [] };
  const editor = new EntryEditor(county, own, onSaved, onOnce);
  editor.show();
  return editor;
}

class EntryEditor {
  constructor(county, entry, onSaved, onOnce) {
    this.county = county;
    this.entry = entry;
    this.onSaved = onSaved;
    this.onOnce = onOnce;
    this.checks = 0;
  }

  show() {
    const { county, entry } = this;
    const masters = county.rooms.filter((room) => room.use !== 'receiving');
    const teachers = county.people.filter((person) => person.role === 'master_teacher');
    const subjects = subjectOptions(county.subjects, entry.subject);
    this.subject = choice(entry.subject ? subjects : [['', t('timetable.choose')], ...subjects], entry.subject ?? '');
    this.grade = choice(gradeOptions(county.grades, entry.grade), entry.grade ?? 3);
    this.room = choice(masters.map((room) => [room.id, `${county.schoolName(room.school)} ${room.name}`]), entry.room);
    this.teacher = choice(teachers.map((person) => [person.id, person.name]), entry.teacher);
    this.weekday = choice([1, 2, 3, 4, 5, 6, 7].map((day) => [day, weekdayName(day)]), entry.weekday);
    this.period = el('select', {});
    this.weeks = choice(['all', 'odd', 'even'].map((weeks) => [weeks, t(`timetable.weeks_${weeks}`)]), entry.weeks ?? 'all');
    this.receiving = el('fieldset', {}, el('legend', {}, t('timetable.receiving')));
    this.message = el('p', { class: 'error', role: 'alert', hidden: true });
    this.conflicts = el('div', { role: 'status' });
    this.save = el('button', { class: 'primary' }, t('timetable.save'));
    const buttons = el('div', { class: 'buttons' }, this.save,
      el('button', { type: 'button', onclick: () => dialog.close() }, t('timetable.cancel')), el('span', { class: 'bar-space' }));
    if (this.onOnce) buttons.append(el('button', { type: 'button', class: 'once', onclick: () => this.onOnce() }, t('timetable.once')));
    if (entry.id) buttons.append(el('button', { type: 'button', class: 'danger', onclick: () => this.remove() }, t('timetable.remove')));
    const form = el('form', { method: 'dialog', novalidate: true },
      el('h1', { id: 'entry-title' }, t(entry.id ? 'timetable.change_entry' : 'timetable.add_entry')),
      el('div', { class: 'fields' },
        field('subject', t('timetable.subject'), this.subject), field('grade', t('timetable.grade'), this.grade),
        field('weekday', t('timetable.weekday'), this.weekday), field('period', t('timetable.period'), this.period),
        field('teacher', t('timetable.master_teacher'), this.teacher), field('room', t('timetable.master_room'), this.room),
        field('weeks', t('timetable.weeks'), this.weeks)),
      this.conflicts, this.receiving, this.message, buttons);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.submit();
    });
    form.addEventListener('change', () => this.look());
    this.room.addEventListener('change', () => this.fillAndLook());
    dialog.replaceChildren(form);
    if (!dialog.open) dialog.showModal();
    this.fillAndLook();
    this.subject.focus();
  }

  async fillAndLook() {
    try {
      await this.fill();
      await this.look();
    } catch (error) {
      this.showError(error);
    }
  }

  /** What depends on the master room: its school's periods, and which rooms are left to receive. */
  async fill() {
    const room = this.county.rooms.find((each) => each.id === Number(this.room.value));
    const chosen = this.period.value || this.entry.period;
    const bells = room ? await this.county.bellsOf(room.school) : { sets: [] };
    const periods = setOf(bells, this.county.day)?.periods ?? bells.sets[0]?.periods ?? [];
    this.period.replaceChildren(...periods.map((period) => el('option', { value: period.number, selected: String(period.number) === String(chosen) },
      `${period.number} · ${clockOf(period.start_minute)}–${clockOf(period.end_minute)}`)));
    if (this.receiving.querySelector('.receiving')) this.entry.receiving = this.values().receiving; /* what was ticked stays */
    const locals = this.county.people.filter((person) => person.role === 'local_teacher');
    this.receiving.replaceChildren(this.receiving.firstElementChild, ...this.county.rooms
      .filter((each) => each.use !== 'master' && each.id !== room?.id)
      .map((each) => this.receivingRow(each, locals)));
  }

  receivingRow(room, locals) {
    const known = this.entry.receiving.find((each) => each.room === room.id);
    const box = el('input', { type: 'checkbox', checked: Boolean(known) });
    const teacher = choice([[0, t('timetable.no_local_teacher')], ...locals.map((person) => [person.id, person.name])], known?.teacher ?? 0);
    teacher.setAttribute('aria-label', t('timetable.local_teacher_of', { room: room.name }));
    const row = el('div', { class: 'receiving', 'data-room': room.id }, el('label', {}, box, `${this.county.schoolName(room.school)} ${room.name}`), teacher);
    row.live = known?.live ?? false;
    row.values = () => (box.checked ? {
      room: room.id, teacher: Number(teacher.value), live: row.live, delay_s: row.live ? 0 : row.delay ?? known?.delay_s ?? 0,
    } : null);
    return row;
  }

  values() {
    return {
      ...(this.entry.id ? { id: this.entry.id, version: this.entry.version } : {}),
      term: this.county.term.id,
      subject: this.subject.value,
      grade: Number(this.grade.value),
      weekday: Number(this.weekday.value),
      period: Number(this.period.value),
      weeks: this.weeks.value,
      first_week: this.entry.first_week ?? 1,
      last_week: this.entry.last_week ?? 60,
      teacher: Number(this.teacher.value),
      room: Number(this.room.value),
      receiving: [...this.receiving.querySelectorAll('.receiving')].map((row) => row.values()).filter(Boolean),
    };
  }

  /** Asks what would be in the way. Only the newest answer counts, and saving waits for it: it says how much later rooms play. */
  look() {
    this.looked = this.ask();
    return this.looked;
  }

  async ask() {
    const values = this.values();
    const check = ++this.checks;
    if (!values.subject || !values.period || !values.teacher || !values.room) return;
    try {
      const report = await checkEntry(values);
      if (check === this.checks) this.showReport(report);
    } catch (error) {
      if (check === this.checks) this.showError(error);
    }
  }

  showReport(report) {
    this.message.hidden = true;
    for (const row of this.receiving.querySelectorAll('.offer')) row.remove();
    for (const offer of report.offers) this.showOffer(offer);
    const free = report.conflicts.length === 0 && report.lessons > 0;
    this.conflicts.className = free ? '' : 'conflicts';
    if (free) {
      this.conflicts.replaceChildren(el('p', { class: 'hint' }, t('timetable.lessons_made', { count: report.lessons })),
        ...this.warnings(report.warnings).map((text) => el('p', { class: 'warning' }, text)),
        report.substitutions > 0 ? el('p', { class: 'hint' }, t('timetable.once_dropped', { count: report.substitutions })) : '');
      return;
    }
    this.conflicts.replaceChildren(
      el('h2', {}, t(report.conflicts.length > 0 ? 'timetable.conflict' : 'timetable.no_lessons_there')),
      el('ul', {}, ...report.conflicts.map((conflict) => el('li', {}, this.sentence(conflict)))),
      el('div', { class: 'repairs' },
        ...this.pairingRepair(report), ...this.liveRepair(report),
        ...report.suggestions.map((slot) => el('button', { type: 'button', onclick: () => this.moveTo(slot) },
          t('timetable.move_to', { day: weekdayName(slot.weekday), period: slot.period }))),
        report.conflicts.some((conflict) => conflict.kind === 'teacher')
          ? el('button', { type: 'button', onclick: () => this.teacher.focus() }, t('timetable.other_teacher')) : ''));
  }

  warnings(warnings) {
    const names = (device) => warnings.filter((each) => each.kind === 'device' && each.device === device)
      .map((each) => this.county.roomName(each.id)).join(t('timetable.and'));
    return [
      ...warnings.filter((each) => each.kind === 'textbook').map((each) => t('timetable.warning_textbook', {
        name: this.county.roomName(each.id), edition: each.edition, master: each.master_edition,
      })),
      ...['capture', 'player'].filter(names).map((device) => t(`timetable.warning_${device}`, { names: names(device) })),
    ];
  }

  /** Rooms whose own bells do not fit are booked by the lesson's bell, in one press, and it is saved so. */
  liveRepair(report) {
    const rooms = report.conflicts.filter((conflict) => conflict.kind === 'bells').map((conflict) => conflict.id);
    if (rooms.length === 0) return [];
    return [el('button', { type: 'button', class: 'live', onclick: () => {
      for (const room of rooms) this.rowOf(room).live = true;
      this.submit();
    } }, t('timetable.book_live'))];
  }

  rowOf(room) {
    return this.receiving.querySelector(`[data-room="${room}"]`);
  }

  /** Rooms that are not paired are, in one press, and the lesson is saved with them. */
  pairingRepair(report) {
    const rooms = report.conflicts.filter((conflict) => conflict.kind === 'pairing').map((conflict) => conflict.id);
    if (rooms.length === 0) return [];
    return [el('button', { type: 'button', class: 'primary', onclick: () => this.pairAndSave(rooms) }, t('timetable.pair_and_save'))];
  }

  async pairAndSave(rooms) {
    const values = this.values();
    try {
      const pairings = await listOf('pairings');
      for (const room of rooms) {
        const frozen = pairings.find((pairing) => pairing.term === values.term && pairing.master_room === values.room
          && pairing.receiving_room === room && ['', values.subject].includes(pairing.subject));
        if (frozen) await changePairing({ id: frozen.id, version: frozen.version, frozen: false });
        else await addPairing({ term: values.term, master_room: values.room, receiving_room: room, subject: '' });
      }
      await this.submit();
    } catch (error) {
      this.showError(error);
    }
  }

  sentence(conflict) {
    if (conflict.kind === 'pairing') return t('timetable.conflict_pairing', { name: this.county.roomName(conflict.id) });
    const when = { date: conflict.first_day && shortDate(conflict.first_day), days: conflict.days };
    if (conflict.kind === 'capacity') {
      const zone = this.county.zoneOf(Number(this.room.value));
      return t('timetable.conflict_capacity', {
        ...when, needed: conflict.needed, available: conflict.available,
        from: clockOf(wallClock(conflict.start, zone).minute), to: clockOf(wallClock(conflict.end, zone).minute),
      });
    }
    if (conflict.kind === 'bells') {
      return t(conflict.period === null ? 'timetable.conflict_no_period' : 'timetable.conflict_bells', {
        ...when, name: this.county.roomName(conflict.id), period: conflict.period, minutes: Math.round(conflict.overlap_s / 60),
      });
    }
    const name = conflict.kind === 'teacher'
      ? this.county.people.find((person) => person.id === conflict.id)?.name
      : this.county.roomName(conflict.id);
    return t('timetable.conflict_with', {
      ...when, name: name ?? '?', minutes: Math.round(conflict.overlap_s / 60),
    });
  }

  /** How a room with other bells takes part; it plays the lesson later, if that makes it fit. */
  showOffer(offer) {
    const row = this.rowOf(offer.room);
    if (!row) return;
    if (row.live) {
      row.append(el('p', { class: 'offer' }, t('timetable.booked_live'), ' ',
        el('button', { type: 'button', onclick: () => { row.live = false; this.look(); } }, t('timetable.by_own_bells'))));
      return;
    }
    row.delay = offer.period === null ? 0 : offer.delay_s;
    if (offer.period !== null && offer.whole && offer.delay_s === 0) return;
    row.append(el('p', { class: 'offer' }, offer.period === null ? t('timetable.no_overlap')
      : t(offer.delay_s > 0 ? 'timetable.offer_delay' : 'timetable.offer_part', {
        period: offer.period, delay: Math.round(offer.delay_s / 60), minutes: Math.round(offer.overlap_s / 60),
      })));
  }

  async moveTo(slot) {
    this.weekday.value = slot.weekday;
    this.period.value = slot.period;
    this.look();
    await this.submit();
  }

  async submit() {
    this.save.disabled = true;
    await this.looked;
    this.save.disabled = false;
    const values = this.values();
    if (!values.subject) {
      this.subject.focus();
      this.showError({ message: t('timetable.subject_missing') });
      return;
    }
    this.save.disabled = true;
    this.checks++;
    try {
      if (values.id) await changeEntry(values);
      else await addEntry(values);
      dialog.close();
      this.onSaved(t('timetable.saved', { subject: values.subject, day: weekdayName(values.weekday), period: values.period }));
    } catch (error) {
      if (error.body?.conflicts) this.showReport(error.body);
      else this.showError(error);
    } finally {
      this.save.disabled = false;
    }
  }

  async remove() {
    try {
      await removeEntry(this.entry.id, this.entry.version);
      dialog.close();
      this.onSaved(t('timetable.removed', { subject: this.entry.subject }));
    } catch (error) {
      this.showError(error);
    }
  }

  showError(error) {
    this.message.textContent = reason(error, { 412: 'timetable.changed_meanwhile' });
    this.message.hidden = false;
  }
}
