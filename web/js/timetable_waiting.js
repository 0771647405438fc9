/* What is not placed yet (待排): the pairings of one subject that have no weekly lesson. A press, or a drop on a free place,
 * opens the dialog of a new lesson with what the pairing says. */

import { t } from './i18n.js';
import { el } from './timetable_words.js';

/** Those of a term in which the school teaches or receives. */
export function waitingPairings(county, school) {
  const isOwn = (id) => county.rooms.some((room) => room.id === id && room.school === school.id);
  return county.pairings.filter((pairing) => pairing.term === county.term?.id && pairing.state === 'active' && pairing.subject
    && !pairing.placed && (isOwn(pairing.master_room) || isOwn(pairing.receiving_room)));
}

/** on: {mayAdd, place(pairing)}. Null when nothing waits. */
export function waitingList(pairings, county, on) {
  if (pairings.length === 0) return null;
  const room = (id) => county.roomName(id) || t('timetable.elsewhere');
  const items = pairings.map((pairing) => {
    const mayPlace = on.mayAdd && county.rooms.some((each) => each.id === pairing.master_room);
    const item = el(mayPlace ? 'button' : 'div', {
      type: mayPlace && 'button', class: 'waiting-item', draggable: mayPlace ? 'true' : false, onclick: mayPlace ? () => on.place(pairing) : null,
    }, el('strong', {}, pairing.subject), el('small', {}, `${room(pairing.master_room)} → ${room(pairing.receiving_room)}`));
    item.addEventListener('dragstart', (event) => {
      event.dataTransfer.setData('text/plain', JSON.stringify({ pairing: pairing.id }));
      event.dataTransfer.effectAllowed = 'move';
    });
    return el('li', {}, item);
  });
  return el('aside', { class: 'waiting', 'aria-labelledby': 'waiting-title' },
    el('h2', { id: 'waiting-title' }, t('timetable.waiting', { count: pairings.length })), el('ul', {}, ...items));
}
