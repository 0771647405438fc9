/* A coordinator pairs rooms: what their bells allow is said before it is saved, and a pairing rests, comes back and goes. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from './axe.mjs';
import { openPage, screenshot } from './chromium.mjs';
import { School } from './school.mjs';
import { alter } from '../support/database.mjs';

const PAIR = ['录播教室一', '石沟教学点 复式教室'];
const school = new School();
let password;
let page;

before(async () => {
  await school.start();
  const people = await school.stack.command('seed', '--demo');
  password = people.split('\n').find((line) => line.startsWith('coordinator\t')).split('\t')[2];
  page = await open();
});
after(() => school.stop());

async function open(options = {}) {
  const made = await openPage(school.browser, { bypassCSP: true, ...options });
  await made.goto(`${school.stack.url}/pairings.html`);
  await school.logIn(made, 'coordinator', password);
  await made.locator('#content:not([hidden]), #empty:not([hidden])').first().waitFor();
  return made;
}

const panel = (master) => page.locator('section.panel', { has: page.locator('h2', { hasText: master }) });
const row = (master, receiving) => panel(master).locator('tbody tr', { has: page.locator('th', { hasText: receiving }) });
const status = (text) => page.waitForFunction((part) => document.querySelector('#status').textContent === part, text);
const button = (name, [master, receiving], at = page) => row(master, receiving, at).getByRole('button', { name: new RegExp(`^${name}`) });

async function choose(master, receiving, says) {
  await page.selectOption('#form-master_room', { label: master });
  await page.selectOption('#form-receiving_room', { label: receiving });
  await page.waitForFunction((pattern) => new RegExp(pattern).test(document.querySelector('#form-note').textContent), says.source);
}

/* A school's bells from its first period on, each 40 minutes long. */
const ringAt = (name, first, apart) => alter(school.stack, `UPDATE bell_periods SET start_minute = ? + ? * (number - 1), end_minute = ? + ? * (number - 1) + 40
  WHERE bell_set IN (SELECT s.id FROM bell_sets s JOIN organisations o ON o.id = s.school WHERE o.name = ?)`, first, apart, first, apart, name);

async function reload() {
  await page.reload();
  await page.locator('#content:not([hidden]), #empty:not([hidden])').first().waitFor();
}

test('the pairings of the term stand by master room, with state and consent in words', async () => {
  assert.equal(await page.locator('section.panel').count(), 4);
  assert.match(await row(...PAIR).textContent(), /整班● 有效\d{4}\/\d+\/\d+，coordinator 登记/);
  assert.equal(await page.locator('.pairing-frozen').count(), 1);
  assert.match(await page.locator('.pairing-frozen').textContent(), /■ 已冻结/);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'pairings-zh');
});

test('the term that is on is shown first, not one to come', async () => {
  const day = Math.floor(Date.now() / 86400000);
  await alter(school.stack, "INSERT INTO terms (organisation, name, first_day, last_day) SELECT organisation, '明年', ?, ? FROM terms LIMIT 1", day + 200, day + 300);
  await reload();
  assert.deepEqual(await page.locator('#term option').allTextContents(), ['明年', '本学期']);
  assert.equal(await page.locator('#term option:checked').textContent(), '本学期');
  await alter(school.stack, "DELETE FROM terms WHERE name = '明年'");
  await reload();
});

test('a pairing is frozen, and active again, by keyboard', async () => {
  await button('冻结', PAIR).focus();
  await page.keyboard.press('Enter');
  await page.locator('#form-note', { hasText: /还有 \d+ 节未上的课/ }).waitFor();
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'pairings-freeze-zh');
  await page.keyboard.press('Enter');
  await status('已冻结');
  assert.match(await row(...PAIR).textContent(), /■ 已冻结/);
  assert.equal(await page.evaluate(() => document.activeElement.textContent), '恢复', 'the focus stays where it was');
  await page.keyboard.press('Enter');
  await status('已恢复');
  assert.match(await row(...PAIR).textContent(), /● 有效/);
});

test('a pairing is removed when that is confirmed, and added with consent to come', async () => {
  await button('删除', PAIR).click();
  await page.locator('#form-note', { hasText: /还有 \d+ 节未上的课.*照常进行/ }).waitFor();
  assert.match(await page.textContent('dialog[open]'), /删除 实验小学 录播教室一 与 石沟教学点 复式教室 的结对.*登记的同意也会删除/);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'pairings-remove-zh');
  await page.keyboard.press('Escape');
  assert.equal(await row(...PAIR).count(), 1);
  await button('删除', PAIR).click();
  await page.click('dialog[open] .primary');
  await status('已删除');
  assert.equal(await row(...PAIR).count(), 0);

  await page.click('#add');
  await choose('实验小学 录播教室一', PAIR[1], /按两校作息，[1-6] 个节次可以整节一起上/);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'pairings-add-zh');
  await page.click('dialog[open] .primary');
  await status('已添加');
  assert.match(await row(...PAIR).textContent(), /尚未同意/);
  await button('登记', PAIR).click();
  await status('已登记同意');
  assert.match(await row(...PAIR).textContent(), /coordinator 登记/);
});

test('what cannot be is said in words, and the dialog stays', async () => {
  await page.click('#add');
  await choose('实验小学 录播教室一', PAIR[1], /整节/);
  await page.click('dialog[open] .primary');
  await page.locator('dialog[open] .error:not([hidden])').waitFor();
  assert.equal(await page.textContent('dialog[open] .error'), '本学期已有这两间教室的结对。');
  await page.selectOption('#form-master_room', { label: '红旗小学 多功能教室' });
  await page.selectOption('#form-receiving_room', { label: '红旗小学 多功能教室' });
  await page.click('dialog[open] .primary');
  await page.waitForFunction(() => /不能结对/.test(document.querySelector('dialog[open] .error').textContent));
  await screenshot(page, 'pairings-refused-zh');
  await page.keyboard.press('Escape');
});

test('schools without a period in common are told of the nearest one', async () => {
  const [regular, late] = ['实验小学 录播教室一', '白杨教学点 三年级教室'];
  await ringAt('实验小学', 500, 100);
  await ringAt('白杨教学点', 525, 100);
  await page.click('#add');
  await choose(regular, late, /没有能整节一起上的节次.*主讲第1节（08:20–09:00）与听课第1节（08:45–09:25），晚 10 分钟播放，重叠 25 分钟/);
  await screenshot(page, 'pairings-nearest-zh');
  await page.keyboard.press('Escape');
  await ringAt('白杨教学点', 480, 100);
  await page.click('#add');
  await choose(regular, late, /主讲第1节（08:20–09:00）与听课第1节（08:00–08:40），重叠 20 分钟/);
  await page.keyboard.press('Escape');
  await ringAt('白杨教学点', 550, 100);
  await page.click('#add');
  await choose(regular, late, /没有重叠的节次/);
  await page.keyboard.press('Escape');
});

test('the page speaks English too, fits a phone, and its targets are large', async () => {
  await page.click('#language');
  await page.waitForFunction(() => document.documentElement.lang === 'en' && document.querySelector('h1').textContent === 'Pairings');
  assert.match(await page.textContent('#content'), /Whole class● Active/);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'pairings-en');
  await page.setViewportSize({ width: 390, height: 844 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  const small = await page.locator('main button, main select').evaluateAll((all) => all.filter((each) => each.checkVisibility())
    .map((each) => [each.textContent, each.getBoundingClientRect()]).filter(([, box]) => box.height < 43.9).map(([text]) => text));
  assert.deepEqual(small, []);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'pairings-phone-en');
  await page.setViewportSize({ width: 1366, height: 768 });
  await page.click('#language');
  await page.waitForFunction(() => document.documentElement.lang === 'zh-CN');
});

test('a term that is over has expired pairings, which can only be removed', async () => {
  const today = Math.floor(Date.now() / 86400000);
  await alter(school.stack, 'UPDATE terms SET first_day = ?, last_day = ?', today - 100, today - 2);
  await reload();
  assert.equal(await page.locator('.pairing-expired').count(), await page.locator('tbody tr').count());
  assert.match(await row(...PAIR).textContent(), /○ 已过期/);
  assert.equal(await button('冻结', PAIR).count(), 0);
  assert.equal(await button('删除', PAIR).count(), 1);
  await screenshot(page, 'pairings-expired-zh');
});

test('without the server a change says so and the page keeps what it shows; without pairings it says that', async () => {
  await page.route('**/api/v1/**', (route) => route.abort());
  await button('删除', PAIR).click();
  await page.click('dialog[open] .primary');
  await page.waitForFunction(() => /连接不上服务器/.test(document.querySelector('dialog[open] .error').textContent));
  await page.keyboard.press('Escape');
  assert.equal(await row(...PAIR).count(), 1);
  await page.reload();
  await page.locator('#offline').waitFor();
  await page.unroute('**/api/v1/**');
  await page.click('#retry');
  await page.locator('#content').waitFor();
  await alter(school.stack, 'DELETE FROM pairings');
  await reload();
  assert.equal(await page.textContent('#empty-text'), '本学期还没有结对');
  assert.ok(await page.locator('#add').isVisible());
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'pairings-empty-zh');
  assert.deepEqual(page.problems.filter((problem) => !/status of 4(09|22)|ERR_FAILED/.test(problem)), []);
});
