/* A coordinator notes which textbooks a school uses. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from './axe.mjs';
import { screenshot } from './chromium.mjs';
import { School } from './school.mjs';

const school = new School();
let page;

before(async () => {
  await school.start();
  page = await school.openSeeded('/schools.html');
  await page.waitForURL('**/schools.html');
  await page.locator('#textbooks').waitFor();
});
after(() => school.stop());

const rows = () => page.locator('#textbooks tbody tr').allTextContents();

test('an edition is noted and taken away', async () => {
  const before = await rows();
  assert.ok(before.some((text) => text.includes('石沟教学点音乐 全部年级苏教版')), before.join('; '));
  await page.click('#add-textbook');
  await page.selectOption('#form-school', { label: '红旗小学' });
  await page.selectOption('#form-subject', '科学');
  await page.fill('#form-edition', '教科版');
  assert.deepEqual(await violations(page), []);
  await page.click('#form .primary');
  await page.waitForFunction(() => document.querySelector('#status').textContent.includes('已登记'));
  assert.equal((await rows()).length, before.length + 1);
  await page.getByRole('button', { name: '删除红旗小学 科学 全部年级的教材版本' }).click();
  await page.waitForFunction(() => document.querySelector('#status').textContent.includes('已删除'));
  assert.deepEqual(await rows(), before);
});

test('the list speaks English too, and fits a phone', async () => {
  await screenshot(page, 'textbooks-zh');
  assert.match(await page.textContent('#status'), /已删除/);
  await page.click('#language');
  await page.locator('#textbooks', { hasText: 'Textbook editions' }).waitFor();
  assert.equal(await page.textContent('#status'), '', 'not in Chinese on an English page');
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'textbooks-en');
  await page.setViewportSize({ width: 390, height: 800 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.deepEqual(page.problems, []);
});
