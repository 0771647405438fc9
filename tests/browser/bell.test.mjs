/* The watch and publish pages follow the bell by the server's clock, over every restart of the server. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, openPage, screenshot } from './chromium.mjs';
import { violations } from './axe.mjs';
import { County } from '../support/county.mjs';
import { waitFor } from '../support/stack.mjs';

let county;
let browser;
let lesson;
let teacher;
let local;

before(async () => {
  county = await County.start();
  browser = await launch();
  lesson = await county.nextLesson('录播教室一', '复式教室');
  const { people } = await county.ask('coordinator', 'GET', '/people');
  const entry = await county.ask('coordinator', 'GET', `/timetable/${lesson.entry}`);
  const nameOf = (id) => people.find((person) => person.id === id).name;
  teacher = nameOf(entry.teacher);
  local = nameOf(entry.receiving.find((room) => room.teacher).teacher);
});
after(async () => {
  await browser?.close();
  await county?.stop();
});

/** The server's clock is at the lesson's beginning, so many seconds later. */
const at = (seconds) => county.restartAhead(Math.round(lesson.start + seconds - Date.now() / 1000));

async function open(name, page) {
  const opened = await openPage(browser, { bypassCSP: true, permissions: ['camera', 'microphone'] });
  await opened.goto(`${county.stack.url}/${page}.html?lesson=${lesson.id}`);
  await opened.locator('#login').waitFor();
  await opened.fill('#name', name);
  await opened.fill('#password', county.passwords[name]);
  await opened.click('#login button');
  await opened.waitForURL((url) => url.pathname === `/${page}.html`);
  return opened;
}

const state = (page) => page.locator('#lesson-state').textContent();
const says = (page, text) => waitFor(text, async () => (await state(page)).includes(text), 60000);

test('a page waits for the bell by the clock of the server', async (t) => {
  await at(-900);
  const page = await open(local, 'watch');
  t.after(() => page.context().close());
  await says(page, '等待上课铃');
  const expected = await page.evaluate((ms) => new Intl.DateTimeFormat('zh-CN', {
    hour: '2-digit', minute: '2-digit', hour12: false, timeZone: 'Asia/Shanghai',
  }).format(new Date(ms)), lesson.start * 1000);
  assert.ok((await state(page)).endsWith(expected));
  await screenshot(page, 'bell-waiting-zh');
  assert.deepEqual(await violations(page), []);
  await at(-10);
  /* state and clock of one moment */
  const rung = await waitFor('the bell', () => page.evaluate(() => {
    const { textContent, dataset } = document.querySelector('#lesson-state');
    return textContent === '○ 等待上课' && { state: dataset.state, clock: document.querySelector('#clock').textContent };
  }), 60000);
  assert.equal(rung.clock, expected, 'the bell is when the clock shows it');
  assert.equal(rung.state, 'open');
});

test('a master teacher who is late, a lesson that is live, and its end are said on both pages', async (t) => {
  await at(181);
  const classroom = await open(local, 'watch');
  t.after(() => classroom.context().close());
  await says(classroom, '主讲教师迟到');
  await classroom.click('#language');
  await says(classroom, 'The master teacher is late');
  await screenshot(classroom, 'bell-late-en');
  await classroom.click('#language');

  const studio = await open(teacher, 'publish');
  t.after(() => studio.context().close());
  await studio.locator('#start:enabled').waitFor();
  await studio.click('#start');
  await says(studio, '上课中');
  await says(classroom, '上课中');
  await screenshot(studio, 'bell-live-publish-zh');
  await screenshot(classroom, 'bell-live-watch-zh');
  await studio.setViewportSize({ width: 390, height: 800 });
  await screenshot(studio, 'bell-live-publish-phone');

  /* the server starts again in mid-lesson, a quarter of an hour before the end: the pages come back by themselves */
  await county.restartAhead(Math.round(lesson.end - 900 - Date.now() / 1000));
  await says(classroom, '上课中');
  await county.restartAhead(Math.round(lesson.end + 297 - Date.now() / 1000));
  await says(classroom, '已下课');
  await says(studio, '已下课');
  assert.deepEqual(classroom.problems.filter((problem) => !/WebSocket|ERR_CONNECTION|Failed to load/.test(problem)), []);
});
