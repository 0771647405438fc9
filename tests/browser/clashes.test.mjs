/* Lessons that clash though each was saved without a conflict: said before bells are changed, marked in the week, resolved in
 * at most two clicks, and among today's exceptions. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from './axe.mjs';
import { openPage, screenshot } from './chromium.mjs';
import { School, said } from './school.mjs';

const school = new School();
let page;
let monday; // of next week

const api = (method, path, body) => page.evaluate(async (call) => {
  const response = await fetch(`/api/v1${call.path}`, {
    method: call.method, headers: { 'Content-Type': 'application/json' }, body: call.body && JSON.stringify(call.body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${call.method} ${call.path}: ${response.status} ${text}`);
  return JSON.parse(text);
}, { method, path, body });

const named = (rows, name) => rows.find((row) => row.name === name);
const date = (days) => new Date(Date.parse(`${monday}T00:00:00Z`) + days * 86400000).toISOString().slice(0, 10);

/* A lesson of 王芳 in the other school with a master room, a moment after the one that she gives on Wednesdays at 09:20. */
before(async () => {
  await school.start();
  const people = await school.stack.command('seed', '--demo');
  const password = people.split('\n').find((line) => line.startsWith('coordinator\t')).split('\t')[2];
  page = await openPage(school.browser, { bypassCSP: true });
  page.setDefaultTimeout(12000);
  await page.goto(`${school.stack.url}/timetable.html`);
  await school.logIn(page, 'coordinator', password);
  await page.locator('table.grid').waitFor();
  page.schools = (await api('GET', '/organisations?limit=500')).organisations;
  const { rooms } = await api('GET', '/rooms?limit=500');
  const { people: all } = await api('GET', '/people?limit=500');
  const { terms } = await api('GET', '/terms');
  const today = new Date(Date.now() + 8 * 3600000); // Asia/Shanghai
  monday = new Date(today.getTime() + (7 - ((today.getUTCDay() + 6) % 7)) * 86400000).toISOString().slice(0, 10);
  const theirs = new Set(rooms.filter((room) => room.school === named(page.schools, '红旗小学').id).map((room) => room.id));
  const weeks = [];
  for (const days of [0, 7]) weeks.push(await api('GET', `/organisations/${named(page.schools, '青山县').id}/weeks/${date(days)}`));
  for (const id of new Set(weeks.flatMap((week) => week.lessons.map((lesson) => lesson.entry)))) { // what the seed has in that room then would clash as well
    const entry = await api('GET', `/timetable/${id}`);
    const { version } = entry;
    if (entry.room === named(rooms, '多功能教室').id && entry.weekday === 3) await api('DELETE', `/timetable/${id}`, { version });
    else if (entry.receiving.some((place) => theirs.has(place.room))) { // and what the school receives fits its bells no more
      const receiving = entry.receiving.map((place) => (theirs.has(place.room) ? { ...place, live: true, delay_s: 0 } : place));
      await api('PUT', `/timetable/${id}`, { ...entry, receiving });
    }
  }
  page.entry = (await api('POST', '/timetable', {
    term: terms[0].id, subject: '书法', grade: 3, room: named(rooms, '多功能教室').id, teacher: named(all, '王芳').id, weekday: 3, period: 3,
    weeks: 'all', first_week: 1, last_week: 60, receiving: [],
  })).id;
});
after(() => school.stop());

const open = async (target) => {
  await page.goto('about:blank');
  await page.goto(`${school.stack.url}${target}`);
};
const openWeek = async (name) => {
  await open(`/timetable.html#school=${named(page.schools, name).id}&week=${date(0)}`);
  await page.locator('table.grid').waitFor();
};

test('bells that would bring about a clash say so before they are saved', async () => {
  await open('/bells.html');
  await page.selectOption('#organisation', { label: '红旗小学' });
  await page.locator('#set-list tbody tr').first().getByRole('button', { name: '修改' }).click();
  const [, second, third] = await page.locator('.period-rows tbody tr').all();
  await second.locator('[name=start]').fill('09:26');
  await second.locator('[name=finish]').fill('09:29');
  await third.locator('[name=start]').fill('09:30'); // 王芳 teaches until 10:00 in the other school
  await third.locator('[name=finish]').fill('10:05');
  await page.locator('dialog .clash-note').waitFor();
  assert.match(await page.textContent('dialog .clash-note p'), /保存后有 \d+ 处冲突/);
  assert.match(await page.textContent('dialog .clash-note li'), /^王芳 周三 \d+\/\d+ 实验小学第2节 与 红旗小学第3节（09:30）重叠 30 分钟$/);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'bells-clash-zh');
  await page.click('dialog .primary');
  await said(page, '处冲突');
});

test('the week marks both lessons and says what clashes, in both schools', async () => {
  await openWeek('红旗小学');
  await page.locator('.clash-panel .move').nth(1).waitFor(); // one for each of the two lessons
  assert.equal(await page.locator('.lesson.clashes .clash-mark').count(), 2); // the other one is received here
  assert.match(await page.textContent('.clash-panel li p'), /^王芳 周三 .*实验小学第2节 与 红旗小学第3节（09:30）重叠 30 分钟$/);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'timetable-clash-zh');
  await page.selectOption('#school', { label: '实验小学' });
  await page.locator('.lesson.clashes', { hasText: '音乐' }).waitFor();
  await page.goBack();
  await page.locator('.lesson.clashes', { hasText: '书法' }).waitFor();
  await page.reload();
  await page.locator('.lesson.clashes', { hasText: '书法' }).waitFor();
});

test('on a phone and in English it can be read as well', async () => {
  await page.click('#language');
  await page.waitForFunction(() => document.documentElement.lang === 'en');
  await page.locator('.clash-panel .move').nth(1).waitFor();
  assert.match(await page.textContent('.clash-panel li p'), /overlap by 30 minutes/);
  assert.deepEqual(await violations(page), []);
  await page.setViewportSize({ width: 390, height: 844 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await screenshot(page, 'timetable-clash-phone-en');
  await page.setViewportSize({ width: 1366, height: 768 });
  await page.click('#language');
});

test('one is ignored with a reason, which stays to be read, and told again when somebody wants to', async () => {
  await openWeek('红旗小学');
  await page.click('.clash-panel .ignore');
  await page.fill('#form-reason', '两间教室相邻');
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'timetable-clash-ignore-zh');
  await page.click('#form .primary');
  await page.locator('.ignored-clashes').waitFor();
  assert.equal(await page.locator('.clash-panel, .clash-mark').count(), 0);
  await page.click('.ignored-clashes summary');
  assert.match(await page.textContent('.ignored-clashes li'), /王芳 周三 .*重叠 30 分钟两间教室相邻 · coordinator/);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'timetable-clash-ignored-zh');
  await page.click('.ignored-clashes .heed');
  await page.locator('.clash-panel .ignore').waitFor();
  assert.equal(await page.locator('.ignored-clashes').count(), 0);
});

test('another teacher for the one lesson is two clicks', async () => {
  await openWeek('红旗小学');
  await page.locator('.clash-panel .once', { hasText: '红旗小学 书法' }).click(); // 1
  await page.locator('dialog .stand-in').first().locator('button', { hasText: '陈静' }).click(); // 2
  await page.waitForFunction(() => !document.querySelector('.clash-panel') && document.querySelector('.lesson.substituted'));
  await page.click('#week-after'); // of that one lesson alone
  await page.locator('.clash-panel').waitFor();
});

test('a free place for the weekly lesson is one click, and nothing clashes any more', async () => {
  await page.locator('.clash-panel .move', { hasText: '红旗小学 书法' }).click();
  await said(page, '书法 已改到');
  assert.equal(await page.locator('.clash-panel').count(), 0);
  assert.equal(await page.locator('.clash-mark').count(), 0);
  await page.click('#week-before');
  await page.waitForFunction(() => document.querySelector('table.grid') && !document.querySelector('.clash-panel'));
});

/* A school of its own that receives a lesson of another one, each Wednesday of next week's. */
async function newSchools() {
  const county = named(page.schools, '青山县').id;
  const set = { name: '作息', first_day: date(-30), last_day: date(90), periods: [[510, 550], [560, 600]] };
  const made = {};
  for (const [key, name] of [['own', '河东小学'], ['other', '河西小学']]) {
    const { id } = await api('POST', '/organisations', { parent: county, kind: 'school', name });
    made[key] = id;
    made[`${key}Room`] = (await api('POST', '/rooms', { school: id, name: '一号教室', use: 'both' })).id;
    made[`${key}Set`] = (await api('POST', `/organisations/${id}/bells`, set)).id;
  }
  const { people } = await api('GET', '/people?limit=500');
  const term = (await api('POST', '/terms', { organisation: county, name: '新学期', first_day: date(0), last_day: date(6) })).id;
  await api('POST', '/pairings', { term, master_room: made.ownRoom, receiving_room: made.otherRoom, subject: '' });
  const entry = (weekday, more) => api('POST', '/timetable', {
    term, subject: '书法', grade: 3, room: made.ownRoom, teacher: named(people, '陈静').id, weekday, period: 1, first_week: 1, last_week: 60, receiving: [], ...more,
  });
  await entry(3, { receiving: [{ room: made.otherRoom, delay_s: 0 }] });
  await entry(6, { room: made.otherRoom });
  page.schools = (await api('GET', '/organisations?limit=500')).organisations;
  return { ...made, set };
}

test('a day swap that would bring about a clash says so before it is saved', async () => {
  page.made = await newSchools();
  await open('/bells.html');
  await page.selectOption('#organisation', { label: '河东小学' });
  await page.selectOption('#new-kind', 'swap');
  await page.fill('#new-first', date(5));
  await page.fill('#new-held', date(2));
  await page.click('#add-day');
  await page.locator('dialog .clash-note').waitFor();
  assert.match(await page.textContent('dialog .effect > p'), /^1 节课有了上课时间，\d 处冲突$/);
  assert.match(await page.textContent('dialog .clash-note'), /陈静 周六 .*河西小学第1节/);
  assert.match(await page.textContent('dialog .effect > ul'), /河东小学 书法 第1节：没有时间 → 08:30–09:10/);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'bells-day-clash-zh');
  await page.getByRole('button', { name: '取消' }).click();
  assert.equal(await page.locator(`[data-day="${date(5)}"]`).count(), 0, 'nothing was saved');
  await page.click('#add-day');
  await page.getByRole('button', { name: '仍然保存' }).click();
  await page.locator(`[data-day="${date(5)}"]`).waitFor();
  assert.match(await page.textContent('#status'), /1 节课有了上课时间/);
  await openWeek('河东小学');
  await page.locator('.clash-panel').waitFor();
  assert.equal(await page.locator('.lesson', { hasText: '书法' }).count(), 2);
  await api('DELETE', `/organisations/${page.made.own}/days/${date(5)}`);
  await openWeek('河东小学');
  assert.equal(await page.locator('.lesson', { hasText: '书法' }).count(), 1);
});

test('a room whose own bells fit no more is named, and takes part live in one press', async () => {
  await api('PUT', `/organisations/${page.made.other}/bells/${page.made.otherSet}`, { ...page.made.set, periods: [[541, 581], [700, 740]], version: 1 });
  await openWeek('河西小学');
  await page.locator('.clash-panel .live').waitFor();
  assert.match(await page.textContent('.clash-panel li p'), /^河西小学 一号教室 周三 .* 铃声不合：河东小学第1节（08:30）只有 19 分钟在该教室的第1节内$/);
  assert.equal(await page.locator('.clash-panel .ignore').count(), 0);
  assert.deepEqual(await violations(page), []);
  await page.locator('.clash-panel .move').waitFor();
  await screenshot(page, 'timetable-clash-bells-zh');
  await page.click('#language');
  await page.waitForFunction(() => document.documentElement.lang === 'en' && /only 19 minutes/.test(document.querySelector('.clash-panel')?.textContent));
  await page.setViewportSize({ width: 390, height: 844 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await screenshot(page, 'timetable-clash-bells-phone-en');
  await page.setViewportSize({ width: 1366, height: 768 });
  await page.click('#language');
  await page.locator('.clash-panel .live').click();
  await said(page, '实时听课');
  assert.equal(await page.locator('.clash-panel').count(), 0);
});
