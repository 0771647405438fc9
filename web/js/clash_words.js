/* A standing clash in words: who or what is needed in two lessons at once, or whose bells leave too little of one. */

import { t } from './i18n.js';
import { clockOf, shortDate, wallClock, weekdayName, weekdayOf } from './timetable_words.js';

/** "石沟教学点 三年级教室 周三 12/2 铃声不合：白杨教学点第2节（09:15）只有 15 分钟在该教室的第2节内". */
function bellsSentence(clash, zone) {
  const [lesson] = clash.lessons;
  return t(clash.period === null ? 'timetable.clash_bells_none' : 'timetable.clash_bells', {
    name: clash.name,
    day: weekdayName(weekdayOf(lesson.day)),
    date: shortDate(lesson.day),
    school: lesson.school_name,
    lesson_period: lesson.period,
    time: clockOf(wallClock(lesson.start, zone).minute),
    minutes: Math.round(clash.overlap_s / 60),
    period: clash.period,
  });
}

/** "冲突：王老师 周三 12/2 白杨教学点第2节 与 石沟教学点第2节（09:15）重叠 35 分钟"; by the clock of a zone. */
export function clashSentence(clash, zone) {
  if (clash.kind === 'bells') return bellsSentence(clash, zone);
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
