/* The week's standing clashes below its grid, each with what resolves it: another place that is free for the weekly lesson, in
 * one press, another teacher or room for the one lesson, in two; or a reason to leave it as it is. A room whose bells do not fit
 * takes part live in one press. */

import { changeEntry, checkEntry, entryOf, heedClash, ignoreClash } from './api.js';
import { clashSentence } from './clash_words.js';
import { delayNotes } from './entry_delays.js';
import { openForm } from './form_dialog.js';
import { t } from './i18n.js';
import { el, weekdayName } from './timetable_words.js';

const MAX_LOOKED_AT = 6; /* each asks the server for free places */

/** The ids of all lessons that clash, and are not meant to. */
export const clashingLessons = (clashes) => new Set(clashes.filter((clash) => !clash.ignored)
  .flatMap((clash) => clash.lessons.map((lesson) => lesson.id)));

const isOver = (clash) => clash.end * 1000 <= Date.now();

/** What the API calls it. */
const nameOf = (clash) => ({ kind: clash.kind, id: clash.id, lessons: clash.lessons.map((lesson) => lesson.id) });

/** on: {mayChange, moved(text), failed(error, entry, isMoved), openOnce(lesson, clash)}. The panel, and the list of what is ignored: none,
 * one or both. */
export function clashPanels(clashes, zone, on) {
  const ignored = clashes.filter((clash) => clash.ignored);
  return [openPanel(clashes.filter((clash) => !clash.ignored), zone, on), ignoredPanel(ignored, zone, on)].filter(Boolean);
}

function openPanel(clashes, zone, on) {
  if (clashes.length === 0) return null;
  const items = clashes.map((clash) => clashItem(clash, zone, on));
  if (on.mayChange) {
    const open = clashes.map((clash, index) => [clash, items[index]]).filter(([clash]) => !isOver(clash));
    for (const [clash, item] of open.slice(0, MAX_LOOKED_AT)) offerPlaces(clash, item.querySelector('.places'), on);
  }
  return el('section', { class: 'clash-panel', 'aria-labelledby': 'clash-title' },
    el('h2', { id: 'clash-title' }, `⚠ ${t('timetable.clash_title', { count: clashes.length })}`), el('ul', {}, ...items));
}

function clashItem(clash, zone, on) {
  const item = el('li', {}, el('p', {}, clashSentence(clash, zone)));
  if (isOver(clash)) item.append(el('p', { class: 'hint' }, t('timetable.clash_over')));
  else if (on.mayChange) {
    item.append(el('div', { class: 'repairs' }, el('span', { class: 'places' }), ...(clash.kind === 'bells' ? [liveRepair(clash, on)]
      : [...teacherRepairs(clash, on), el('button', { type: 'button', class: 'ignore', onclick: () => ignore(clash, zone, on) }, t('timetable.clash_ignore'))])));
  }
  return item;
}

async function ignore(clash, zone, on) {
  const done = await openForm({
    title: t('timetable.clash_ignore_title'),
    fields: [{ name: 'reason', label: t('timetable.clash_ignore_reason', { clash: clashSentence(clash, zone) }), max: 40 }],
    submit: t('timetable.clash_ignore_submit'),
    save: ({ reason }) => ignoreClash({ ...nameOf(clash), reason: reason.trim() }),
  });
  if (done) await on.moved(t('timetable.clash_ignored'));
}

/** Folded: somebody decided about them. */
function ignoredPanel(clashes, zone, on) {
  if (clashes.length === 0) return null;
  const heed = (clash) => el('button', {
    type: 'button', class: 'heed', onclick: () => heedClash(nameOf(clash)).then(() => on.moved(t('timetable.clash_heeded')), (error) => on.failed(error)),
  }, t('timetable.clash_heed'));
  return el('details', { class: 'ignored-clashes' },
    el('summary', {}, t('timetable.clash_ignored_title', { count: clashes.length })),
    el('ul', {}, ...clashes.map((clash) => el('li', {}, el('p', {}, clashSentence(clash, zone)),
      el('p', { class: 'hint' }, t('timetable.clash_ignored_by', { name: clash.ignored.by, reason: clash.ignored.reason })),
      ...(on.mayChange ? [el('div', { class: 'repairs' }, heed(clash))] : [])))));
}

function teacherRepairs(clash, on) {
  return clash.lessons.filter((lesson) => lesson.in_scope).map((lesson) => el('button', {
    type: 'button', class: 'once', onclick: () => on.openOnce(lesson, clash),
  }, t(`timetable.clash_other_${clash.kind}`, { subject: lesson.subject, school: lesson.school_name })));
}

/** The room goes by the lesson's own bell, every week. */
function liveRepair(clash, on) {
  const button = el('button', { type: 'button', class: 'live' }, t('timetable.clash_live'));
  button.addEventListener('click', async () => {
    let live = null;
    button.disabled = true;
    try {
      const entry = await entryOf(clash.lessons[0].entry);
      live = { ...entry, receiving: entry.receiving.map((place) => (place.room === clash.id ? { ...place, live: true, delay_s: 0 } : place)) };
      await changeEntry(live);
      await on.moved(t('timetable.clash_lives', { name: clash.name }));
    } catch (error) {
      button.disabled = false;
      on.failed(error, live);
    }
  });
  return button;
}

/** The nearest free place of each of the two lessons that may be moved. */
async function offerPlaces(clash, places, on) {
  for (const lesson of clash.lessons.filter((each) => each.in_scope)) {
    try {
      const entry = await entryOf(lesson.entry);
      const { suggestions } = await checkEntry(entry);
      if (suggestions.length > 0) places.append(moveButton(lesson, entry, suggestions[0], on));
    } catch { /* the lesson is not one's own to move: the other ways are left */ }
  }
}

function moveButton(lesson, entry, slot, on) {
  const words = { subject: lesson.subject, school: lesson.school_name, day: weekdayName(slot.weekday), period: slot.period };
  const button = el('button', { type: 'button', class: 'move' }, t('timetable.clash_move', words));
  button.addEventListener('click', async () => {
    button.disabled = true;
    const moved = { ...entry, weekday: slot.weekday, period: slot.period };
    try {
      const saved = await changeEntry(moved);
      await on.moved([t('timetable.clash_moved', words), ...delayNotes(entry, saved)].join(t('timetable.also')));
    } catch (error) {
      button.disabled = false;
      on.failed(error, moved, true);
    }
  });
  return button;
}
