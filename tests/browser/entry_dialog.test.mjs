/* The dialog of a weekly lesson changes nothing that nobody changed, says in words what is in the way, and takes no lesson
 * away unasked. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { violations } from './axe.mjs';
import { screenshot } from './chromium.mjs';
import { School, said } from './school.mjs';
import { alter, rowsOf } from '../support/database.mjs';

const school = new School();
let page;
let ids; /* by name, of rooms, people, organisations and terms */
let weeks; /* of the term */

const call = (method, path, body) => page.evaluate(async (given) => {
  const response = await fetch(`/api/v1${given.path}`, {
    method: given.method, ...(given.body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(given.body) }),
  });
  if (!response.ok) throw new Error(`${given.path}: ${response.status} ${await response.text()}`);
  return response.json();
}, { method, path, body });

before(async () => {
  await school.start();
  page = await school.openSeeded('/timetable.html');
  page.setDefaultTimeout(12000);
  await page.locator('table.grid').waitFor();
  ids = {};
  for (const kind of ['rooms', 'people', 'organisations', 'terms']) {
    for (const row of (await call('GET', `/${kind}?limit=500`))[kind]) {
      ids[row.name] = row.id;
      if (kind === 'terms') weeks = Math.floor((Date.parse(row.last_day) - Date.parse(row.first_day)) / (7 * 86400000));
    }
  }
});
after(() => school.stop());

/* The week after the next: odd or even, and whatever day of it is today. */
beforeEach(async () => {
  await page.evaluate(() => history.replaceState(null, '', location.pathname));
  await page.reload();
  await page.locator('table.grid').waitFor();
  await page.click('#week-after');
  await page.waitForFunction(() => location.hash.includes('week='));
});

const cell = (weekday, period) => page.locator(`table.grid tbody tr:nth-child(${period}) td:nth-child(${weekday + 1})`);
const report = () => page.locator('#entry .hint:not([hidden]), #entry .conflicts').first().waitFor();

const add = async (changes) => (await call('POST', '/timetable', {
  term: ids['本学期'], subject: '科学', grade: 4, weekday: 5, period: 5, teacher: ids['李伟'], room: ids['录播教室二'], receiving: [], ...changes,
})).id;
const take = async (id) => call('DELETE', `/timetable/${id}`, { version: (await call('GET', `/timetable/${id}`)).version });

const stored = async (id) => [
  await rowsOf(school.stack, 'SELECT term, subject, grade, mode, room, teacher, weekday, period, weeks, first_week, last_week FROM timetable_entries WHERE id = ?', id),
  await rowsOf(school.stack, 'SELECT room, teacher, delay_s, live FROM entry_rooms WHERE entry = ? ORDER BY room', id),
];

async function open(id) {
  await page.reload();
  const lesson = page.locator(`[data-entry="${id}"]`);
  await page.locator('table.grid').waitFor();
  if (await lesson.count() === 0) await page.click('#week-after'); /* of every other week */
  await lesson.click();
  await report();
}

/* kind: what the entry is; then: what happens before it is opened. */
const KINDS = [
  ['co-teaching', {}],
  ['delivery', { mode: 'delivery' }],
  ['recorded', { mode: 'recorded' }],
  ['research', { mode: 'research' }],
  ['some weeks alone', { first_week: 2, weeks: 'odd' }],
  ['a room that plays it when its teacher chose, not by its bells', { room: '录播教室一', teacher: '王芳', receiving: [{ room: '三年级教室', teacher: '赵敏', delay_s: 60 }] }],
  ['a room booked live', { room: '录播教室一', teacher: '王芳', receiving: [{ room: '三年级教室', live: true }, { room: '复式教室', teacher: '周强' }] }],
  ['another school’s teacher', { teacher: '陈静' }],
];

for (const [kind, changes] of KINDS) {
  test(`opened and saved unchanged it stays as it is: ${kind}`, async () => {
    const named = Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, ['room', 'teacher'].includes(name) ? ids[value] : value]));
    const receiving = (changes.receiving ?? []).map((each) => ({ ...each, room: ids[each.room], teacher: ids[each.teacher] ?? 0 }));
    const id = await add({ ...named, ...(named.first_week && { last_week: weeks - 1 }), receiving });
    const old = await stored(id);
    await open(id);
    await page.click('#entry .primary');
    await said(page, '已保存');
    assert.deepEqual(await stored(id), old);
    await take(id);
  });
}

test('who is disabled meanwhile is named and marked, and saving puts nobody else there', async () => {
  const id = await add({ room: ids['录播教室一'], teacher: ids['刘洋'], receiving: [{ room: ids['复式教室'], teacher: ids['周强'] }] });
  const old = await stored(id);
  await alter(school.stack, "UPDATE people SET disabled = 1 WHERE name IN ('刘洋', '周强')");
  await open(id);
  assert.equal(await page.locator('#entry-teacher option:checked').textContent(), '刘洋（账号已停用）');
  assert.equal(await page.locator(`[data-room="${ids['复式教室']}"] option:checked`).textContent(), '周强（账号已停用）');
  await page.locator('#entry .warning', { hasText: '刘洋 的账号已停用' }).waitFor();
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'entry-disabled-zh');
  await page.click('#entry .primary');
  await said(page, '已保存');
  assert.deepEqual(await stored(id), old);
  await alter(school.stack, 'UPDATE people SET disabled = 0');
  await take(id);
});

test('weeks and mode are chosen where who does not want them never sees them', async () => {
  await cell(5, 6).locator('.cell').click();
  assert.equal(await page.locator('#entry-mode').isVisible(), false);
  await page.click('#entry .quick[data-value="科学"]');
  await page.click('#entry .more summary');
  assert.deepEqual(await page.locator('#entry-mode option').allTextContents(), ['同步互动（双向直播）', '专递（单向直播）', '录播（辅助教师主导）', '教研（教师会议）']);
  await page.selectOption('#entry-mode', 'delivery');
  await page.selectOption('#entry-last-week', String(weeks - 1));
  await report();
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'entry-more-zh');
  await page.click('#entry .primary');
  await said(page, '已保存');
  const [[id, ...row]] = await rowsOf(school.stack, 'SELECT id, mode, first_week, last_week FROM timetable_entries ORDER BY id DESC LIMIT 1');
  assert.deepEqual(row, ['delivery', 1, weeks - 1]);
  await open(id); /* what is not usual is shown at once */
  assert.equal(await page.locator('#entry-mode').isVisible(), true);
  await page.keyboard.press('Escape');
  await take(id);
});

test('a conflict names the lesson in the way, and who is free takes it in one press', async () => {
  await cell(1, 4).locator('.cell').click();
  await page.selectOption('#entry-subject', '美术');
  await page.selectOption('#entry-room', { label: '实验小学 录播教室三' });
  await page.selectOption('#entry-teacher', { label: '王芳' });
  await page.selectOption('#entry-period', '1');
  await page.locator('#entry .conflicts li').waitFor();
  assert.match(await page.textContent('#entry .conflicts li'), /^王芳 周一 实验小学第1节 与 实验小学第1节 音乐\/王芳（08:30）重叠 40 分钟，从 \d+\/\d+ 起 \d+ 天$/);
  const free = page.locator('#entry .repairs .teacher', { hasText: '换成 李伟（空闲）' });
  await free.waitFor();
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'entry-conflict-zh');
  await free.click();
  await said(page, '已保存');
  const [[id, teacher]] = await rowsOf(school.stack, 'SELECT id, teacher FROM timetable_entries ORDER BY id DESC LIMIT 1');
  assert.equal(teacher, ids['李伟']);
  await take(id);
});

test('a weekly lesson goes only when what goes with it was said and confirmed', async () => {
  const weekday = (new Date(Date.now() + (8 + 3 * 24) * 3600000).getUTCDay() || 7); /* three days from now: none is over, none begins */
  const id = await add({ weekday });
  await open(id);
  await page.click('#entry .danger');
  await page.waitForFunction(() => /周[一二三四五六日]第5节（每周），\d+\/\d+ 到 \d+\/\d+ 的 \d+ 次课都会删除/.test(document.querySelector('#form-note')?.textContent));
  const [, count] = /的 (\d+) 次课/.exec(await page.textContent('#form-note'));
  const [[lessons]] = await rowsOf(school.stack, "SELECT count(*) FROM lessons WHERE entry = ? AND state = 'scheduled'", id);
  assert.equal(Number(count), lessons);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'entry-remove-zh');
  await page.keyboard.press('Escape');
  assert.equal((await stored(id))[0].length, 1, 'nothing goes unasked');
  await page.click('#entry .danger');
  await page.click('#form .primary');
  await said(page, '已删除：科学');
  assert.equal((await stored(id))[0].length, 0);
});

test('a new lesson begins with who taught the subject in the room last, and with whom', async () => {
  await cell(5, 5).locator('.cell').click();
  await page.click('#entry .quick[data-value="音乐"]');
  assert.equal(await page.locator('#entry-teacher option:checked').textContent(), '王芳');
  const row = page.locator(`#entry .receiving[data-room="${ids['复式教室']}"]`);
  assert.equal(await row.locator('option:checked').textContent(), '周强');
  assert.deepEqual(await row.locator('option').allTextContents(), ['辅助教师待定', '周强'], 'of the receiving school alone');
  await page.keyboard.press('Escape');
});

test('two teachers of one name are told apart by what they log in with', async () => {
  await alter(school.stack, `INSERT INTO people (id, name, login, login_key, role, organisation, password, created)
    SELECT 7001, name, 'wang2', 'wang2', role, organisation, 'x', 0 FROM people WHERE name = '王芳'`);
  await page.reload();
  await page.locator('table.grid').waitFor();
  await cell(5, 5).locator('.cell').click();
  const offered = await page.locator('#entry-teacher option').allTextContents();
  assert.deepEqual(offered.filter((text) => text.startsWith('王芳')), ['王芳（王芳）', '王芳（wang2）']);
  assert.ok(offered.includes('李伟'), 'who is alone with their name is called by it');
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'entry-namesakes-zh');
  await page.keyboard.press('Escape');
  await alter(school.stack, 'DELETE FROM people WHERE id = 7001');
});

test('opened and saved unchanged it stays in its own term', async () => {
  const { terms } = await call('GET', '/terms?limit=500');
  const { first_day, last_day } = terms.find((term) => term.id === ids['本学期']);
  const { id: term } = await call('POST', '/terms', { organisation: ids['实验小学'], name: '校历', first_day, last_day });
  const id = await add({ term });
  const old = await stored(id);
  await open(id);
  await page.click('#entry .primary');
  await said(page, '已保存');
  assert.equal(old[0][0][0], term);
  assert.deepEqual(await stored(id), old);
  await take(id);
});

test('in English and on a phone it is all there', async () => {
  await page.click('#language');
  await page.waitForFunction(() => document.documentElement.lang === 'en');
  await page.locator('.lesson').first().click();
  await report();
  await page.click('#entry .more summary');
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'entry-en');
  await page.setViewportSize({ width: 390, height: 844 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.ok(await page.evaluate(() => { const { scrollWidth, clientWidth } = document.querySelector('#entry'); return scrollWidth <= clientWidth; }));
  await screenshot(page, 'entry-phone-en');
  assert.deepEqual(page.problems.filter((problem) => !/status of 409/.test(problem)), []);
});
