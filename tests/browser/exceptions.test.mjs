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

test('lessons of the coming days that lack a teacher or a pairing are told together, with what to do', async () => {
  await sql("UPDATE people SET disabled = 1 WHERE name = '王芳'");
  await sql("UPDATE pairings SET frozen = 1 WHERE master_room = (SELECT id FROM rooms WHERE name = '录播教室二')");
  await page.click('#check');
  await page.locator('.exception.disabled').waitFor();
  assert.equal(await page.locator('.exception.disabled').count(), 1, 'one for all lessons of hers');
  assert.equal(Number(/今天有 (\d+) 处/.exec(await page.textContent('.summary'))[1]), await page.locator('.exception').count());
  const text = await page.textContent('.exception.disabled');
  assert.match(text, /^王芳账号已停用，7 天内还有 \d+ 节课要上。请安排代课、更换教师，或恢复账号。/);
  assert.match(text, /\d+\/\d+ 周. \d\d:\d\d .年级 ..? · 实验小学 王芳/);
  assert.match(await page.locator('.exception.frozen').first().textContent(), /与 实验小学 录播教室二 的结对已冻结，7 天内还有 \d+ 节课照常进行/);
  assert.match(await page.getAttribute('.exception.disabled a', 'href'), /^\/timetable\.html#school=\d+&week=20/);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'exceptions-going-on-zh');
  await page.click('#language');
  await page.waitForFunction(() => document.documentElement.lang === 'en');
  await page.setViewportSize({ width: 390, height: 844 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'exceptions-going-on-phone-en');
  await page.setViewportSize({ width: 1366, height: 768 });
  await page.click('#language');
  await sql('UPDATE people SET disabled = 0');
  await sql('UPDATE pairings SET frozen = 0');
  await page.click('#check');
  await page.waitForFunction(() => !document.querySelector('.exception'));
});

test('without the server the last look stays, with its time', async () => {
  await page.route('**/api/v1/**', (route) => route.abort());
  await page.click('#check');
  await page.locator('#stale').waitFor();
  assert.match(await page.textContent('#stale'), /连接不上服务器.*数据截至 \d\d:\d\d/);
  assert.ok(await page.locator('.summary').isVisible());
  const [time] = /\d\d:\d\d/.exec(await page.textContent('#stale'));
  await page.click('#language'); // what is drawn anew is no younger for that
  await page.waitForFunction(() => document.documentElement.lang === 'en');
  assert.ok(await page.locator('#stale').isVisible());
  assert.match(await page.textContent('#stale'), new RegExp(`cannot be reached.*as of ${time}`));
  await page.click('#language');
  await page.waitForFunction(() => /连接不上服务器/.test(document.querySelector('#stale').textContent));
  await screenshot(page, 'exceptions-stale-zh');
  await page.unroute('**/api/v1/**');
  await page.click('#check');
  await page.locator('#stale').waitFor({ state: 'hidden' });
});

test('of another school nothing is shown till it has been looked at, and nothing of the one before', async () => {
  await page.route('**/api/v1/**', (route) => route.abort());
  await page.selectOption('#organisation', { label: '白杨教学点' });
  await page.locator('#offline').waitFor();
  for (const lang of ['en', 'zh-CN']) {
    await page.click('#language');
    await page.waitForFunction((wanted) => document.documentElement.lang === wanted, lang);
    assert.ok(!await page.locator('.summary').isVisible());
    assert.ok(await page.locator('#offline').isVisible());
  }
  await page.unroute('**/api/v1/**');
  await page.click('#retry');
  await page.locator('.summary').waitFor();
});
