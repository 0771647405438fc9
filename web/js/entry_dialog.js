/* The dialog of one weekly lesson: asks what would be in the way of what is chosen, and saves it. Its fields are entry_form.js,
 * the rooms that receive it entry_receiving.js, what is in the way and how to mend it entry_report.js. */

import { addEntry, addPairing, changeEntry, changePairing, checkEntry, listOf, usualOf } from './api.js';
import { EntryNames, optionsOf, periodOptions, teacherOptions, termOf } from './entry_choices.js';
import { entryControls, entryFields } from './entry_form.js';
import { LikelyChoices } from './entry_likely.js';
import { ReceivingRooms } from './entry_receiving.js';
import { askToRemove } from './entry_removal.js';
import { reportParts } from './entry_report.js';
import { t } from './i18n.js';
import { reason } from './refusals.js';
import { el, weekdayName } from './timetable_words.js';

const dialog = document.getElementById('entry');

/** county: what timetable.js has loaded. entry: with id and version to change it, without to add one. onOnce: to what is
 * different in the one lesson that was opened. isMoved: the entry stands elsewhere than what is saved of it. */
export function openEntry(county, entry, onSaved, { onOnce = null, isMoved = false } = {}) {
  const own = { ...entry, receiving: entry.receiving ?? [] };
  const editor = new EntryEditor(county, own, onSaved, onOnce, isMoved);
  editor.show();
  return editor;
}

class EntryEditor {
  constructor(county, entry, onSaved, onOnce, isMoved) {
    this.county = county;
    this.entry = entry;
    this.names = new EntryNames(entry);
    this.onSaved = onSaved;
    this.onOnce = onOnce;
    this.checks = 0;
    this.fills = 0;
    this.isMoved = isMoved; /* whether it stands elsewhere now than it did */
    this.isTeacherChosen = Boolean(entry.teacher);
  }

  show() {
    Object.assign(this, entryControls(this.county, this.entry, this.names));
    this.likely = new LikelyChoices(this.county, this, (control) => this.changed(control));
    this.receiving = new ReceivingRooms(this.county, this.entry, this.names);
    this.message = el('p', { class: 'error', role: 'alert', hidden: true });
    this.conflicts = el('div', { role: 'status' });
    this.save = el('button', { class: 'primary' }, t('timetable.save'));
    const form = el('form', { method: 'dialog', novalidate: true },
      el('h1', { id: 'entry-title' }, t(this.entry.id ? 'timetable.change_entry' : 'timetable.add_entry')),
      entryFields(this, this.likely), this.conflicts, this.receiving.element, this.message, this.buttons());
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.submit();
    });
    form.addEventListener('change', (event) => this.changed(event.target));
    dialog.replaceChildren(form);
    if (!dialog.open) dialog.showModal();
    this.fillAndLook();
    this.subject.focus();
  }

  buttons() {
    const buttons = el('div', { class: 'buttons' }, this.save,
      el('button', { type: 'button', onclick: () => dialog.close() }, t('timetable.cancel')), el('span', { class: 'bar-space' }));
    if (this.onOnce) buttons.append(el('button', { type: 'button', class: 'once', onclick: () => this.onOnce() }, t('timetable.once')));
    if (this.entry.id) buttons.append(el('button', { type: 'button', class: 'danger', onclick: () => this.remove() }, t('timetable.remove')));
    return buttons;
  }

  /** The school of the master room that is chosen now. */
  school() {
    const id = Number(this.room.value);
    return (this.county.rooms.find((room) => room.id === id) ?? this.names.rooms.get(id))?.school;
  }

  term() {
    return termOf(this.county, this.entry, this.school());
  }

  /* ---- what is chosen ---- */

  changed(control) {
    if ([this.room, this.weekday, this.period, this.weeks, this.firstWeek, this.lastWeek].includes(control)) this.isMoved = true;
    if (control === this.teacher) this.isTeacherChosen = true;
    if (control === this.subject) this.suggest();
    this.likely.mark();
    if (control === this.room) this.fillAndLook();
    else this.look();
  }

  fillAndLook() {
    const fill = ++this.fills;
    this.filled = this.fill(fill).then(() => (fill === this.fills ? this.look() : null), (error) => this.showError(error));
    return this.filled;
  }

  /** What depends on the master room: its school's periods and teachers, who usually teaches there, and which rooms are left to
   * receive. What was chosen stays chosen. */
  async fill(fill) {
    const { county } = this;
    const room = Number(this.room.value);
    const school = this.school();
    const [bells, usual] = await Promise.all([
      school ? county.bellsOf(school) : { sets: [] },
      usualOf(room).catch(() => []), /* a help, no more */
    ]);
    if (fill !== this.fills) return;
    const period = this.period.value || this.entry.period;
    this.period.replaceChildren(...optionsOf(periodOptions(county, bells), period, t('timetable.no_such_period', { period })));
    this.fillTeachers(school, usual);
    const term = this.term()?.id;
    this.receiving.fill(room, county.pairings.filter((pairing) => pairing.term === term && pairing.master_room === room
      && pairing.state === 'active').map((pairing) => pairing.receiving_room));
    this.suggest();
  }

  fillTeachers(school, usual) {
    const chosen = this.teacher.value || this.entry.teacher;
    this.teacher.replaceChildren(...optionsOf(teacherOptions(this.county, school), chosen, chosen && this.names.person(Number(chosen))));
    this.likely.fill(school, usual, this.entry.subject);
  }

  /** Where nobody was chosen. */
  suggest() {
    const { teacher, localOf } = this.likely.suggestions(this.subject.value);
    if (!this.isTeacherChosen && teacher) this.teacher.value = teacher;
    this.receiving.suggest(localOf);
    this.likely.mark();
  }

  values() {
    return {
      ...(this.entry.id ? { id: this.entry.id, version: this.entry.version } : {}),
      term: this.term().id,
      subject: this.subject.value,
      grade: Number(this.grade.value),
      mode: this.mode.value,
      weekday: Number(this.weekday.value),
      period: Number(this.period.value),
      weeks: this.weeks.value,
      first_week: Number(this.firstWeek.value),
      last_week: Number(this.lastWeek.value),
      teacher: Number(this.teacher.value),
      room: Number(this.room.value),
      receiving: this.receiving.values(),
    };
  }

  /* ---- what is in the way ---- */

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
      if (check === this.checks) this.showReport(report, values);
    } catch (error) {
      if (check === this.checks) this.showError(error);
    }
  }

  showReport(report, values) {
    const { county, names } = this;
    this.message.hidden = true;
    const isFree = report.conflicts.length === 0 && report.lessons > 0;
    this.receiving.showOffers(report.offers, Boolean(this.entry.id) && !this.isMoved && isFree, () => this.look());
    const about = { county, names, candidates: this.likely.teachers, zone: county.zoneOf(values.room), school: county.schoolName(this.school()) };
    this.conflicts.className = isFree ? '' : 'conflicts';
    this.conflicts.replaceChildren(...reportParts(report, values, about, {
      moveTo: (slot) => this.moveTo(slot),
      takeTeacher: (id) => this.takeTeacher(id),
      chooseTeacher: (id) => this.teacherSelect(id).focus(),
      pair: (rooms) => this.pairAndSave(rooms),
      live: (rooms) => {
        this.receiving.bookLive(rooms);
        this.submit();
      },
    }));
  }

  /** Where somebody is chosen who is needed twice. */
  teacherSelect(id) {
    const row = [...this.receiving.rows.values()].find((each) => each.box.checked && Number(each.teacher.value) === id);
    return Number(this.teacher.value) === id || !row ? this.teacher : row.teacher;
  }

  async moveTo(slot) {
    this.weekday.value = slot.weekday;
    this.period.value = slot.period;
    this.isMoved = true;
    this.look();
    await this.submit();
  }

  async takeTeacher(id) {
    this.teacher.value = id;
    this.changed(this.teacher);
    await this.submit();
  }

  /** Rooms that are not paired are, in one press, and the lesson is saved with them. */
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

  /* ---- saving ---- */

  async submit() {
    this.save.disabled = true;
    await this.filled;
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
      if (error.body?.conflicts) this.showReport(error.body, values);
      else this.showError(error);
    } finally {
      this.save.disabled = false;
    }
  }

  async remove() {
    if (!await askToRemove(this.entry)) return;
    dialog.close();
    this.onSaved(t('timetable.removed', { subject: this.entry.subject }));
  }

  showError(error) {
    this.message.textContent = reason(error, { 412: 'timetable.changed_meanwhile' });
    this.message.hidden = false;
  }
}
