/* The timetable without a mouse: every lesson of a place is reached, moved in three presses, and keeps the focus. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from './axe.mjs';
import { screenshot } from './chromium.mjs';
import { School, said } from './school.mjs';

const school = new School();
let page;

const list = (kind) => page.evaluate(async (name) => (await (await fetch(`/api/v1/${name}?limit=500`)).json())[name], kind);
const cell = (weekday, period) => page.locator(`#grid tbody tr:nth-child(${period}) td:nth-child(${weekday + 1})`);
const lessonsAt = (weekday, period) => cell(weekday, period).locator('.lesson strong').allTextContents();
const focused = () => page.evaluate(() => document.activeElement.textContent);
const isFocusIn = (place) => place.evaluate((element) => element.contains(document.activeElement));

before(async () => {
  await school.start();
  page = await school.openSeeded('/timetable.html');
  page.setDefaultTimeout(20000);
  await page.locator('table.grid').waitFor();
  const ids = Object.fromEntries((await Promise.all(['rooms', 'people', 'terms'].map(list))).flat().map((each) => [each.name, each.id]));
  for (const [subject, room, teacher] of [['科学', '录播教室一', '王芳'], ['英语', '录播教室二', '李伟']]) {
    await page.evaluate(async (entry) => {
      const response = await fetch('/api/v1/timetable', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(entry) });
      if (!response.ok) throw new Error(await response.text());
    }, {
      term: ids['本学期'], subject, grade: 3, mode: 'co_teaching', weeks: 'all', first_week: 1, last_week: 60, receiving: [], weekday: 5, period: 5,
      room: ids[room], teacher: ids[teacher],
    });
  }
  await page.click('#week-after');
  await page.waitForFunction(() => location.hash.includes('week='));
  await page.reload();
  await page.locator('table.grid').waitFor();
});
after(() => school.stop());

test('arrows reach both lessons of one place, and Tab the way to another', async () => {
  assert.deepEqual(await lessonsAt(5, 5), ['科学/王芳', '英语/李伟']);
  await cell(5, 4).locator('button').first().focus();
  await page.keyboard.press('ArrowDown');
  assert.match(await focused(), /^科学/);
  await page.keyboard.press('ArrowDown');
  assert.match(await focused(), /^英语/);
  await page.keyboard.press('ArrowDown');
  assert.ok(await isFocusIn(cell(5, 6)));
  await page.keyboard.press('ArrowUp');
  assert.match(await focused(), /^英语/);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), '移动到…：英语（周五第5节）');
  await page.keyboard.press('Tab');
  assert.equal(await isFocusIn(page.locator('#grid')), false);
});

test('a lesson is moved in three presses, and has the focus where it is then', async () => {
  await cell(5, 5).locator('.move-to').nth(1).click(); // 1
  await page.locator('#move[open]').waitFor();
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'timetable-move-zh');
  await page.setViewportSize({ width: 390, height: 844 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'timetable-move-phone');
  await page.setViewportSize({ width: 1366, height: 768 });
  await page.locator('#move').getByRole('button', { name: '周五第6节' }).click(); // 2
  await said(page, '已保存：英语，周五第6节');
  assert.deepEqual(await lessonsAt(5, 6), ['英语/李伟']);
  assert.ok(await isFocusIn(cell(5, 6)));
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter'); // and by keyboard
  await page.locator('#move[open]').waitFor();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await page.locator('#move').waitFor({ state: 'hidden' });
});

test('a place that is taken is asked about as after a drop, and the way out leads back', async () => {
  await cell(5, 5).locator('.placed', { hasText: '科学' }).locator('.move-to').click();
  await page.locator('#move').getByRole('button', { name: /^周一第1节，已有音乐/ }).click(); // Wang teaches there
  await page.locator('#entry .conflicts').waitFor();
  assert.equal(await page.inputValue('#entry-weekday'), '1');
  await page.keyboard.press('Escape');
  await page.locator('#entry').waitFor({ state: 'hidden' });
  assert.ok(await isFocusIn(cell(5, 5)));
});

test('who saved a lesson stands on it, who took it away on the place that it left', async () => {
  await cell(5, 5).locator('.lesson', { hasText: '科学' }).focus();
  await page.keyboard.press('Enter');
  await page.locator('#entry .hint').first().waitFor();
  await page.selectOption('#entry-weekday', '2');
  await page.selectOption('#entry-period', '6');
  await page.locator('#entry .primary').focus();
  await page.keyboard.press('Enter');
  await said(page, '已保存：科学');
  assert.match(await focused(), /^科学/);
  assert.ok(await isFocusIn(cell(2, 6)));
  await page.keyboard.press('Enter');
  await page.click('#entry .danger');
  await page.click('#form .primary');
  await said(page, '已删除：科学');
  assert.deepEqual(await lessonsAt(2, 6), []);
  assert.ok(await isFocusIn(cell(2, 6)));
});
