/* The week as a table: a row for each period of the school, a column for each day. Arrow keys move between cells, and
 * lessons can be dragged to another one; everything that dragging does the dialog's "move to" does too. */

import { t } from './i18n.js';
import { addDays, clockOf, el, shortDate, wallClock, weekdayName, weekdayOf } from './timetable_words.js';

/** The bells in force on a day: of the sets that hold the one that began last, and of those the last one. */
export function setOf(bells, day) {
  let found = null;
  for (const set of bells.sets) {
    if (day < set.first_day || day > set.last_day) continue;
    if (!found || set.first_day >= found.first_day) found = set;
  }
  return found;
}

function overlap(lesson, period) {
  return Math.min(lesson.end_minute, period.end_minute) - Math.max(lesson.start_minute, period.start_minute);
}

/** Of a lesson taught elsewhere: the school's own period that has most of it. */
function rowOf(lesson, periods) {
  if (lesson.own) return lesson.period;
  let best = periods[0];
  for (const period of periods) if (overlap(lesson, period) > overlap(lesson, best)) best = period;
  return best?.number;
}

function placeLessons(week, school, periods) {
  const cells = new Map();
  for (const lesson of week.lessons) {
    const start = wallClock(lesson.start, school.zone);
    const placed = { ...lesson, own: week.rooms.get(lesson.room)?.school === school.id, start_minute: start.minute };
    placed.end_minute = start.minute + (lesson.end - lesson.start) / 60;
    const key = `${placed.own ? lesson.day : start.date} ${rowOf(placed, periods)}`;
    cells.set(key, [...(cells.get(key) ?? []), placed]);
  }
  return cells;
}

function lessonButton(lesson, week, on) {
  const teacher = week.people.get(lesson.teacher)?.name ?? '';
  const rooms = lesson.own ? lesson.receiving.map((id) => week.rooms.get(id)) : [week.rooms.get(lesson.room)];
  const where = rooms.map((room) => (room ? week.schoolName(room.school) : t('timetable.elsewhere'))).join('、');
  const time = `${clockOf(lesson.start_minute)}–${clockOf(lesson.end_minute)}`;
  const clashes = week.clashing?.has(lesson.id);
  const button = el('button', {
    type: 'button', class: `lesson ${lesson.own ? '' : 'received'} ${lesson.state} ${lesson.substituted ? 'substituted' : ''} ${clashes ? 'clashes' : ''}`, draggable: lesson.own ? 'true' : false,
    'data-entry': lesson.entry, tabindex: '-1', onclick: () => on.open(lesson),
  }, el('strong', {}, ...(clashes ? [el('span', { class: 'clash-mark', role: 'img', 'aria-label': t('timetable.clash_mark') }, '⚠')] : []), `${lesson.subject}/${teacher}`, lesson.substituted ? el('em', {}, t('timetable.once_mark')) : ''),
  el('small', {}, (lesson.own ? '→ ' : '← ') + (where || t('timetable.no_receiving'))),
  el('small', { class: 'where' }, time + (lesson.state === 'scheduled' ? '' : ` · ${t(`timetable.state_${lesson.state}`)}`) + (lesson.reason ? ` · ${lesson.reason}` : '')));
  button.addEventListener('dragstart', (event) => {
    event.dataTransfer.setData('text/plain', JSON.stringify({ entry: lesson.entry }));
    event.dataTransfer.effectAllowed = 'move';
  });
  return button;
}

function acceptDrops(cell, day, period, on) {
  cell.addEventListener('dragover', (event) => {
    event.preventDefault();
    cell.classList.add('over');
  });
  cell.addEventListener('dragleave', () => cell.classList.remove('over'));
  cell.addEventListener('drop', (event) => {
    event.preventDefault();
    cell.classList.remove('over');
    try {
      const { entry, pairing } = JSON.parse(event.dataTransfer.getData('text/plain'));
      if (Number.isInteger(entry)) on.move(entry, weekdayOf(day), period);
      if (Number.isInteger(pairing)) on.place(pairing, weekdayOf(day), period);
    } catch { /* something else was dropped */ }
  });
}

function cellOf(lessons, day, period, holiday, week, on) {
  const cell = el('td', { class: holiday ? 'holiday' : '' }, ...lessons.map((lesson) => lessonButton(lesson, week, on)));
  if (lessons.length === 0 && on.mayAdd) {
    cell.append(el('button', {
      type: 'button', class: 'cell', tabindex: '-1', onclick: () => on.add(weekdayOf(day), period.number),
      'aria-label': t('timetable.add_at', { day: weekdayName(weekdayOf(day)), period: period.number }),
    }, '＋'));
  }
  if (on.mayAdd) acceptDrops(cell, day, period.number, on);
  return cell;
}

/* One cell of the table is in the order of the Tab key; arrows go to the others. */
function rove(table) {
  const rows = () => [...table.tBodies[0].rows].map((row) => [...row.cells].slice(1));
  const focusable = (cell) => cell?.querySelector('button');
  const first = rows().flat().map(focusable).find(Boolean);
  if (first) first.tabIndex = 0;
  table.addEventListener('focusin', (event) => {
    for (const other of table.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
    event.target.tabIndex = 0;
  });
  table.addEventListener('keydown', (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    const grid = rows();
    let row = grid.findIndex((cells) => cells.some((cell) => cell.contains(event.target)));
    let column = grid[row]?.findIndex((cell) => cell.contains(event.target)) ?? -1;
    do {
      row += step[0];
      column += step[1];
    } while (grid[row]?.[column] && !focusable(grid[row][column]));
    focusable(grid[row]?.[column])?.focus();
    event.preventDefault();
  });
}

/**
 * week: {first_day, lessons, rooms, people, schoolName}; on: {open, add, move, place, mayAdd}. Returns the table, or null when
 * the school has no bells in that week.
 */
export function weekTable(week, school, bells, today, on) {
  const days = [0, 1, 2, 3, 4, 5, 6].map((offset) => addDays(week.first_day, offset));
  const periods = setOf(bells, days[0])?.periods ?? days.map((day) => setOf(bells, day)).find(Boolean)?.periods;
  if (!periods) return null;
  const cells = placeLessons(week, school, periods);
  const said = new Map(bells.days.map((day) => [day.day, day]));
  const shown = days.filter((day) => weekdayOf(day) <= 5 || said.get(day)?.held_day
    || periods.some((period) => cells.has(`${day} ${period.number}`)));
  const head = el('tr', {}, el('th', { scope: 'col' }, t('timetable.period')), ...shown.map((day) => {
    const special = said.get(day);
    const note = special?.holiday ? t('timetable.holiday') : special && special.held_day !== day
      ? t('timetable.held', { day: shortDate(special.held_day) }) : '';
    return el('th', { scope: 'col', class: day === today ? 'today' : '' },
      weekdayName(weekdayOf(day)), el('small', {}, `${shortDate(day)} ${note}`));
  }));
  const rows = periods.map((period) => el('tr', {},
    el('th', { scope: 'row' }, String(period.number),
      el('small', {}, `${clockOf(period.start_minute)}–${clockOf(period.end_minute)}`)),
    ...shown.map((day) => cellOf(cells.get(`${day} ${period.number}`) ?? [], day, period, said.get(day)?.holiday, week, on))));
  const table = el('table', { class: 'grid', 'aria-label': t('timetable.title') }, el('thead', {}, head), el('tbody', {}, ...rows));
  rove(table);
  return table;
}
