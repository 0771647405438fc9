/* What the server says of a weekly lesson where it would stand: how many lessons it makes, or what is in the way, and what
 * mends that in one press. */

import { checkEntry } from './api.js';
import { t } from './i18n.js';
import { personLabel } from './person_names.js';
import { clockOf, el, shortDate, wallClock, weekdayName } from './timetable_words.js';

const MAX_ASKED = 6; /* teachers: each is a question to the server */

/**
 * report: of the server, for these values. about: {county, names, zone, school: name of the master room's}. on: {moveTo(slot),
 * takeTeacher(id), chooseTeacher(id), pair(rooms), live(rooms)}. Returns the elements to show.
 */
export function reportParts(report, values, about, on) {
  if (report.conflicts.length === 0 && report.lessons > 0) return freeParts(report, about);
  const of = (kind) => report.conflicts.filter((conflict) => conflict.kind === kind);
  const rooms = (kind) => of(kind).map((conflict) => conflict.id);
  return [
    el('h2', {}, t(report.conflicts.length > 0 ? 'timetable.conflict' : 'timetable.no_lessons_there')),
    el('ul', {}, ...report.conflicts.map((conflict) => el('li', {}, sentence(conflict, values, about)))),
    el('div', { class: 'repairs' },
      ...(of('pairing').length ? [press('timetable.pair_and_save', () => on.pair(rooms('pairing')), 'primary')] : []),
      ...(of('bells').length ? [press('timetable.book_live', () => on.live(rooms('bells')), 'live')] : []),
      ...report.suggestions.map((slot) => el('button', { type: 'button', onclick: () => on.moveTo(slot) },
        t('timetable.move_to', { day: weekdayName(slot.weekday), period: slot.period }))),
      ...of('teacher').map((conflict) => teacherRepair(conflict, values, about, on))),
  ];
}

const press = (id, run, className = '') => el('button', { type: 'button', class: className, onclick: run }, t(id));

function freeParts(report, { county }) {
  return [
    el('p', { class: 'hint' }, t('timetable.lessons_made', { count: report.lessons })),
    ...warnings(report.warnings, county).map((text) => el('p', { class: 'warning' }, text)),
    ...(report.substitutions > 0 ? [el('p', { class: 'hint' }, t('timetable.once_dropped', { count: report.substitutions }))] : []),
  ];
}

function warnings(all, county) {
  const names = (device) => all.filter((each) => each.kind === 'device' && each.device === device)
    .map((each) => county.roomName(each.id)).join(t('timetable.and'));
  return [
    ...all.filter((each) => each.kind === 'disabled').map((each) => t('timetable.warning_disabled', { name: each.name })),
    ...all.filter((each) => each.kind === 'textbook').map((each) => t('timetable.warning_textbook', {
      name: county.roomName(each.id), edition: each.edition, master: each.master_edition,
    })),
    ...['capture', 'player'].filter(names).map((device) => t(`timetable.warning_${device}`, { names: names(device) })),
  ];
}

/* ---- what is in the way, in words ---- */

const minutesOf = (conflict) => Math.round(conflict.overlap_s / 60);
const clockAt = (seconds, zone) => clockOf(wallClock(seconds, zone).minute);

function sentence(conflict, values, { county, names, zone, school }) {
  const roomName = () => county.roomName(conflict.id) || names.room(conflict.id);
  if (conflict.kind === 'pairing') return t('timetable.conflict_pairing', { name: roomName() });
  const when = { date: conflict.first_day && shortDate(conflict.first_day), days: conflict.days };
  if (conflict.kind === 'capacity') {
    return t('timetable.conflict_capacity', {
      ...when, needed: conflict.needed, available: conflict.available, from: clockAt(conflict.start, zone), to: clockAt(conflict.end, zone),
    });
  }
  if (conflict.kind === 'bells') {
    return t(conflict.period === null ? 'timetable.conflict_no_period' : 'timetable.conflict_bells', {
      ...when, name: roomName(), period: conflict.period, minutes: minutesOf(conflict),
    });
  }
  const person = () => {
    const found = county.people.find((each) => each.id === conflict.id);
    return found ? personLabel(found, county.people) : names.person(conflict.id);
  };
  const { lesson } = conflict;
  return t('timetable.conflict_with', {
    ...when, name: conflict.kind === 'teacher' ? person() : roomName(), day: weekdayName(values.weekday), school, period: values.period,
    other: lesson?.school_name ?? '', other_period: lesson?.period ?? '', subject: lesson?.subject ?? '', teacher: lesson?.teacher_name ?? '',
    time: clockAt(conflict.start, zone), minutes: minutesOf(conflict),
  });
}

/* ---- other teachers ---- */

/* A place for buttons with those who are free then, in front of one that leads to the list of all. */
function teacherRepair(conflict, values, about, on) {
  const isMaster = conflict.id === values.teacher;
  const place = el('span', { class: 'places' });
  if (isMaster) offerTeachers(place, values, about, on);
  place.append(press(isMaster ? 'timetable.other_teacher' : 'timetable.other_local_teacher', () => on.chooseTeacher(conflict.id)));
  return place;
}

async function offerTeachers(place, values, { candidates, county }, on) {
  for (const person of candidates.filter((each) => each.id !== values.teacher).slice(0, MAX_ASKED)) {
    try {
      const { conflicts, lessons } = await checkEntry({ ...values, teacher: person.id });
      if (!place.isConnected) return; /* something else is asked meanwhile */
      if (conflicts.length > 0 || lessons === 0) continue;
    } catch {
      return; /* the list of all is left */
    }
    place.lastElementChild.before(el('button', { type: 'button', class: 'teacher', onclick: () => on.takeTeacher(person.id) },
      t('timetable.take_teacher', { name: personLabel(person, county.people) })));
  }
}
