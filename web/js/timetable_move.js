/* Where else a weekly lesson could stand (移动到…): the places of the week, each a press away. What dragging does, without. */

import { t } from './i18n.js';
import { rove } from './roving.js';
import { el, weekdayName, weekdayOf } from './timetable_words.js';

const dialog = document.getElementById('move');

const nameOf = (day, number) => t('timetable.place', { day: weekdayName(weekdayOf(day)), period: number });

function placeCell(layout, lesson, day, number, move) {
  const there = layout.lessonsAt(day, number);
  const here = there.some((each) => each.id === lesson.id);
  if (!layout.period(day, number)) return el('td', { class: 'no-period' });
  const subjects = there.map((each) => each.subject).join(t('timetable.and'));
  const place = nameOf(day, number);
  const taken = subjects ? t('timetable.place_taken', { place, subjects }) : place;
  return el('td', {}, el('button', {
    type: 'button', class: 'cell', tabindex: '-1', disabled: here,
    'aria-label': here ? t('timetable.place_now', { place }) : taken,
    onclick: () => {
      dialog.close();
      move(weekdayOf(day), number);
    },
  }, here ? t('timetable.place_here') : subjects || '·'));
}

/** layout: of timetable_rows.js. move(weekday, period) is called with what was chosen. */
export function openMove(layout, lesson, move) {
  const head = el('tr', {}, el('th', { scope: 'col' }, t('timetable.period')),
    ...layout.days.map((day) => el('th', { scope: 'col' }, weekdayName(weekdayOf(day)))));
  const rows = layout.numbers.map((number) => el('tr', {}, el('th', { scope: 'row' }, String(number)),
    ...layout.days.map((day) => placeCell(layout, lesson, day, number, move))));
  const table = el('table', { class: 'grid places-table', 'aria-labelledby': 'move-title' }, el('thead', {}, head), el('tbody', {}, ...rows));
  rove(table);
  dialog.replaceChildren(
    el('h1', { id: 'move-title' }, t('timetable.move_lesson', { subject: lesson.subject, place: nameOf(lesson.day, lesson.row) })),
    el('p', { class: 'hint' }, t('timetable.move_hint')),
    el('div', { class: 'grid-frame' }, table),
    el('div', { class: 'buttons' }, el('button', { type: 'button', onclick: () => dialog.close() }, t('timetable.cancel'))));
  dialog.showModal();
  table.querySelector('[tabindex="0"]')?.focus();
}
