/* A standing clash in words: who or what is needed in two lessons at once. */

import { t } from './i18n.js';
import { clockOf, shortDate, wallClock, weekdayName, weekdayOf } from './timetable_words.js';

/** "冲突：王老师 周三 12/2 白杨教学点第2节 与 石沟教学点第2节（09:15）重叠 35 分钟"; by the clock of a zone. */
export function clashSentence(clash, zone) {
  const [first, second] = clash.lessons;
  return t('timetable.clash', {
    name: clash.name,
    day: weekdayName(weekdayOf(first.day)),
    date: shortDate(first.day),
    first: first.school_name,
    first_period: first.period,
    second: second.school_name,
    second_period: second.period,
    time: clockOf(wallClock(second.start, zone).minute),
    minutes: Math.round((clash.end - clash.start) / 60),
  });
}
