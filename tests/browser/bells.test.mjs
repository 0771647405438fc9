/* A coordinator sets bells: sets that follow each other, overlaps while typing, what moves, holidays and day swaps. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { violations } from './axe.mjs';
import { openPage, screenshot } from './chromium.mjs';
import { School, said } from './school.mjs';
import { alter, rowsOf } from '../support/database.mjs';

const school = new School();
let page;

before(async () => {
  await school.start();
  const people = await school.stack.command('seed', '--demo');
  /* late in the day the seed gives this week bells of its own */
  await alter(school.stack, "DELETE FROM bell_sets WHERE name = '本周'");
  const password = people.split('\n').find((line) => line.startsWith('coordinator\t')).split('\t')[2];
  page = await openPage(school.browser, { bypassCSP: true });
  await page.goto(`${school.stack.url}/bells.html`);
  await school.logIn(page, 'coordinator', password);
  await page.locator('#set-list table').waitFor();
});
after(() => school.stop());

beforeEach(async () => {
  await page.reload();
  await page.locator('#set-list table').waitFor();
});

const settled = () => page.locator('dialog .effect').waitFor();
const day = (days) => new Date(Date.now() + days * 86400000).toISOString().slice(0, 10);

test('the seeded school has its set in force, in the year strip and in words', async () => {
  const row = await page.textContent('#set-list tbody tr');
  assert.match(row, /本学期正在使用/);
  assert.match(row, /1\s*08:30–09:10/);
  assert.match(await page.getAttribute('.strip', 'aria-label'), /学年的作息： \d+\/\d+–\d+\/\d+ 本学期/);
  assert.equal(await page.locator('.strip .today').count(), 1);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'bells-zh');
  await page.click('#year-before');
  assert.equal(await page.locator('.strip .span').count(), 0);
});

test('overlaps are flagged while they are typed, and nothing is saved with one', async () => {
  await page.click('#add');
  await settled();
  await page.fill('#set-name', '春季');
  const second = page.locator('.period-rows tbody tr').nth(1);
  await second.locator('[name=start]').fill('09:00');
  assert.equal(await second.locator('.fault').textContent(), '与第1节重叠 10 分钟');
  assert.equal(await second.locator('[name=start]').getAttribute('aria-invalid'), 'true');
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'bells-overlap-zh');
  await page.click('dialog .primary');
  assert.match(await page.textContent('dialog .error'), /标红的节次/);
  assert.ok(await page.locator('dialog').isVisible());
  await second.locator('[name=start]').fill('08:00');
  assert.equal(await second.locator('.fault').textContent(), '与第1节重叠 40 分钟');
  await second.locator('[name=start]').fill('09:10'); // one may begin when the other ends
  assert.equal(await second.locator('.fault').textContent(), '');
  for (const typed of ['910', '9:10', '9：10', '09.10']) {
    await second.locator('[name=start]').fill(typed);
    await page.keyboard.press('Tab');
    assert.equal(await second.locator('[name=start]').inputValue(), '09:10', typed);
  }
  await second.locator('[name=start]').fill('25:10');
  assert.equal(await second.locator('.fault').textContent(), '请填写时间');
  await page.keyboard.press('Escape');
});

test('a set is added from another school, changed with its effect said before and after, and removed', async () => {
  await page.click('#add');
  await settled();
  await page.fill('#set-name', '冬季');
  await page.selectOption('#copy-school', { label: '白杨教学点' });
  await page.waitForFunction(() => document.querySelector('.period-rows [name=start]').value !== '08:30');
  await page.click('#add-period');
  assert.equal(await page.locator('.period-rows tbody tr').count(), 7);
  await page.locator('.period-rows tbody tr').nth(6).locator('button').click();
  await page.click('dialog .primary');
  await said(page, '已保存 冬季');
  assert.equal(await page.locator('#set-list tbody tr').count(), 2);

  await page.locator('#set-list tbody tr').first().getByRole('button', { name: '修改' }).click();
  const second = page.locator('.period-rows tbody tr').nth(1);
  await second.locator('[name=start]').fill('09:25');
  await second.locator('[name=finish]').fill('10:05');
  await page.locator('dialog .effect li', { hasText: '第2节：09:20–10:00 → 09:25–10:05' }).first().waitFor(); // not of the first field alone
  assert.match(await page.textContent('dialog .effect'), /\d+ 节课改时间/);
  await screenshot(page, 'bells-effect-zh');
  await page.click('dialog .primary');
  await said(page, '节课改时间');
  assert.match(await page.textContent('#set-list tbody tr'), /09:25–10:05/);

  await page.locator('#set-list tbody tr').last().getByRole('button', { name: '删除' }).click();
  await page.locator('dialog .effect').waitFor();
  assert.match(await page.textContent('dialog .effect'), /不影响已排的课/);
  await page.click('dialog .danger');
  await said(page, '已删除 冬季');
  assert.equal(await page.locator('#set-list tbody tr').count(), 1);
});

test('ending a set says which lessons lose their time, and does so only when wanted', async () => {
  await page.locator('#set-list tbody tr').first().getByRole('button', { name: '到今天为止' }).click();
  await page.locator('dialog .effect.lost').waitFor();
  assert.match(await page.textContent('dialog .effect'), /\d+ 节课没有上课时间/);
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press('Escape');
  assert.match(await page.textContent('#set-list tbody tr'), /正在使用/);
});

test('a holiday of the county is a row of it, and a school may hold lessons all the same', async () => {
  await page.selectOption('#organisation', { label: '青山县（全县）' });
  await page.locator('#sets').waitFor({ state: 'hidden' });
  const seeded = await page.locator('#day-list tbody tr').count();
  await page.fill('#new-first', day(4));
  await page.fill('#new-last', day(3));
  await page.click('#add-day');
  await page.locator('#status.error').waitFor();
  assert.deepEqual([await page.inputValue('#new-first'), await page.inputValue('#new-last')], [day(4), day(3)], 'what was typed is not lost');
  await page.fill('#new-first', day(3));
  await page.fill('#new-last', day(4));
  await page.click('#add-day');
  await said(page, '已保存');
  assert.equal(await page.inputValue('#new-first'), '');
  assert.equal(await page.locator('#day-list tbody tr').count(), seeded + 2);
  await page.selectOption('#new-kind', 'swap');
  await page.fill('#new-first', day(8));
  await page.fill('#new-held', day(3));
  await page.click('#add-day');
  await page.locator(`[data-day="${day(8)}"]`).waitFor();
  assert.equal(await page.inputValue(`[data-day="${day(8)}"] input`), day(3));
  const answered = page.waitForResponse((response) => response.request().method() === 'PUT');
  await page.fill(`[data-day="${day(8)}"] input`, day(4)); // in place
  assert.equal((await answered).status(), 200);
  await page.waitForFunction(([id, held]) => document.querySelector(`[data-day="${id}"] input`).getAttribute('value') === held, [day(8), day(4)]);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'bells-days-zh');

  await page.selectOption('#organisation', { label: '白杨教学点' });
  await page.locator('#sets').waitFor();
  const row = page.locator(`[data-day="${day(3)}"]`);
  assert.match(await row.textContent(), /放假.*青山县/);
  await row.getByRole('button').click();
  await page.waitForFunction((id) => document.querySelector(`[data-day="${id}"] select`)?.value === 'ordinary', day(3));
  await row.getByRole('button').click();
  await page.waitForFunction((id) => /放假/.test(document.querySelector(`[data-day="${id}"] td`).textContent), day(3));
  await page.selectOption('#organisation', { label: '青山县（全县）' });
  await page.locator('#sets').waitFor({ state: 'hidden' });
  for (const days of [3, 4, 8]) {
    await page.locator(`[data-day="${day(days)}"]`).getByRole('button').click();
    await page.locator(`[data-day="${day(days)}"]`).waitFor({ state: 'detached' });
  }
});

test('a day swap that takes a substitution along says so, and asks first', async () => {
  const monday = 7 - (new Date(Date.now() + 8 * 3600000).getUTCDay() + 6) % 7; // of next week, in Asia/Shanghai
  const [wednesday, sunday] = [monday + 2, monday + 6].map((days) => new Date(Date.now() + 8 * 3600000 + days * 86400000).toISOString().slice(0, 10));
  const [[lesson, room]] = await rowsOf(school.stack, `SELECT l.id, e.room FROM lessons l JOIN timetable_entries e ON e.id = l.entry
    JOIN rooms r ON r.id = e.room JOIN organisations o ON o.id = r.school WHERE o.name = '实验小学' AND l.day = ? LIMIT 1`, Date.parse(wednesday) / 86400000);
  await alter(school.stack, "INSERT INTO substitutions SELECT ?, ?, NULL, id, '病', 'x', 0 FROM people WHERE name = '李伟'", lesson, room);
  await page.selectOption('#organisation', { label: '实验小学' });
  await page.locator('#sets').waitFor();
  await page.selectOption('#new-kind', 'swap');
  await page.fill('#new-first', wednesday);
  await page.fill('#new-held', sunday);
  await page.click('#add-day');
  await page.locator('#dialog .effect', { hasText: '节课没有上课时间，1 处代课不再需要' }).waitFor();
  assert.deepEqual(await rowsOf(school.stack, 'SELECT count(*) FROM substitutions WHERE lesson = ?', lesson), [[1]]);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'bells-substitution-zh');
  await page.keyboard.press('Escape');
  await page.click('#language');
  await page.waitForFunction(() => document.documentElement.lang === 'en');
  await page.click('#add-day'); // what was typed is still there
  await page.locator('#dialog .effect', { hasText: '1 substitutions no longer needed' }).waitFor();
  await page.locator('#dialog .danger').click();
  await said(page, '1 substitutions no longer needed');
  await page.locator(`[data-day="${wednesday}"]`).getByRole('button').click();
  await page.locator(`[data-day="${wednesday}"]`).waitFor({ state: 'detached' });
  await page.click('#language');
  await page.waitForFunction(() => document.documentElement.lang === 'zh-CN');
});

test('a day that is changed by keys is saved once, when they leave its row or by Enter, and nothing typed elsewhere is lost', async () => {
  const puts = [];
  page.on('request', (request) => { if (request.method() === 'PUT') puts.push(request.postDataJSON()); });
  await page.selectOption('#organisation', { label: '青山县（全县）' });
  await page.locator('#sets').waitFor({ state: 'hidden' });
  await page.selectOption('#new-kind', 'swap');
  await page.fill('#new-first', day(12));
  await page.fill('#new-held', day(day(5).endsWith('-02-29') ? 6 : 5)); /* a day that each year has */
  await page.click('#add-day');
  await said(page, '已保存');
  const held = page.locator(`[data-day="${day(12)}"] input`);
  puts.length = 0;
  await held.focus();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab'); /* to the year */
  const before = await held.inputValue();
  for (let presses = 0; presses < 3; presses += 1) await page.keyboard.press('ArrowUp');
  const wanted = await held.inputValue();
  assert.notEqual(wanted, before);
  assert.deepEqual(puts, [], 'not at each step');
  await page.keyboard.press('Enter');
  await said(page, '已保存');
  assert.deepEqual(puts, [{ held_day: wanted }]);
  assert.ok(await held.evaluate((each) => each === document.activeElement), 'who typed stands where they stood');

  const kind = page.locator(`[data-day="${day(12)}"] select`);
  await page.reload();
  await page.selectOption('#organisation', { label: '青山县（全县）' });
  await kind.waitFor();
  await page.fill('#new-first', day(20));
  puts.length = 0;
  await kind.focus();
  await page.keyboard.press('ArrowUp');
  assert.deepEqual([await kind.inputValue(), puts], ['holiday', []]);
  await page.focus('#new-last');
  await said(page, '已保存');
  assert.deepEqual(puts, [{ holiday: true }]);
  assert.equal(await page.inputValue('#new-first'), day(20), 'what is typed elsewhere stays');
  await page.locator(`[data-day="${day(12)}"]`).getByRole('button').click();
  await page.locator(`[data-day="${day(12)}"]`).waitFor({ state: 'detached' });
});

test('the page speaks English too, fits a phone, and says when the server is gone', async () => {
  await page.click('#language');
  await page.waitForFunction(() => document.documentElement.lang === 'en');
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'bells-en');
  await page.setViewportSize({ width: 390, height: 844 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'bells-phone-en');
  await page.locator('#set-list').getByRole('button', { name: 'Change' }).click();
  await settled();
  await screenshot(page, 'bells-dialog-phone-en');
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press('Escape');
  await page.setViewportSize({ width: 1366, height: 768 });
  assert.deepEqual(page.problems, []);
  await page.route('**/api/v1/**', (route) => route.abort());
  await page.selectOption('#organisation', { index: 0 });
  await page.locator('#offline').waitFor();
  await page.click('#language');
  await page.waitForFunction(() => document.documentElement.lang === 'zh-CN');
  assert.ok(await page.locator('#offline').isVisible() && !await page.locator('#content').isVisible() && !await page.locator('#add').isVisible());
  await page.unroute('**/api/v1/**');
  await page.click('#retry');
  await page.locator('#content').waitFor();
});
