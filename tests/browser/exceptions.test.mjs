/* Today's exceptions: a lesson that is on without anybody, one that was not held and a silent device; gone again when all
 * is well, and said to be old when the server is gone. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from './axe.mjs';
import { openPage, screenshot } from './chromium.mjs';
import { School } from './school.mjs';
import { alter } from '../support/database.mjs';

const school = new School();
let page;

const sql = (...args) => alter(school.stack, ...args);
const seconds = (minutes) => Math.round(Date.now() / 1000) + minutes * 60;

before(async () => {
  await school.start();
  const lines = (await school.stack.command('seed', '--demo')).split('\n').map((line) => line.split('\t'));
  const password = lines.find(([name]) => name === 'coordinator')[2];
  const lesson = lines.find(([word]) => word === 'lesson')[1];
  /* of the seeded day nothing but this lesson, which has been on for twenty minutes */
  await sql('DELETE FROM lessons WHERE day = (SELECT day FROM lessons WHERE id = ?1) AND id != ?1', lesson);
  await sql("UPDATE lessons SET starts = ?, ends = ?, state = 'open' WHERE id = ?", seconds(-20), seconds(30), lesson);
  await sql("INSERT INTO devices (room, kind, name, public_key, enrolled, seen, version, health) SELECT room, 'player', '教室电脑', randomblob(32), 0, ?, '1', '{}' FROM entry_rooms WHERE entry = (SELECT entry FROM lessons WHERE id = ?)", seconds(-19), lesson);
  page = await openPage(school.browser, { bypassCSP: true });
  page.lesson = lesson;
  await page.goto(`${school.stack.url}/exceptions.html`);
  await school.logIn(page, 'coordinator', password);
  await page.locator('.summary').waitFor();
});
after(() => school.stop());

test('what is wrong now is said in words, with the room and the lesson', async () => {
  assert.match(await page.textContent('.summary'), /今天有 2 处异常下一次上课铃：/);
  assert.match(await page.textContent('.exception.late'), /红旗小学 四年级教室上课了，人没到 · 双方都没到\d\d:\d\d–\d\d:\d\d 四年级 音乐 · 实验小学/);
  assert.match(await page.textContent('.exception.offline'), /设备离线，最后在线 /);
  assert.match(await page.textContent('#checked'), /^\d\d:\d\d 检查/);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'exceptions-zh');
});

test('the page speaks English too and fits a phone', async () => {
  await page.click('#language');
  await page.waitForFunction(() => document.documentElement.lang === 'en');
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'exceptions-en');
  await page.setViewportSize({ width: 390, height: 844 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'exceptions-phone-en');
  await page.setViewportSize({ width: 1366, height: 768 });
  await page.click('#language');
});

test('it looks by itself, and all is well when everybody has come', async () => {
  await sql("INSERT INTO attendance (lesson, source, subject, room, joined) VALUES (?, 'teacher-camera', 'person-1', NULL, ?)", page.lesson, seconds(-1));
  await sql("INSERT INTO attendance (lesson, source, subject, room, joined) SELECT ?1, 'room-' || room, 'device-1', room, ?2 FROM entry_rooms WHERE entry = (SELECT entry FROM lessons WHERE id = ?1)", page.lesson, seconds(-1));
  await sql('UPDATE devices SET seen = ?', seconds(1));
  await page.waitForFunction(() => /一切正常（\d\d:\d\d 检查）/.test(document.querySelector('.summary').textContent), null, { timeout: 45000 });
  assert.equal(await page.locator('.exception').count(), 0);
  assert.match(await page.textContent('#day'), /正在上 1/);
  await screenshot(page, 'exceptions-fine-zh');
});

test('without the server the last look stays, with its time', async () => {
  await page.route('**/api/v1/**', (route) => route.abort());
  await page.click('#check');
  await page.locator('#stale').waitFor();
  assert.match(await page.textContent('#stale'), /连接不上服务器.*数据截至 \d\d:\d\d/);
  assert.ok(await page.locator('.summary').isVisible());
  await screenshot(page, 'exceptions-stale-zh');
  await page.unroute('**/api/v1/**');
  await page.click('#check');
  await page.locator('#stale').waitFor({ state: 'hidden' });
});
