/* What a lesson from a room is likely to be: buttons for the subjects and teachers that are usual there, one press where a list
 * takes two, and who a new lesson begins with. */

import { subjectOptions } from './catalogue.js';
import { t } from './i18n.js';
import { el } from './timetable_words.js';

const MAX_SUBJECTS = 8;
const MAX_TEACHERS = 6;

const group = (label) => el('div', { class: 'quick-choices', role: 'group', 'aria-label': t(label) });

export class LikelyChoices {
  /** lists: {subject, teacher}, selects; onChosen(list): a button chose in it. */
  constructor(county, lists, onChosen) {
    this.county = county;
    this.lists = lists;
    this.onChosen = onChosen;
    this.usual = [];
    this.teachers = []; /* people, the likely first */
    this.subjectButtons = group('timetable.quick_subjects');
    this.teacherButtons = group('timetable.quick_teachers');
  }

  /** For the master room of a school; usual: what was taught from it, the newest first. */
  fill(school, usual, subject) {
    this.usual = usual;
    const all = this.county.people.filter((person) => person.role === 'master_teacher');
    const taught = usual.map((lesson) => all.find((person) => person.id === lesson.teacher)).filter(Boolean);
    this.teachers = [...new Set([...taught, ...all.filter((person) => person.organisation === school)])];
    const offered = subjectOptions(this.county.subjects, subject).map(([name]) => name);
    const names = usual.map((lesson) => lesson.subject).filter((name) => offered.includes(name));
    this.draw(this.subjectButtons, this.lists.subject, [...new Set([...names, ...offered])].slice(0, MAX_SUBJECTS).map((name) => [name, name]));
    this.draw(this.teacherButtons, this.lists.teacher, this.teachers.slice(0, MAX_TEACHERS).map((person) => [person.id, person.name]));
  }

  draw(place, list, options) {
    place.replaceChildren(...options.map(([value, text]) => el('button', {
      type: 'button', class: 'quick', 'data-value': value, onclick: () => {
        list.value = value;
        this.onChosen(list);
      },
    }, text)));
  }

  /** Which of the buttons are what the lists have. */
  mark() {
    for (const [place, list] of [[this.subjectButtons, this.lists.subject], [this.teacherButtons, this.lists.teacher]]) {
      for (const button of place.children) button.setAttribute('aria-pressed', String(button.dataset.value === list.value));
    }
  }

  /** Who taught this subject in the room last, or anything, or one of the school; and who was in a receiving room, 0 for nobody. */
  suggestions(subject) {
    const lessons = [...this.usual.filter((lesson) => lesson.subject === subject), ...this.usual];
    const isThere = (id) => this.teachers.some((person) => person.id === id);
    return {
      teacher: lessons.find((lesson) => isThere(lesson.teacher))?.teacher ?? this.teachers[0]?.id,
      localOf: (room) => lessons.flatMap((lesson) => lesson.receiving).find((each) => each.room === room && each.teacher)?.teacher ?? 0,
    };
  }
}
