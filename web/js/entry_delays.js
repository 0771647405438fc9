/* What a weekly lesson that was moved says of its rooms with other bells: the server works out anew how much later they play it. */

import { t } from './i18n.js';

/** before: the entry as it was; after: as the server has it now. Nothing where all rooms play it as they did. */
export function delayNotes(before, after) {
  const old = new Map(before.receiving.map((place) => [place.room, place.delay_s]));
  return after.receiving.filter((place) => old.has(place.room) && old.get(place.room) !== place.delay_s).map((place) => {
    const room = after.rooms.find((each) => each.id === place.room);
    const values = { room: `${room.school_name} ${room.name}`, minutes: Math.round(place.delay_s / 60), before: Math.round(old.get(place.room) / 60) };
    return t(place.delay_s > 0 ? 'timetable.moved_delay' : 'timetable.moved_at_once', values);
  });
}
