/* Which school the timetable shows when its address names none: the one that was looked at last in this browser, else one where
 * there is something to see. */

import { firstSchoolOf } from './api.js';
import { mondayOf, wallClock } from './timetable_words.js';

const STORAGE_KEY = 'duet-timetable-school';

function lastSchool() {
  try {
    return Number(localStorage.getItem(STORAGE_KEY));
  } catch { /* storage may be blocked */
    return 0;
  }
}

export function rememberSchool(id) {
  try { localStorage.setItem(STORAGE_KEY, String(id)); } catch { /* this page alone knows it */ }
}

/** Of organisations, as the server lists them; day: of the week that is opened, or undefined for the present one. */
export async function openingSchool(organisations, day) {
  const schools = organisations.filter((each) => each.kind === 'school');
  const find = (id) => schools.find((school) => school.id === id);
  const last = find(lastSchool());
  if (last || schools.length === 1) return last ?? schools[0];
  const tops = organisations.filter((each) => !organisations.some((other) => other.id === each.parent));
  for (const top of tops) {
    const monday = mondayOf(day ?? wallClock(Date.now() / 1000, top.zone).date);
    const found = find(await firstSchoolOf(top.id, monday).catch(() => null)); /* a help, no more */
    if (found) return found;
  }
  return schools[0];
}
