/* The dialog of one lesson alone: who stands in where, or that it is not held. A press on a free teacher or room is all
 * that it takes. */

import { cancelLesson, lessonOf, restoreLesson, substitute, undoSubstitution } from './api.js';
import { t } from './i18n.js';
import { personLabel } from './person_names.js';
import { reason } from './refusals.js';
import { el, shortDate, weekdayName, weekdayOf } from './timetable_words.js';

const dialog = document.getElementById('entry');

/** county: what timetable.js has loaded. school: whose place is shown first, unless who ({kind, id}) is needed at another.
 * onWeekly: to the weekly lesson, if it may be changed. */
export async function openLesson(county, id, school, { onSaved, onWeekly = null, who = null }) {
  const lesson = await lessonOf(id);
  new LessonDialog(county, lesson, school, { onSaved, onWeekly, who }).show();
}

class LessonDialog {
  constructor(county, lesson, school, on) {
    this.county = county;
    this.lesson = lesson;
    this.on = on;
    const own = lesson.places.find((place) => county.rooms.some((room) => room.id === place.place && room.school === school?.id));
    const needed = on.who && lesson.places.find((place) => on.who.id === (on.who.kind === 'room' ? place.room : place.teacher));
    this.place = needed ?? own ?? lesson.places[0];
  }

  show() {
    const { lesson } = this;
    const words = { subject: lesson.subject, date: shortDate(lesson.day), day: weekdayName(weekdayOf(lesson.day)), period: lesson.period };
    this.reason = el('input', { id: 'once-reason', maxlength: 30, list: 'reasons', value: t('timetable.once_reasons').split('|')[0] });
    this.message = el('p', { class: 'error', role: 'alert', hidden: true });
    this.choices = el('div', {});
    const buttons = el('div', { class: 'buttons' }, el('button', { type: 'button', onclick: () => dialog.close() }, t('common.close')));
    if (this.on.onWeekly) buttons.append(el('button', { type: 'button', onclick: () => this.on.onWeekly() }, t('timetable.once_weekly')));
    buttons.append(el('span', { class: 'bar-space' }), ...this.wholeLesson());
    dialog.replaceChildren(el('h1', { id: 'entry-title' }, t('timetable.once_title', words)),
      ...(lesson.state === 'cancelled' ? [el('p', {}, t('timetable.once_is_cancelled', { reason: lesson.cancel_reason }))] : this.editor()),
      this.message, buttons);
    if (!dialog.open) dialog.showModal();
    this.fill();
    (dialog.querySelector('.stand-in button') ?? dialog.querySelector('#once-place, .buttons button'))?.focus();
  }

  editor() {
    if (!this.lesson.may_change) return [el('p', {}, t('timetable.once_too_late'))];
    const place = el('select', {
      id: 'once-place',
      onchange: () => {
        this.place = this.lesson.places.find((each) => each.place === Number(place.value));
        this.fill();
      },
    }, ...this.lesson.places.map((each) => el('option', { value: each.place, selected: each === this.place }, this.placeName(each))));
    return [el('div', { class: 'fields' },
      el('div', {}, el('label', { for: 'once-place' }, t('timetable.once_place')), place),
      el('div', {}, el('label', { for: 'once-reason' }, t('timetable.once_reason')), this.reason)),
    el('datalist', { id: 'reasons' }, ...t('timetable.once_reasons').split('|').map((value) => el('option', { value }))), this.choices];
  }

  personName(id) {
    const found = this.county.people.find((person) => person.id === id);
    return found ? personLabel(found, this.county.people) : t('timetable.no_local_teacher');
  }

  placeName(place) {
    return `${this.county.roomName(place.place)} · ${this.personName(place.entry_teacher)}`;
  }

  /** What of the place is different now, and everybody and every room that is free to be so. */
  fill() {
    const { place, lesson, county } = this;
    const role = place.master ? 'master_teacher' : 'local_teacher';
    const taken = new Set([...lesson.busy.people, ...lesson.places.map((each) => each.teacher), place.entry_teacher]);
    const full = new Set([...lesson.busy.rooms, ...lesson.places.map((each) => each.room), place.place]);
    const teachers = county.people.filter((person) => person.role === role && !taken.has(person.id));
    const rooms = county.rooms.filter((room) => room.use !== (place.master ? 'receiving' : 'master') && !full.has(room.id));
    const now = place.substituted ? [el('p', {}, t('timetable.once_now', {
      teacher: this.personName(place.teacher), room: county.roomName(place.room), reason: place.reason,
    })), el('button', { type: 'button', onclick: () => this.undo() }, t('timetable.once_undo'))] : [];
    /* what stands in already stays beside what is chosen now */
    const room = place.room === place.place ? 0 : place.room;
    const teacher = place.teacher === place.entry_teacher ? 0 : place.teacher;
    this.choices.replaceChildren(...now,
      ...this.group('timetable.once_teachers', teachers.map((each) => [personLabel(each, county.people), { teacher: each.id, room }])),
      ...this.group('timetable.once_rooms', rooms.map((each) => [county.roomName(each.id), { teacher, room: each.id }])));
  }

  group(title, choices) {
    return [el('h2', {}, t(title)), choices.length === 0 ? el('p', {}, t('timetable.once_none'))
      : el('div', { class: 'repairs stand-in' }, ...choices.map(([name, change]) => el('button', {
        type: 'button', onclick: () => this.standIn(name, change),
      }, name)))];
  }

  wholeLesson() {
    if (this.lesson.state === 'cancelled') {
      return [el('button', { type: 'button', onclick: () => this.run(() => restoreLesson(this.lesson.id), t('timetable.once_restored')) }, t('timetable.once_restore'))];
    }
    if (!this.lesson.may_cancel) return [];
    return [el('button', {
      type: 'button', class: 'danger',
      onclick: () => this.run(() => cancelLesson(this.lesson.id, this.reason.value.trim()), t('timetable.once_cancelled', { subject: this.lesson.subject })),
    }, t('timetable.once_cancel'))];
  }

  standIn(name, change) {
    const body = { place: this.place.place, reason: this.reason.value.trim(), ...change };
    return this.run(() => substitute(this.lesson.id, body), t('timetable.once_saved', { name, subject: this.lesson.subject }));
  }

  undo() {
    return this.run(() => undoSubstitution(this.lesson.id, this.place.place), t('timetable.once_undone'));
  }

  async run(call, said) {
    try {
      await call();
      dialog.close();
      await this.on.onSaved(said);
    } catch (error) {
      this.message.textContent = reason(error);
      this.message.hidden = false;
    }
  }
}
