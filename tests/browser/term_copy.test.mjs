/* A new term begins with last term's timetable: in two clicks, with what cannot be held as it is said and left out in a third. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from './axe.mjs';
import { screenshot } from './chromium.mjs';
import { School } from './school.mjs';

const school = new School();
let page;
let first; // of the new term
const entries = []; // of the old term, taught by 实验小学: the seed has one more or less of them in the third period, by the time of day

const api = (method, path, body) => page.evaluate(async (call) => {
  const response = await fetch(`/api/v1${call.path}`, { method: call.method, headers: { 'Content-Type': 'application/json' }, body: call.body && JSON.stringify(call.body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${call.method} ${call.path}: ${response.status} ${text}`);
  return JSON.parse(text);
}, { method, path, body });
const daysAfter = (text, days) => new Date(Date.parse(`${text}T00:00:00Z`) + days * 86400000).toISOString().slice(0, 10);
const names = () => page.locator('table.grid .lesson strong').allTextContents();

/* The bells of the new term have no third period, in which two of the old lessons were. */
before(async () => {
  await school.start();
  page = await school.openSeeded('/timetable.html');
  page.setDefaultTimeout(12000);
  await page.locator('table.grid').waitFor();
  const { organisations } = await api('GET', '/organisations?limit=500');
  const old = (await api('GET', '/terms?limit=500')).terms.find((term) => term.name === '本学期');
  first = daysAfter(old.last_day, 30);
  first = daysAfter(first, 7 - ((new Date(`${first}T00:00:00Z`).getUTCDay() + 6) % 7)); // a Monday
  await api('POST', '/terms', { organisation: old.organisation, name: '下学期', first_day: first, last_day: daysAfter(first, 60) });
  for (const each of organisations.filter((one) => one.kind === 'school')) {
    await api('POST', `/organisations/${each.id}/bells`, { name: '下学期', first_day: first, last_day: daysAfter(first, 60), periods: [[510, 550], [560, 600]] });
  }
  const own = organisations.find((each) => each.name === '实验小学').id;
  const rooms = (await api('GET', '/rooms?limit=500')).rooms.filter((room) => room.school === own).map((room) => room.id);
  const teachers = new Map((await api('GET', '/people?limit=500')).people.map((person) => [person.id, person.name]));
  for (let id = 1; id <= 20; id += 1) {
    const entry = await api('GET', `/timetable/${id}`).catch(() => null);
    if (rooms.includes(entry?.room)) entries.push({ ...entry, teacher: teachers.get(entry.teacher) });
  }
  await page.goto('about:blank');
  await page.goto(`${school.stack.url}/timetable.html#school=${own}&week=${first}`);
  await page.locator('table.grid').waitFor();
});
after(() => school.stop());

test('what cannot be held as it is stops the copying, and is said in words', async () => {
  assert.deepEqual(await names(), []);
  await page.click('#copy'); // 1
  assert.equal(await page.locator('#copy-from option:checked').textContent(), '本学期');
  assert.equal(await page.locator('#copy-schools option:checked').textContent(), '实验小学');
  await page.click('dialog .primary'); // 2
  await page.locator('dialog .conflicts').waitFor();
  const late = entries.filter((entry) => entry.period > 2);
  assert.ok(late.length >= 2 && entries.length > late.length);
  assert.equal(await page.textContent('dialog .conflicts h2'), `${entries.length} 节中有 ${late.length} 节不能照搬，还没有复制`);
  assert.deepEqual((await page.locator('dialog .conflicts li').allTextContents()).sort(),
    late.map((entry) => `周${'一二三四五六日'[entry.weekday - 1]}第${entry.period}节 ${entry.subject}：新学期没有这个时间`).sort());
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'term-copy-zh');
});

test('the rest is copied without it', async () => {
  await page.click('dialog .without'); // 3
  const early = entries.filter((entry) => entry.period <= 2);
  await page.waitForFunction((count) => document.querySelector('#status').textContent.startsWith(`已复制 ${count} 节每周的课、`), early.length);
  assert.deepEqual((await names()).sort(), early.map((entry) => `${entry.subject}/${entry.teacher}`).sort());
  assert.equal(await page.locator('#copy').isVisible(), false);
});

test('a school that only receives lessons yet can copy its own, in English and on a phone too', async () => {
  await page.selectOption('#school', { label: '红旗小学' });
  await page.locator('.lesson.received').first().waitFor();
  await page.click('#language');
  await page.waitForFunction(() => document.documentElement.lang === 'en');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.click('#copy');
  await page.click('dialog .primary');
  await page.locator('dialog .conflicts').waitFor();
  assert.equal(await page.locator('dialog .without').count(), 0); // none would be left
  assert.deepEqual(await page.locator('dialog .conflicts li').allTextContents(), ['Wednesday, period 3, 科学: the new term has no such time', 'Friday, period 4, 科学: the new term has no such time']);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'term-copy-phone-en');
  await page.selectOption('#copy-schools', { label: '白杨教学点' });
  await page.click('dialog .primary');
  await page.waitForFunction(() => /These schools teach no lessons/.test(document.querySelector('dialog .error').textContent));
});
