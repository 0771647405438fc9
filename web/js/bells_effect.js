/* What a change of bells does to lessons, in words. */

import { clashSentence } from './clash_words.js';
import { t } from './i18n.js';
import { clockOf, el, shortDate, wallClock } from './timetable_words.js';

const KINDS = ['moved', 'lost', 'substitutions', 'found', 'kept', 'clashes'];
const MAX_CLASHES = 6;

/** "3 节课改时间，…", or that nothing moves. */
export function effectLine(effect) {
  const parts = KINDS.filter((kind) => effect[kind] > 0).map((kind) => t(`bells.effect_${kind}`, { count: effect[kind] }));
  return parts.length > 0 ? parts.join(t('bells.and')) : t('bells.effect_none');
}

function timeOf(span, zone) {
  if (!span) return t('bells.no_time');
  return `${clockOf(wallClock(span.starts, zone).minute)}–${clockOf(wallClock(span.ends, zone).minute)}`;
}

/** What clashes afterwards, before anybody has confirmed it. */
function clashNote(effect, organisations) {
  const zoneOf = (clash) => organisations.find((each) => each.id === clash.lessons[0].school)?.zone ?? organisations[0]?.zone ?? 'UTC';
  const lines = effect.clashing.slice(0, MAX_CLASHES).map((clash) => el('li', {}, clashSentence(clash, zoneOf(clash))));
  if (effect.clashes > lines.length) lines.push(el('li', {}, t('bells.clashes_more', { count: effect.clashes - lines.length })));
  return el('div', { class: 'clash-note' }, el('p', {}, `⚠ ${t('bells.clash_warning', { count: effect.clashes })}`), el('ul', {}, ...lines));
}

/** organisations: to say whose lesson it is, and by whose clock. */
export function effectPanel(effect, organisations) {
  const lines = effect.lessons.slice(0, 6).map((lesson) => {
    const school = organisations.find((each) => each.id === lesson.school);
    const zone = school?.zone ?? 'UTC';
    return el('li', {}, t('bells.effect_lesson', {
      date: shortDate(lesson.day), school: school?.name ?? '', subject: lesson.subject, period: lesson.period,
      from: timeOf(lesson.from, zone), to: timeOf(lesson.to, zone),
    }));
  });
  const all = effect.moved + effect.lost + effect.found;
  if (all > lines.length) lines.push(el('li', {}, t('bells.effect_more', { count: all - lines.length })));
  return el('div', { class: `effect ${effect.lost > 0 || effect.clashes > 0 ? 'lost' : ''}`, role: 'status' },
    el('p', {}, effectLine(effect)), ...(effect.clashes > 0 ? [clashNote(effect, organisations)] : []),
    ...(lines.length > 0 ? [el('ul', {}, ...lines)] : []));
}
