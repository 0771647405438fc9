/* A school, a room and a term that were typed wrong are corrected, and what nothing hangs on is removed. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from './axe.mjs';
import { screenshot } from './chromium.mjs';
import { School, said } from './school.mjs';

const school = new School();
let page;

before(async () => {
  await school.start();
  page = await school.openSeeded('/schools.html');
  await page.waitForURL('**/schools.html');
  await page.locator('#catalogue').waitFor();
});
after(() => school.stop());

const press = (name) => page.getByRole('button', { name }).click();
const focused = () => page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.id);

async function add(button, name) {
  await press(button);
  await page.fill('#form-name', name);
  await page.click('#form .primary');
  await said(page, '已添加');
}

test('a room gets its right name, by the keyboard as well, and the focus stays where it was', async () => {
  await add('给 红旗小学 添加教室', '音乐较室 ');
  await page.getByRole('button', { name: '修改 音乐较室' }).focus();
  await page.keyboard.press('Enter');
  await page.locator('#form-name').waitFor();
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'room-change-zh');
  await page.fill('#form-name', '音乐教室');
  await page.selectOption('#form-use', 'both');
  await page.keyboard.press('Enter');
  await said(page, '已保存');
  assert.match(await focused(), /^修改 音乐教室/);
});

test('blanks are no name, and a name is taken once', async () => {
  await press('修改 音乐教室');
  await page.fill('#form-name', '\u3000');
  await page.click('#form .primary');
  await page.locator('#form .error', { hasText: '名称' }).waitFor();
  await page.keyboard.press('Escape');
});

test('what lessons hang on stays, and what nothing hangs on goes after a second question', async () => {
  await press('修改 录播教室一');
  await page.click('#form-instead');
  await page.locator('#form-title', { hasText: '删除 实验小学 录播教室一？' }).waitFor();
  await page.locator('#form-note', { hasText: '不能恢复' }).waitFor();
  await page.click('#form .danger');
  await page.locator('#form .error', { hasText: '节课与它有关' }).waitFor();
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'room-stays-zh');
  await page.keyboard.press('Escape');
  await press('修改 音乐教室');
  await page.click('#form-instead');
  await page.locator('#form-title', { hasText: '删除' }).waitFor();
  await page.click('#form .danger');
  await said(page, '已删除 红旗小学 音乐教室');
  assert.equal(await page.getByRole('button', { name: '修改 音乐教室' }).count(), 0);
  assert.equal(await focused(), 'main');
});

test('a school is corrected and removed', async () => {
  await press('＋学校');
  await page.fill('#form-name', '河东小学小学');
  await page.click('#form .primary');
  await said(page, '已添加');
  await press('修改 河东小学小学');
  await page.fill('#form-name', '河东小学');
  await page.selectOption('#form-zone', 'Asia/Urumqi');
  await page.locator('#form-note', { hasText: '按新时区的钟点上课' }).waitFor();
  await page.click('#form .primary');
  await said(page, '已保存');
  await press('修改 青山县');
  await page.click('#form-instead');
  await page.click('#form .danger');
  await page.locator('#form .error', { hasText: '所学校' }).waitFor();
  await page.keyboard.press('Escape');
  await press('修改 河东小学');
  await page.click('#form-instead');
  await page.locator('#form-title', { hasText: '删除 河东小学？' }).waitFor();
  await page.click('#form .danger');
  await said(page, '已删除 河东小学');
});

test('a term\'s last day is corrected, and no lesson is left outside', async () => {
  await press('修改 本学期');
  const last = await page.inputValue('#form-last_day');
  await page.fill('#form-last_day', await page.inputValue('#form-first_day'));
  await page.locator('#form-note', { hasText: '之后不能还有课' }).waitFor();
  await page.click('#form .primary');
  await page.locator('#form .error', { hasText: '节课会落在学期之外' }).waitFor();
  await screenshot(page, 'term-shorter-zh');
  const later = new Date(Date.parse(last) + 14 * 86400000).toISOString().slice(0, 10);
  await page.fill('#form-last_day', later);
  await page.locator('#form-note', { hasText: '新的最后一天' }).waitFor();
  await page.fill('#form-name', '秋学期');
  await page.click('#form .primary');
  await said(page, '已保存');
  await page.locator('.terms', { hasText: `秋学期 · ` }).waitFor();
  assert.match(await page.textContent('.terms'), new RegExp(later));
});

test('it speaks English too, and fits a phone', async () => {
  await page.click('#language');
  await page.getByRole('button', { name: 'Change 秋学期' }).waitFor();
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'school-changes-en');
  await page.getByRole('button', { name: 'Change 青山县', exact: true }).click();
  await screenshot(page, 'county-change-en');
  await page.keyboard.press('Escape');
  await page.setViewportSize({ width: 390, height: 844 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await screenshot(page, 'school-changes-phone-en');
  assert.deepEqual(page.problems.filter((text) => !/status of 4(09|22)/.test(text)), []);
});
