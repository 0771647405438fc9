/* Which rows and columns the week's table has, and where a lesson stands in them: rows are all periods that any day of the week
 * has, for bells may change within it. */

import { addDays, wallClock, weekdayOf } from './timetable_words.js';

/** The bells in force on a day: of the sets that hold the one that began last, and of those the last one. */
export function setOf(bells, day) {
  let found = null;
  for (const set of bells.sets) {
    if (day < set.first_day || day > set.last_day) continue;
    if (!found || set.first_day >= found.first_day) found = set;
  }
  return found;
}

const periodOf = (set, number) => set?.periods.find((period) => period.number === number) ?? null;

function overlap(lesson, period) {
  return Math.min(lesson.end_minute, period.end_minute) - Math.max(lesson.start_minute, period.start_minute);
}

/** The school's own period that has most of a lesson taught elsewhere; without bells that day, the number it has there. */
function ownPeriod(lesson, set) {
  let best = set?.periods[0];
  for (const period of set?.periods ?? []) if (overlap(lesson, period) > overlap(lesson, best)) best = period;
  return best?.number ?? lesson.period;
}

/** How much later the school's rooms play a lesson; each such room may do so differently. */
function delaysHere(lesson, week, school) {
  const here = lesson.receiving.map((room, index) => (week.rooms.get(room)?.school === school.id ? lesson.delays[index] : null));
  const delays = [...new Set(here.filter((delay) => delay !== null))];
  return delays.length > 0 ? delays : [0];
}

/* A lesson that has no time, on a holiday say, stands on its day all the same. */
function placed(lesson, delay, { week, school, sets }) {
  const own = week.rooms.get(lesson.room)?.school === school.id;
  if (!lesson.start) return { ...lesson, own, delay: 0, row: lesson.period };
  const start = wallClock(lesson.start + delay, school.zone);
  const at = { ...lesson, own, delay, start_minute: start.minute, end_minute: start.minute + (lesson.end - lesson.start) / 60 };
  if (own) return { ...at, row: lesson.period };
  return { ...at, day: start.date, row: ownPeriod(at, sets.get(start.date)) };
}

/** week.byMaster: every lesson at the time of whoever teaches it, not at the school's own. */
export function layOut(week, school, bells) {
  const days = [0, 1, 2, 3, 4, 5, 6].map((offset) => addDays(week.first_day, offset));
  const sets = new Map(days.map((day) => [day, setOf(bells, day)]));
  const said = new Map(bells.days.map((day) => [day.day, day]));
  const lessons = week.lessons.flatMap((lesson) => {
    const taught = week.byMaster || week.rooms.get(lesson.room)?.school === school.id;
    return (taught ? [0] : delaysHere(lesson, week, school)).map((delay) => placed(lesson, delay, { week, school, sets }));
  });
  const shown = days.filter((day) => weekdayOf(day) <= 5 || said.get(day)?.held_day || lessons.some((lesson) => lesson.day === day));
  const numbers = new Set([...shown.flatMap((day) => sets.get(day)?.periods.map((period) => period.number) ?? []),
    ...lessons.map((lesson) => lesson.row)]);
  return {
    school,
    days: shown,
    said,
    hasBells: [...sets.values()].some(Boolean),
    numbers: [...numbers].sort((a, b) => a - b),
    period: (day, number) => periodOf(sets.get(day), number),
    lessonsAt: (day, number) => lessons.filter((lesson) => lesson.day === day && lesson.row === number),
  };
}

/** When a period is: [{from, to, period}], days that follow each other with the same time together. */
export function timesOf(layout, number) {
  const times = [];
  for (const day of layout.days) {
    const period = layout.period(day, number);
    const last = times.at(-1);
    if (!period) continue;
    if (last && last.period.start_minute === period.start_minute && last.period.end_minute === period.end_minute) last.to = day;
    else times.push({ from: day, to: day, period });
  }
  return times;
}
