/* Log in and choose a lesson. */

import { isFirstStart, login, redeemTicketFromLink, whoAmI } from './api.js';
import { icon, pagesOf, pageUrl, showPerson, startBar } from './console.js';
import { t, useLanguageOf } from './i18n.js';
import { timeOfDay } from './page_state.js';
import { reason } from './refusals.js';
import { el } from './timetable_words.js';
import { nextPage } from './way_back.js';

const byId = (id) => document.getElementById(id);
let person = null;

const isTeacher = ({ role }) => /_teacher$/.test(role);

function showOnly(id) {
  for (const other of ['login', 'lessons', 'loading', 'offline']) byId(other).hidden = other !== id;
}

function lessonItem(lesson) {
  const item = document.createElement('li');
  const title = document.createElement('span');
  title.className = 'lesson-title';
  const time = (seconds) => timeOfDay(new Date(seconds * 1000), lesson.zone);
  title.textContent = lesson.start ? `${time(lesson.start)}–${time(lesson.end)} ${lesson.title}` : lesson.title;
  item.append(title);
  const pages = person.role === 'local_teacher' || person.role === 'inspector'
    ? [['watch', 'primary']] : [['publish', 'primary'], ['watch', '']];
  for (const [page, className] of pages) {
    const link = document.createElement('a');
    link.className = `button ${className}`;
    link.href = `/${page}.html?lesson=${encodeURIComponent(lesson.id)}`;
    link.textContent = t(`home.${page}`);
    item.append(link);
  }
  return item;
}

function tile(page) {
  return el('li', {}, el('a', { class: 'tile', href: pageUrl(page) }, icon(page.name),
    el('strong', {}, t(`console.${page.name}`)), el('small', {}, t(`console.${page.name}_hint`))));
}

function showLessons() {
  byId('greeting').textContent = t('home.greeting', { name: person.name });
  byId('lesson-list').replaceChildren(...person.lessons.map(lessonItem));
  const pages = pagesOf(person);
  byId('tiles').replaceChildren(...pages.map(tile));
  byId('tiles').hidden = pages.length === 0;
  byId('lesson-list').hidden = person.lessons.length === 0;
  byId('my-week').hidden = !isTeacher(person);
  byId('no-lessons').hidden = pages.length > 0 || person.lessons.length > 0;
  showOnly('lessons');
}

async function refresh() {
  showOnly('loading');
  try {
    await redeemTicketFromLink();
    const whoever = await whoAmI();
    await useLanguageOf(whoever);
    person = whoever;
  } catch {
    showOnly('offline');
    return;
  }
  showPerson(person);
  if (person?.must_change) {
    const next = nextPage();
    location.replace(`/profile.html${next ? `?next=${encodeURIComponent(next)}` : ''}`);
  } else if (person) {
    showLessons();
  } else {
    showOnly('login');
    byId('name').focus();
    byId('first').hidden = !await isFirstStart().catch(() => false);
  }
}

/* A page that was left open since yesterday shows the lessons of today when somebody comes back to it. */
async function lookAgain() {
  if (document.hidden || byId('lessons').hidden) return;
  const before = JSON.stringify(person);
  const whoever = await whoAmI().catch(() => person);
  if (JSON.stringify(whoever) !== before) await refresh();
}

byId('login').addEventListener('submit', async (event) => {
  event.preventDefault();
  const submit = event.target.querySelector('button');
  submit.disabled = true;
  byId('login-error').hidden = true;
  try {
    const { must_change: mustChange } = await login(byId('name').value.trim(), byId('password').value);
    byId('password').value = '';
    const next = nextPage();
    if (!mustChange && next) location.assign(next);
    else await refresh();
  } catch (error) {
    byId('login-error').textContent = reason(error, { 429: 'login.too_many' });
    byId('login-error').hidden = false;
    byId('password').select();
  } finally {
    submit.disabled = false;
  }
});
byId('retry').addEventListener('click', refresh);
document.addEventListener('visibilitychange', lookAgain);

await startBar(() => { if (person) showLessons(); });
await refresh();
