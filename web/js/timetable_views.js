/* Whose week the timetable shows: a school's, a teacher's in whatever school they teach, or one pairing's. */

import { weekOf } from './api.js';
import { t } from './i18n.js';
import { personLabel } from './person_names.js';
import { isOn } from './timetable_terms.js';
import { el } from './timetable_words.js';

const byId = (id) => document.getElementById(id);

/* An organisation that a person is of, and those above it that are in the list: the last one holds all of their lessons. */
function topOf(organisations, id) {
  let top = organisations[0].id;
  for (let each = organisations.find((one) => one.id === id); each; each = organisations.find((one) => one.id === each.parent)) top = each.id;
  return top;
}

/** Which school has most of the lessons. */
function schoolOfMost(lessons, rooms) {
  const counts = new Map();
  for (const lesson of lessons) {
    const school = rooms.find((room) => room.id === lesson.room)?.school;
    if (school) counts.set(school, (counts.get(school) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

export class TimetableView {
  /** county: what timetable.js has loaded; onChoice: the person chose something else to be shown. */
  constructor(county, onChoice) {
    this.county = county;
    this.kind = 'school';
    this.chosen = {}; /* of each kind the number of what was chosen last */
    for (const kind of ['school', 'teacher', 'pairing']) {
      byId(`view-${kind}`).addEventListener('click', () => {
        this.kind = kind;
        onChoice();
      });
      byId(kind).addEventListener('change', () => {
        this.chosen[kind] = Number(byId(kind).value);
        onChoice();
      });
    }
  }

  /** What readAddress() found. A kind of which there is nothing to choose is not shown. */
  setAddress(choice) {
    this.kind = choice.view ?? 'school';
    this.chosen = { ...this.chosen, [this.kind]: choice[this.kind] };
  }

  address() {
    return { view: this.kind === 'school' ? undefined : this.kind, [this.kind]: this.subject()?.id };
  }

  all(kind) {
    const { county } = this;
    if (kind === 'school') return county.organisations.filter((each) => each.kind === 'school');
    if (kind === 'teacher') return county.people.filter((person) => person.role === 'master_teacher');
    const terms = county.terms.filter((term) => isOn(term, county.day)).map((term) => term.id);
    return county.pairings.filter((pairing) => terms.includes(pairing.term) || pairing.id === this.chosen.pairing);
  }

  /** Of what is shown; 0: of its school whichever there is. */
  term() {
    return this.kind === 'pairing' ? this.subject().term : 0;
  }

  /** Who or what is shown: the one that was chosen, or the first. */
  subject() {
    const all = this.all(this.kind);
    return all.find((each) => each.id === this.chosen[this.kind]) ?? all[0];
  }

  nameOf(kind, each) {
    if (kind === 'teacher') return personLabel(each, this.county.people);
    if (kind !== 'pairing') return each.name;
    const room = (id) => this.county.roomName(id) || t('timetable.elsewhere');
    return `${room(each.master_room)} → ${room(each.receiving_room)} · ${each.subject || t('pairings.whole_class')}`;
  }

  /** The buttons and lists of choices as they are now. */
  fill() {
    if (!this.subject()) this.kind = 'school';
    for (const kind of ['school', 'teacher', 'pairing']) {
      const all = this.all(kind);
      byId(`view-${kind}`).setAttribute('aria-pressed', String(kind === this.kind));
      byId(`view-${kind}`).disabled = all.length === 0;
      byId(kind).hidden = kind !== this.kind;
      byId(kind).replaceChildren(...all.map((each) => el('option', { value: each.id, selected: each.id === this.subject()?.id }, this.nameOf(kind, each))));
    }
  }

  /** The week of a day: {school, answer}, the school being the one whose bells and rooms are the table's. */
  async load(day) {
    const subject = this.subject();
    const { organisations, rooms } = this.county;
    const school = (id) => organisations.find((each) => each.id === id && each.kind === 'school');
    if (this.kind === 'school') return { school: subject, answer: await weekOf(subject.id, day) };
    if (this.kind === 'pairing') {
      const schoolOf = (room) => school(rooms.find((each) => each.id === room)?.school);
      const own = schoolOf(subject.master_room) ?? schoolOf(subject.receiving_room);
      return { school: own, answer: only(await weekOf(own.id, day), (lesson) => isOfPairing(lesson, subject)) };
    }
    const answer = await weekOf(topOf(organisations, subject.organisation), day, subject.id);
    const own = school(subject.organisation) ?? school(schoolOfMost(answer.lessons, rooms)) ?? this.all('school')[0];
    return { school: own, answer: only(answer, () => true) };
  }

  /** What a new lesson begins with. */
  start(school) {
    const subject = this.subject();
    if (this.kind === 'pairing') return { room: subject.master_room, subject: subject.subject, receiving: [{ room: subject.receiving_room, teacher: 0, delay_s: 0 }] };
    return {
      room: this.county.rooms.find((room) => room.school === school.id && room.use !== 'receiving')?.id,
      ...(this.kind === 'teacher' ? { teacher: subject.id } : {}),
    };
  }
}

function isOfPairing(lesson, pairing) {
  return lesson.room === pairing.master_room && lesson.receiving.includes(pairing.receiving_room)
    && ['', lesson.subject].includes(pairing.subject);
}

/* The lessons that fit, and the clashes of those. */
function only(answer, fits) {
  const lessons = answer.lessons.filter(fits);
  const ids = new Set(lessons.map((lesson) => lesson.id));
  return { ...answer, lessons, clashes: answer.clashes.filter((clash) => clash.lessons.some((lesson) => ids.has(lesson.id))) };
}
