/* A teacher's own week: what they teach or stand beside, week by week, what was changed in it, and the address for a calendar program. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { County } from '../support/county.mjs';
import { violations } from './axe.mjs';
import { launch, openPage, screenshot } from './chromium.mjs';

const DAY_S = 86400;
let county;
let browser;
let master;
let local;
let lessons; /* 王芳's of the next week, in which every weekday is to come */

const dateIn = (days) => new Date((Date.now() / 1000 + 8 * 3600 + days * DAY_S) * 1000).toISOString().slice(0, 10); /* in Shanghai */
const clock = (seconds) => new Date((seconds + 8 * 3600) * 1000).toISOString().slice(11, 16);

before(async () => {
  county = await County.start();
  browser = await launch();
  const wang = await county.idOf('people', '王芳');
  lessons = (await county.ask('coordinator', 'GET', `/organisations/1/weeks/${dateIn(7)}?teacher=${wang}`)).lessons;
  [master, local] = [await open('王芳'), await open('周强')];
});
after(async () => {
  await browser?.close();
  await county?.stop();
});

async function open(name, options = {}) {
  const page = await openPage(browser, { bypassCSP: true, ...options });
  await page.goto(`${county.stack.url}/`);
  await page.fill('#name', name);
  await page.fill('#password', county.passwords[name]);
  await page.click('#login button');
  await page.click('#my-week a');
  await page.locator('#content:not([hidden])').waitFor();
  return page;
}

async function turn(page, button, weeks) {
  const shown = await page.textContent('#which');
  for (let week = 0; week < weeks; week += 1) {
    const answered = page.waitForResponse((response) => response.url().includes('/me/weeks/'));
    await page.click(button);
    await answered;
  }
  if (weeks) await page.waitForFunction((before) => document.querySelector('#which').textContent !== before, shown);
}

const texts = (page) => page.locator('.week-lesson').allTextContents();

test('a master teacher sees the week with times, rooms and classes, forwards and back', async () => {
  assert.ok(await master.locator('#now').isDisabled());
  await turn(master, '#after', 1);
  const shown = await texts(master);
  assert.equal(shown.length, lessons.length);
  for (const lesson of lessons) {
    const times = `${clock(lesson.start)}–${clock(lesson.end)}`;
    assert.ok(shown.some((text) => text.includes(times) && text.includes(`三年级 ${lesson.subject}`) && text.includes('主讲 · 实验小学 录播教室一 → ')), times);
  }
  await turn(master, '#now', 1);
  assert.ok(await master.locator('#now').isDisabled());
  assert.equal(await master.locator('.week-day.today').count(), 1);
  await turn(master, '#before', 30); /* before the term */
  assert.match(await master.textContent('#days'), /这一周没有课/);
  await turn(master, '#now', 1);
});

test('a local teacher sees who is on the screen, at the bell of their own room', async () => {
  await turn(local, '#after', 1);
  const room = await county.idOf('rooms', '复式教室');
  const { lessons: all } = await county.ask('coordinator', 'GET', `/organisations/1/weeks/${dateIn(7)}`);
  const theirs = all.filter((lesson) => lesson.receiving.includes(room));
  let delayed = 0;
  const shown = await texts(local);
  assert.equal(shown.length, theirs.length);
  for (const lesson of theirs) {
    const delayS = lesson.delays[lesson.receiving.indexOf(room)];
    const times = `${clock(lesson.start + delayS)}–${clock(lesson.end + delayS)}`;
    assert.ok(shown.some((text) => text.includes(times) && text.includes(lesson.subject)), `${times} ${lesson.subject}`);
    delayed += delayS > 0;
  }
  assert.ok(delayed > 0);
  assert.ok(shown.every((text) => /辅助 · (王芳|李伟|陈静)（.*）→ .*石沟教学点 复式教室/.test(text)), shown.join('\n'));
});

test('a cancelled lesson and a substitution are marked with their reason', async () => {
  const [first, second] = lessons;
  await county.ask('coordinator', 'POST', `/lessons/${first.id}/cancel`, { reason: '停水' });
  await turn(master, '#after', 1);
  assert.match(await master.locator('.week-lesson.cancelled').textContent(), /▲ 取消：停水/);
  await county.ask('coordinator', 'POST', `/lessons/${second.id}/substitution`,
    { place: second.room, teacher: await county.idOf('people', '刘洋'), room: 0, reason: '外出' });
  const [substitute, away] = [await open('刘洋'), master];
  await turn(substitute, '#after', 1);
  assert.match((await texts(substitute)).join(), /▲ 代课：外出/);
  await turn(away, '#now', 1);
  await turn(away, '#after', 1);
  assert.equal((await texts(away)).length, lessons.length - 1);
  await screenshot(master, 'week-zh');
  assert.deepEqual(await violations(master), []);
});

test('the address for a calendar program is made, works, and ends', async () => {
  await master.click('#calendar-add');
  const address = await master.inputValue('#address-text');
  const calendar = await fetch(address);
  assert.equal(calendar.status, 200);
  assert.match(await calendar.text(), /BEGIN:VCALENDAR[^]*音乐/);
  assert.deepEqual(await violations(master), []);
  await screenshot(master, 'week-calendar-zh');
  await master.reload();
  await master.click('#calendar-revoke');
  await master.click('dialog .primary');
  await master.locator('#calendar-add').waitFor();
  assert.equal((await fetch(address)).status, 404);
});

test('in English and on a phone it is all there', async () => {
  await local.setViewportSize({ width: 390, height: 844 });
  await local.click('#language');
  await local.waitForFunction(() => document.documentElement.lang === 'en');
  assert.match((await texts(local))[0], /Beside the screen · /);
  assert.ok(await local.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.deepEqual(await violations(local), []);
  await screenshot(local, 'week-phone-en');
});

test('a week that cannot be fetched leaves the one that was there, with its age', async () => {
  await local.route('**/api/v1/me/weeks/*', (route) => route.abort());
  await local.click('#after');
  await local.locator('#stale:not([hidden])').waitFor();
  assert.ok((await texts(local)).length > 0);
});
