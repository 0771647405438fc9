/* What stands in a week that is not like others: holidays, bells that change within it, a school with bells or terms of its own. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { violations } from './axe.mjs';
import { screenshot } from './chromium.mjs';
import { School } from './school.mjs';

const school = new School();
let page;
let monday; /* of a week that is still to come */
let ids;

const call = (method, path, body = {}) => page.evaluate(async (ask) => {
  const request = { method: ask.method, headers: { 'Content-Type': 'application/json' } };
  const response = await fetch(`/api/v1${ask.path}`, ask.method === 'GET' ? {} : { ...request, body: JSON.stringify(ask.body) });
  if (!response.ok) throw new Error(`${ask.method} ${ask.path}: ${response.status} ${await response.text()}`);
  return { location: response.headers.get('Location')?.replace('/api/v1', ''), ...(await response.json()) };
}, { method, path, body });

const dayOf = (offset) => new Date(Date.parse(monday) + offset * 86400000).toISOString().slice(0, 10);
const cell = (weekday, period) => page.locator(`table.grid tbody tr:nth-child(${period}) td:nth-child(${weekday + 1})`);
const rowHead = (period) => page.locator(`table.grid tbody tr:nth-child(${period}) th`);

/** The week as the page finds it when it is opened there. */
async function look(name, week = monday) {
  await page.goto('about:blank');
  await page.goto(`${school.stack.url}/timetable.html#school=${ids[name]}&week=${week}`);
  await page.locator('#content, #empty').filter({ visible: true }).waitFor();
}

before(async () => {
  await school.start();
  page = await school.openSeeded('/timetable.html');
  page.setDefaultTimeout(20000);
  await page.locator('table.grid').waitFor();
  await page.click('#week-after');
  await page.waitForFunction(() => location.hash.includes('week='));
  monday = /week=(\d{4}-\d\d-\d\d)/.exec(await page.evaluate(() => location.hash))[1];
  const lists = await Promise.all(['organisations', 'rooms', 'people', 'terms'].map(async (kind) => (await call('GET', `/${kind}?limit=500`))[kind]));
  ids = Object.fromEntries(lists.flat().map((each) => [each.name, each.id]));
});
after(() => school.stop());
beforeEach(() => page.setViewportSize({ width: 1366, height: 768 }));

const lesson = (more) => ({
  term: ids['本学期'], subject: '书法', grade: 3, mode: 'co_teaching', weeks: 'all', first_week: 1, last_week: 60, receiving: [], weekday: 5, period: 6,
  room: ids['录播教室二'], teacher: ids['李伟'], ...more,
});

test('what stands on a holiday says so, where it is taught and where it is received, and no report misses it', async () => {
  const day = `/organisations/${ids['青山县']}/days/${monday}`;
  await call('POST', '/subjects', { name: '书法' }).catch(() => null); // another start may have it
  await call('PUT', day, { holiday: true });
  await look('实验小学');
  assert.match(await cell(1, 1).textContent(), /音乐\/王芳.*放假，不上课/);
  assert.doesNotMatch(await cell(1, 1).textContent(), /\d\d:\d\d/);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'timetable-holiday-zh');
  await look('白杨教学点');
  assert.match(await cell(1, 1).textContent(), /音乐\/王芳.*放假，不上课/);
  assert.match(await cell(1, 2).textContent(), /英语\/李伟.*放假，不上课/);
  const report = await call('GET', `/organisations/${ids['青山县']}/reports/school/${monday}/${dayOf(6)}`);
  assert.equal(report.without_bell, 0);
  await call('DELETE', day);
  const own = `/organisations/${ids['白杨教学点']}/days/${monday}`; // of the school that receives alone
  await call('PUT', own, { holiday: true });
  await look('白杨教学点');
  assert.match(await cell(1, 1).textContent(), /音乐\/王芳.*08:35–09:15 · 推迟5分钟 · 本校放假/);
  await call('DELETE', own);
  await look('实验小学');
  assert.match(await cell(1, 1).textContent(), /08:30–09:10/);
});

test('a lesson whose pairing is frozen or gone, or whose teacher is disabled, says so on both sides in the words of the exceptions', async () => {
  const { pairings } = await call('GET', '/pairings?limit=500');
  const { lessons } = await call('GET', `/organisations/${ids['实验小学']}/weeks/${monday}`);
  const music = lessons.find((each) => each.day === monday && each.subject === '音乐');
  const { rooms } = await call('GET', '/rooms?limit=500');
  const place = rooms.find((room) => music.receiving.includes(room.id) && room.school === ids['白杨教学点']).id;
  const pairing = pairings.find((each) => each.master_room === music.room && each.receiving_room === place && each.subject === '');
  const { version } = await call('PUT', `/pairings/${pairing.id}`, { version: pairing.version, frozen: true });
  await look('实验小学');
  const taught = cell(1, 1).locator('.lesson.doubtful');
  assert.match(await taught.textContent(), /与 白杨教学点 的结对已冻结$/);
  assert.match(await taught.locator('.doubt').textContent(), /^■ /); // not by colour alone
  assert.equal(await cell(1, 1).getByRole('button', { name: /音乐\/王芳.*与 白杨教学点 的结对已冻结/ }).count(), 1);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'timetable-frozen-zh');
  await page.click('#language');
  await page.locator('.doubt', { hasText: 'The pairing with 白杨教学点 is frozen' }).first().waitFor();
  await page.click('#language');
  await page.locator('.doubt', { hasText: '结对已冻结' }).first().waitFor();
  await look('白杨教学点');
  assert.match(await cell(1, 1).textContent(), /与 实验小学 的结对已冻结/);
  await call('DELETE', `/pairings/${pairing.id}`, { version });
  await look('白杨教学点');
  assert.match(await cell(1, 1).textContent(), /与 实验小学 已不再结对/);
  const { term, master_room: master, receiving_room: receiving } = pairing;
  await call('POST', '/pairings', { term, master_room: master, receiving_room: receiving, subject: '', consent: true });
  const disable = async (disabled) => {
    const { accounts: people } = await call('GET', '/accounts');
    const { id, version: seen } = people.find((each) => each.name === '王芳');
    await call('PUT', `/people/${id}`, { version: seen, disabled });
  };
  await disable(true);
  await look('实验小学');
  assert.match(await cell(1, 1).textContent(), /账号已停用/);
  assert.doesNotMatch(await cell(1, 1).textContent(), /结对/);
  await disable(false);
});

test('bells that change within the week have all their periods, with the time of each day', async () => {
  const periods = [0, 1, 2, 3, 4, 5, 6].map((index) => [540 + index * 50, 580 + index * 50]);
  const { id: set } = await call('POST', `/organisations/${ids['实验小学']}/bells`, { name: '冬季', first_day: dayOf(3), last_day: dayOf(20), periods });
  const { location: entry } = await call('POST', '/timetable', lesson({ weekday: 4, period: 7 }));
  await look('实验小学');
  assert.match(await cell(4, 7).textContent(), /书法\/李伟.*14:00–14:40/);
  assert.equal(await cell(3, 7).locator('button').count(), 0); // there is no such period that day
  assert.equal(await cell(5, 7).locator('.cell').count(), 1);
  assert.equal((await rowHead(1).textContent()).trim(), '1周一–周三 08:30–09:10周四–周五 09:00–09:40');
  assert.equal((await rowHead(7).textContent()).trim(), '714:00–14:40');
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'timetable-season-zh');
  await call('DELETE', entry, { version: 1 });
  await call('DELETE', `/organisations/${ids['实验小学']}/bells/${set}`, { version: 1 });
});

test('a receiving school sees its own time and how much later that is, a teacher that of the school that teaches', async () => {
  await look('白杨教学点');
  assert.match(await page.textContent('table.grid thead th'), /节次白杨教学点作息/);
  assert.match(await rowHead(1).textContent(), /08:35–09:15/);
  assert.match(await cell(1, 1).textContent(), /音乐\/王芳← 实验小学08:35–09:15 · 推迟5分钟/);
  assert.equal(await page.locator('#times-note').isVisible(), false);
  await screenshot(page, 'timetable-received-zh');
  await page.click('#view-teacher');
  await page.selectOption('#teacher', { label: '王芳' });
  await cell(1, 1).locator('.lesson').waitFor();
  await page.locator('#times-note', { hasText: '按主讲学校的作息' }).waitFor();
  assert.match(await cell(1, 1).textContent(), /08:30–09:10/);
});

test('a week is counted by the term of its school, and what another school alone has is not its term', async () => {
  await look('实验小学');
  const week = await page.textContent('#week-name');
  await call('POST', '/terms', { organisation: ids['白杨教学点'], name: '白杨加课', first_day: dayOf(-28), last_day: dayOf(40) });
  await look('实验小学');
  assert.equal(await page.textContent('#week-name'), week);
  await look('白杨教学点');
  assert.match(await page.textContent('#week-name'), /^第5周 /);
  await look('实验小学', dayOf(364));
  await page.locator('#empty', { hasText: '这一周不在这所学校的任何学期内' }).waitFor();
  assert.doesNotMatch(await page.textContent('#week-name'), /第/);
  assert.equal(await page.isVisible('#add'), false);
  assert.equal(await page.isVisible('table.grid'), false);
  assert.equal(await page.locator('#next-term').count(), 0);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'timetable-no-term-zh');
  await page.click('#language');
  await page.waitForFunction(() => document.documentElement.lang === 'en');
  assert.match(await page.textContent('#empty'), /^No term of this school is on in this week\.Back to the last term: 本学期$/);
  await page.click('#language');
  await page.waitForFunction(() => document.documentElement.lang === 'zh-CN');
  await page.click('#last-term');
  await page.locator('table.grid').waitFor();
  assert.match(await page.textContent('#week-name'), /^第\d+周 /);
  assert.ok(await page.isVisible('#add'));
  await look('实验小学', dayOf(-364));
  await page.click('#next-term');
  await page.locator('table.grid').waitFor();
  assert.match(await page.textContent('#week-name'), /^第1周 /);
});

test('what was there goes dim until the answer is there', async () => {
  await look('实验小学');
  let go;
  const held = new Promise((resolve) => { go = resolve; });
  await page.route('**/weeks/**', async (route) => {
    await held;
    await route.continue();
  });
  await page.click('#week-after');
  await page.locator('#content[aria-busy="true"]').waitFor();
  go();
  await page.locator('#content[aria-busy="false"]').waitFor();
  await page.unroute('**/weeks/**');
});
