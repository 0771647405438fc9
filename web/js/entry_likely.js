/* What a lesson from a room is likely to be: buttons for the subjects and teachers that are usual there, one press where a list
 * takes two, and who a new lesson begins with. */

import { subjectOptions } from './catalogue.js';
import { t } from './i18n.js';
import { personLabel } from './person_names.js';
import { QuickChoices } from './quick_choices.js';

const MAX_SUBJECTS = 8;
const MAX_TEACHERS = 6;

export class LikelyChoices {
  /** lists: {subject, teacher}, selects; onChosen(list): a button chose in it. */
  constructor(county, lists, onChosen) {
    this.county = county;
    this.usual = [];
    this.teachers = []; /* people, the likely first */
    this.subjects = new QuickChoices(lists.subject, t('timetable.quick_subjects'), t('timetable.find_subject'), onChosen);
    this.masters = new QuickChoices(lists.teacher, t('timetable.quick_teachers'), t('timetable.find_teacher'), onChosen);
  }

  /** For the master room of a school; usual: what was taught from it, the newest first. */
  fill(school, usual, subject) {
    this.usual = usual;
    const all = this.county.people.filter((person) => person.role === 'master_teacher');
    const taught = usual.map((lesson) => all.find((person) => person.id === lesson.teacher)).filter(Boolean);
    this.teachers = [...new Set([...taught, ...all.filter((person) => person.organisation === school)])];
    const offered = subjectOptions(this.county.subjects, subject).map(([name]) => name);
    const names = usual.map((lesson) => lesson.subject).filter((name) => offered.includes(name));
    this.subjects.draw([...new Set([...names, ...offered])].slice(0, MAX_SUBJECTS).map((name) => [name, name]));
    this.masters.draw(this.teachers.slice(0, MAX_TEACHERS).map((person) => [person.id, personLabel(person, this.county.people)]));
  }

  /** Which of the buttons are what the lists have. */
  mark() {
    this.subjects.mark();
    this.masters.mark();
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
