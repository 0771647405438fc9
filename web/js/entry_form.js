/* The fields of a weekly lesson's dialog. Weeks and mode are folded away while they are what they usually are. */

import { gradeOptions, subjectOptions } from './catalogue.js';
import { choice, masterOptions, MODES, termOf, weekSelects } from './entry_choices.js';
import { t } from './i18n.js';
import { el, weekdayName } from './timetable_words.js';

/** The lists, by what they are of. Periods and teachers depend on the room, and are filled when its school's are known. */
export function entryControls(county, entry, names) {
  const subjects = subjectOptions(county.subjects, entry.subject);
  const masters = masterOptions(county);
  const room = choice(masters, entry.room ?? masters[0]?.[0], names.room(entry.room));
  const school = county.rooms.find((each) => each.id === Number(room.value))?.school;
  const [firstWeek, lastWeek] = weekSelects(termOf(county, entry, school), entry);
  return {
    subject: choice(entry.subject ? subjects : [['', t('timetable.choose')], ...subjects], entry.subject ?? ''),
    grade: choice(gradeOptions(county.grades, entry.grade), entry.grade ?? 3),
    room,
    teacher: el('select', {}),
    weekday: choice([1, 2, 3, 4, 5, 6, 7].map((day) => [day, weekdayName(day)]), entry.weekday),
    period: el('select', {}),
    weeks: choice(['all', 'odd', 'even'].map((weeks) => [weeks, t(`timetable.weeks_${weeks}`)]), entry.weeks ?? 'all'),
    firstWeek,
    lastWeek,
    mode: choice(MODES.map((mode) => [mode, t(`timetable.mode_${mode}`)]), entry.mode ?? MODES[0]),
  };
}

function field(id, label, control, isDouble = false) {
  control.id = `entry-${id}`;
  return el('div', { class: isDouble && 'double' }, el('label', { for: control.id }, label), control);
}

function quickField(id, label, control, quick) {
  control.id = `entry-${id}`;
  return el('div', { class: 'wide' }, el('label', { for: control.id }, label), el('div', { class: 'with-quick' }, control, quick));
}

const isWholeTerm = ({ firstWeek, lastWeek }) => Number(firstWeek.value) === 1 && lastWeek.selectedIndex >= lastWeek.options.length - 2;

/** of: what entryControls() made; likely: LikelyChoices of them. */
export function entryFields(of, likely) {
  const isUsual = isWholeTerm(of) && of.mode.value === MODES[0];
  return el('div', {},
    el('div', { class: 'fields' },
      quickField('subject', t('timetable.subject'), of.subject, likely.subjects.element),
      quickField('teacher', t('timetable.master_teacher'), of.teacher, likely.masters.element),
      field('grade', t('timetable.grade'), of.grade), field('weekday', t('timetable.weekday'), of.weekday),
      field('period', t('timetable.period'), of.period, true), field('weeks', t('timetable.weeks'), of.weeks),
      field('room', t('timetable.master_room'), of.room, true)),
    el('details', { class: 'more', open: !isUsual }, el('summary', {}, t('timetable.more')), el('div', { class: 'fields' },
      field('first-week', t('timetable.first_week'), of.firstWeek), field('last-week', t('timetable.last_week'), of.lastWeek, true),
      field('mode', t('timetable.mode'), of.mode, true))));
}
