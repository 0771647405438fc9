/* Where the lesson stands, as the bars of the watch and publish pages say it: waiting for the bell, live, ended. */

import { t } from './i18n.js';
import { LessonSocket } from './lesson_socket.js';

/** "08:30" by the school's zone; by this machine's for a lesson that has none. */
function clockOf(ms, zone) {
  return new Intl.DateTimeFormat('zh-CN', {
    hour: '2-digit', minute: '2-digit', hour12: false, timeZone: zone || undefined,
  }).format(new Date(ms));
}

/** {id, values, mark}: what to say of a lesson at that moment; null for one without a bell. */
function lessonWords(lesson, nowMs, late) {
  if (!lesson || lesson.state === 'cancelled') return lesson && { id: 'lesson.cancelled', values: {}, mark: '✕' };
  if (lesson.starts === null) return null;
  if (lesson.state === 'live') return { id: 'lesson.live', values: { time: clockOf(lesson.ends * 1000, lesson.zone) }, mark: '●' };
  if (lesson.state === 'ended' || lesson.state === 'archived') return { id: 'lesson.ended', values: {}, mark: '■' };
  if (nowMs < lesson.starts * 1000) return { id: 'lesson.waiting_bell', values: { time: clockOf(lesson.starts * 1000, lesson.zone) }, mark: '○' };
  return { id: late ? 'lesson.master_late' : 'lesson.waiting_others', values: {}, mark: late ? '▲' : '○' };
}

/** Joins the lesson and keeps element and clock up to date; gives {socket, show, zone()}. */
export function followLesson(lessonId, element, clock) {
  let lesson = null;
  let late = false;
  const socket = new LessonSocket(lessonId, {
    onLesson: (told) => {
      lesson = told;
      late = told.late;
      show();
    },
    onEvent: (event) => {
      if (event.type === 'alert' && event.alert === 'master_late') late = true;
      show();
    },
  });
  function show() {
    const nowMs = socket.nowMs(); /* once: words and clock are of one moment */
    const words = lessonWords(lesson, nowMs, late);
    const text = words ? `${words.mark} ${t(words.id, words.values)}` : '';
    element.hidden = !words;
    element.dataset.state = lesson?.state ?? '';
    if (element.textContent !== text) element.textContent = text; /* a status that is said again is read again */
    clock.textContent = clockOf(nowMs, lesson?.zone);
  }
  socket.start();
  setInterval(show, 1000);
  window.addEventListener('pagehide', () => socket.close());
  show();
  return { socket, show, zone: () => lesson?.zone || undefined };
}
