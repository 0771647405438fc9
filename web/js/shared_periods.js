/* Two schools' bells side by side: how many periods a receiving room can hold whole, and which comes nearest where none
 * is. A room may play up to ten minutes later than live, never earlier (docs/timetable.md, "Other bells"). Pure. */

const MAX_DELAY_MIN = 10;

function meet(taught, own) {
  const delay = Math.min(MAX_DELAY_MIN, Math.max(0, own.start_minute - taught.start_minute));
  const overlap = Math.min(taught.end_minute + delay, own.end_minute) - Math.max(taught.start_minute + delay, own.start_minute);
  return { taught, own, delay, overlap, whole: overlap === taught.end_minute - taught.start_minute };
}

/**
 * taught, own: the periods of the school that teaches and of the one that receives. Returns {whole: how many of taught fit
 * whole, nearest: {taught, own, delay, overlap} or null when nothing overlaps}; minutes.
 */
export function sharedPeriods(taught, own) {
  const best = taught.map((period) => own.map((other) => meet(period, other))
    .reduce((found, each) => (!found || each.overlap > found.overlap ? each : found), null)).filter((each) => each?.overlap > 0);
  const nearest = best.reduce((found, each) => (!found || each.overlap > found.overlap ? each : found), null);
  return { whole: best.filter((each) => each.whole).length, nearest };
}
