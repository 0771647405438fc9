/* Subjects and grades are lists: a coordinator adds, renames and retires, and the dialogs offer what is left. */
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

const chip = (name) => page.locator('#catalogue').getByRole('button', { name: `修改${name}` });

async function change(name, { called = null, state = '' }) {
  await chip(name).click();
  if (called) await page.fill('#form-name', called);
  await page.selectOption('#form-state', state);
  await page.click('#form .primary');
}

test('a subject is added, and one of the same name is not', async () => {
  await page.click('#add-subject');
  await page.fill('#form-name', '书法');
  await page.click('#form .primary');
  await page.locator('#form .error', { hasText: '已有这个学科' }).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.fill('#form-name', '围棋');
  await page.click('#form .primary');
  await said(page, '已添加');
  await chip('围棋').waitFor();
});

test('a subject has its new name in what is planned, too', async () => {
  await change('音乐', { called: '音乐欣赏' });
  await said(page, '已保存');
  assert.ok((await page.locator('#textbooks tbody tr').allTextContents()).some((text) => text.includes('音乐欣赏')));
  await change('音乐欣赏', { called: '音乐' });
  await said(page, '已保存');
});

test('what is retired says so, and is offered no more', async () => {
  await change('围棋', { state: 'retired' });
  await said(page, '已保存');
  await page.locator('#subjects li', { hasText: '围棋 停用' }).waitFor();
  await change('高三', { state: 'retired' });
  await page.locator('#grades li', { hasText: '高三 停用' }).waitFor();
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'catalogue-zh');
  await page.click('#add-textbook');
  const subjects = await page.locator('#form-subject option').allTextContents();
  assert.ok(subjects.includes('音乐') && !subjects.includes('围棋'), subjects.join());
  assert.ok(!(await page.locator('#form-grade option').allTextContents()).includes('高三'));
  await page.keyboard.press('Escape');
  await page.goto(`${school.stack.url}/timetable.html`);
  await page.click('#add');
  await page.locator('#entry-subject').waitFor();
  const offered = await page.locator('#entry-subject option').allTextContents();
  assert.ok(offered[0] === '请选择' && offered.includes('音乐') && !offered.includes('围棋'), offered.join());
  assert.ok(!(await page.locator('#entry-grade option').allTextContents()).includes('高三'));
  await page.click('dialog .primary');
  await page.locator('dialog .error', { hasText: '请选择学科。' }).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.goto(`${school.stack.url}/pairings.html`);
  await page.click('#add');
  assert.deepEqual((await page.locator('#form-subject option').allTextContents()).slice(0, 2), ['整班', '语文']);
});

test('the lists speak English too, and fit a phone', async () => {
  await page.goto(`${school.stack.url}/schools.html`);
  await page.locator('#catalogue').waitFor();
  await page.click('#language');
  await page.locator('#catalogue', { hasText: 'Subjects and grades' }).waitFor();
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'catalogue-en');
  await page.setViewportSize({ width: 390, height: 800 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await page.locator('#catalogue').scrollIntoViewIfNeeded();
  await screenshot(page, 'catalogue-phone-en');
  assert.deepEqual(page.problems.filter((problem) => !/status of 409/.test(problem)), []);
});
