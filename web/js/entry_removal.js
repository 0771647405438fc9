/* A weekly lesson is a term of lessons: before it goes it is said which of them go. */

import { entryOf, removeEntry } from './api.js';
import { openForm } from './form_dialog.js';
import { t } from './i18n.js';
import { shortDate, weekdayName } from './timetable_words.js';

/* Of the lesson as it stands: the dialog may have it somewhere else already. */
async function whatGoes(id) {
  const entry = await entryOf(id);
  const { lessons, first_day: first, last_day: last } = entry.coming;
  if (lessons === 0) return t('timetable.remove_none');
  return t('timetable.remove_note', {
    day: weekdayName(entry.weekday), period: entry.period, weeks: t(`timetable.weeks_${entry.weeks}`), count: lessons,
    first: shortDate(first), last: shortDate(last),
  });
}

/** Whether it was removed. */
export async function askToRemove(entry) {
  return Boolean(await openForm({
    title: t('timetable.remove_title', { subject: entry.subject }), submit: t('timetable.remove'), fields: [],
    note: () => whatGoes(entry.id),
    save: async () => {
      await removeEntry(entry.id, entry.version);
      return true;
    },
  }));
}
