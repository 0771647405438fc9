/* The rooms that receive a weekly lesson: those in it and those that are paired with its master room at once, all others of
 * the county behind a field to search them, so that a dialog is as small with 500 rooms as with five. */

import { choice, localTeachers } from './entry_choices.js';
import { t } from './i18n.js';
import { personLabel } from './person_names.js';
import { QuickChoices } from './quick_choices.js';
import { el } from './timetable_words.js';

const MAX_SHOWN = 8; /* of rooms that are not paired, at once */
const MAX_QUICK = 4; /* local teachers that have buttons */

export class ReceivingRooms {
  /** names: EntryNames. */
  constructor(county, entry, names) {
    this.county = county;
    this.names = names;
    this.isNew = !entry.id;
    this.known = new Map(entry.receiving.map((each) => [each.room, each]));
    this.rows = new Map(); /* by room; kept as long as the dialog: what was ticked stays ticked */
    this.usual = () => 0;
    this.first = el('div');
    this.found = el('div');
    this.count = el('p', { class: 'room-count', role: 'status' });
    this.search = el('input', { type: 'search', id: 'entry-search', autocomplete: 'off', oninput: () => this.find() });
    this.searchField = el('div', { class: 'room-search' }, el('label', { for: 'entry-search' }, t('timetable.search_rooms')), this.search);
    this.search.addEventListener('keydown', (event) => { if (event.key === 'Enter') event.preventDefault(); });
    this.search.addEventListener('change', (event) => event.stopPropagation()); /* it is no part of the lesson */
    this.element = el('fieldset', {}, el('legend', {}, t('timetable.receiving')), this.first, this.searchField, this.found, this.count);
  }

  /** For a master room: its number, and the numbers of those that are paired with it. */
  fill(master, paired) {
    const { rooms } = this.county;
    const isPaired = new Set(paired);
    const possible = rooms.filter((room) => room.use !== 'master' && room.id !== master);
    const ticked = [...this.ticked(), ...(this.rows.size === 0 ? this.known.keys() : [])].filter((id) => id !== master);
    const first = new Set([...ticked, ...possible.map((room) => room.id).filter((id) => isPaired.has(id))]);
    this.rest = possible.filter((room) => !first.has(room.id));
    this.first.replaceChildren(...[...first].map((id) => this.row(id)));
    this.search.value = '';
    this.searchField.hidden = this.rest.length <= MAX_SHOWN;
    this.find();
  }

  ticked() {
    return [...this.element.querySelectorAll('.receiving')].filter((row) => row.box.checked).map((row) => Number(row.dataset.room));
  }

  nameOf(room) {
    return `${this.county.schoolName(room.school)} ${room.name}`;
  }

  /** What was found and ticked goes to those that are in the lesson. */
  find() {
    for (const row of [...this.found.children]) if (row.box.checked) this.first.append(row);
    const words = this.search.value.trim().toLowerCase().split(/\s+/);
    const rest = this.rest.filter((room) => !this.rows.get(room.id)?.box.checked);
    const isSearched = !this.searchField.hidden;
    const fits = isSearched && words[0] === '' ? []
      : rest.filter((room) => words.every((word) => this.nameOf(room).toLowerCase().includes(word)));
    this.found.replaceChildren(...fits.slice(0, MAX_SHOWN).map((room) => this.row(room.id)));
    this.count.textContent = !isSearched ? '' : this.countText(words[0] === '', rest.length, fits.length);
    this.count.hidden = this.count.textContent === '';
  }

  countText(isEmpty, rest, found) {
    if (isEmpty) return t('timetable.rooms_hidden', { count: rest });
    if (found === 0) return t('timetable.rooms_none');
    return found > MAX_SHOWN ? t('timetable.rooms_more', { count: found - MAX_SHOWN }) : '';
  }

  row(id) {
    if (!this.rows.has(id)) this.rows.set(id, this.makeRow(id));
    return this.rows.get(id);
  }

  makeRow(id) {
    const room = this.county.rooms.find((each) => each.id === id);
    const known = this.known.get(id);
    const school = room?.school ?? this.names.rooms.get(id)?.school;
    const name = room ? this.nameOf(room) : this.names.room(id);
    const locals = localTeachers(this.county, school).map((person) => [person.id, personLabel(person, this.county.people)]);
    const box = el('input', { type: 'checkbox', checked: Boolean(known) });
    const teacher = choice([[0, t('timetable.no_local_teacher')], ...locals], known?.teacher ?? 0, known && this.names.person(known.teacher));
    teacher.setAttribute('aria-label', t('timetable.local_teacher_of', { room: name }));
    const quick = new QuickChoices(teacher, t('timetable.quick_local_teachers', { room: name }), t('timetable.find_local_teacher', { room: name }),
      () => teacher.dispatchEvent(new Event('change', { bubbles: true })));
    if (locals.length > 1) quick.draw(locals.slice(0, MAX_QUICK));
    teacher.addEventListener('change', () => {
      row.isChosen = true;
      quick.mark();
    });
    const row = el('div', { class: 'receiving', 'data-room': id }, el('label', {}, box, name), quick.element, teacher);
    Object.assign(row, { box, teacher, quick, live: known?.live ?? false, delay: known?.delay_s ?? 0, onlyLocal: locals.length === 1 ? locals[0][0] : 0 });
    row.isChosen = known !== undefined && (!this.isNew || known.teacher !== 0);
    this.suggestTeacher(row);
    return row;
  }

  /** usual: who taught with a room last, 0 for nobody. It is suggested where nobody chose. */
  suggest(usual) {
    this.usual = usual;
    for (const row of this.rows.values()) this.suggestTeacher(row);
  }

  suggestTeacher(row) {
    if (row.isChosen) return;
    const usual = this.usual(Number(row.dataset.room));
    const isThere = [...row.teacher.options].some((option) => Number(option.value) === usual);
    row.teacher.value = isThere && usual ? usual : row.onlyLocal;
    row.quick.mark();
  }

  values() {
    return this.ticked().map((id) => {
      const row = this.rows.get(id);
      return { room: id, teacher: Number(row.teacher.value), live: row.live, delay_s: row.live ? 0 : row.delay };
    });
  }

  /** Books rooms by the lesson's own bell. */
  bookLive(rooms) {
    for (const room of rooms) this.rows.get(room).live = true;
  }

  /** How rooms with other bells take part. One plays the lesson later, if that makes it fit; in a lesson that stands as it did
   * (isAsIs) that is only offered. onChange: somebody took an offer. */
  showOffers(offers, isAsIs, onChange) {
    for (const old of this.element.querySelectorAll('.offer')) old.remove();
    for (const offer of offers) {
      const row = this.rows.get(offer.room);
      if (row) this.showOffer(row, offer, isAsIs && this.known.has(offer.room), onChange);
    }
  }

  showOffer(row, offer, isAsIs, onChange) {
    const press = (text, change) => el('button', { type: 'button', onclick: () => { change(); onChange(); } }, text);
    if (row.live) {
      row.append(el('p', { class: 'offer' }, t('timetable.booked_live'), ' ', press(t('timetable.by_own_bells'), () => {
        row.live = false;
        row.isReset = true;
      })));
      return;
    }
    const delay = offer.period === null ? 0 : offer.delay_s;
    const words = { period: offer.period, delay: Math.round(delay / 60), minutes: Math.round(offer.overlap_s / 60) };
    if (isAsIs && !row.isReset && delay !== row.delay) {
      const now = t('timetable.offer_other', { ...words, now: Math.round(row.delay / 60) });
      row.append(el('p', { class: 'offer' }, now, ' ', press(t('timetable.take_offer'), () => { row.isReset = true; })));
      return;
    }
    row.delay = delay;
    if (offer.period !== null && offer.whole && delay === 0) return;
    row.append(el('p', { class: 'offer' }, offer.period === null ? t('timetable.no_overlap')
      : t(delay > 0 ? 'timetable.offer_delay' : 'timetable.offer_part', words)));
  }
}
