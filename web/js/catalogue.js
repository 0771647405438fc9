/* Subjects and grades as lists to choose from: what is offered, and what stands there already though it is retired. */

import { t } from './i18n.js';

export const gradeName = (number) => t(`timetable.grade_${number}`);

export const subjectOptions = (subjects, known) => subjects
  .filter((subject) => !subject.retired || subject.name === known).map((subject) => [subject.name, subject.name]);

export const gradeOptions = (grades, known) => grades
  .filter((grade) => !grade.retired || grade.number === known).map((grade) => [grade.number, gradeName(grade.number)]);
