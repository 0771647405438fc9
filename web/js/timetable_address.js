/* What the timetable shows, kept in its address (#school=3&week=2026-11-23), so that reload, back and links lead there. */

const NUMBERS = ['school', 'teacher', 'pairing'];

/** {school, teacher, pairing, week, view}: what the address says of them; without a view it is the school's. */
export function readAddress() {
  const said = new URLSearchParams(location.hash.slice(1));
  const choice = {};
  for (const name of NUMBERS) {
    const number = Number(said.get(name));
    if (Number.isInteger(number) && number > 0) choice[name] = number;
  }
  if (/^\d{4}-\d\d-\d\d$/.test(said.get('week') ?? '') && !Number.isNaN(Date.parse(said.get('week')))) choice.week = said.get('week');
  if (['teacher', 'pairing'].includes(said.get('view'))) choice.view = said.get('view');
  return choice;
}

/** A step of the browser's history, unless it is the same choice. */
export function writeAddress(choice) {
  const said = new URLSearchParams(Object.entries(choice).filter(([, value]) => value));
  const hash = `#${said}`;
  if (hash !== location.hash) history.pushState(null, '', hash);
}
