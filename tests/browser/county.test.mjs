/*
 * A county from nothing, through the pages only: the first administrator, schools with different bells, people from a
 * file, rooms, devices, a pairing, a weekly lesson, a conflict and its repair; and at the bell both devices join by
 * themselves and the receiving one shows the lesson.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, openPage, screenshot } from './chromium.mjs';
import { said } from './school.mjs';
import { County } from '../support/county.mjs';
import { Stack, waitFor } from '../support/stack.mjs';

const ROOT = '风筝 蓝色 河边 下午';
const PLANNER = 'seven slow trains north';
let county;
let browser;
let page;
const devices = {};

before(async () => {
  county = new County();
  county.aheadS = 0;
  county.stack = await Stack.start();
  browser = await launch();
  page = await openPage(browser, { bypassCSP: true });
  page.setDefaultTimeout(15000);
});
after(async () => {
  await browser?.close();
  await county?.stop();
});

const go = async (name) => {
  await page.goto(`${county.stack.url}/${name}.html`);
  await page.locator('#person').waitFor();
};

async function fill(values) {
  for (const [name, value] of Object.entries(values)) {
    const input = page.locator(`#form-${name}`);
    if (await input.evaluate((element) => element.tagName) === 'SELECT') await input.selectOption({ label: value });
    else await input.fill(value);
  }
  await page.click('#form .primary');
  await page.locator('#form').waitFor({ state: 'hidden' });
}

/** "08:30" so many minutes later. */
function later(time, minutes) {
  const [hour, minute] = time.split(':').map(Number);
  const sum = hour * 60 + minute + minutes;
  return `${String(Math.floor(sum / 60)).padStart(2, '0')}:${String(sum % 60).padStart(2, '0')}`;
}

/** The first day of the next week, by the county's calendar. */
function nextMonday() {
  const today = new Date(Date.now() + 8 * 3600000);
  return new Date(today.getTime() + (8 - (today.getUTCDay() || 7)) * 86400000).toISOString().slice(0, 10);
}

test('the first administrator comes by the link of the console', async () => {
  const link = await waitFor('the link', () => /http\S+first\.html#ticket=\w+/.exec(county.stack.signaling.output)?.[0]);
  await page.goto(link);
  await page.locator('#content').waitFor();
  await page.fill('#name', 'root');
  await page.fill('#new', ROOT);
  await page.fill('#again', ROOT);
  await page.click('#content .primary');
  await page.locator('.tile').first().waitFor();
});

test('a county, two schools and their rooms', async () => {
  await go('schools');
  await page.click('#add-county');
  await fill({ name: '青山县' });
  await said(page, '已添加');
  for (const name of ['实验小学', '白杨教学点']) {
    await page.click('#add-school');
    await fill({ name });
    await page.locator('th', { hasText: name }).waitFor();
  }
  await page.getByRole('button', { name: '给 实验小学 添加教室' }).click();
  await fill({ name: '录播教室', use: '主讲' });
  await page.getByRole('button', { name: '给 白杨教学点 添加教室' }).click();
  await fill({ name: '三年级', use: '听课' });
  await page.locator('td .chips', { hasText: '三年级' }).waitFor();
  await screenshot(page, 'county-schools-zh');
});

test('a coordinator, who chooses a password', async () => {
  await go('accounts');
  await page.click('#add');
  await page.fill('#form-name', 'planner');
  await page.selectOption('#form-role', 'coordinator');
  await page.selectOption('#form-organisation', { label: '青山县' });
  await page.click('#form .primary');
  await page.locator('#one-time').waitFor();
  const once = await page.textContent('#one-time');
  await page.context().close();
  page = await openPage(browser, { bypassCSP: true });
  page.setDefaultTimeout(15000);
  await page.goto(county.stack.url);
  await page.locator('#login').waitFor();
  await page.fill('#name', 'planner');
  await page.fill('#password', once);
  await page.click('#login button');
  await page.locator('#must-change').waitFor();
  await page.fill('#old', once);
  await page.fill('#new', PLANNER);
  await page.fill('#again', PLANNER);
  await page.click('#password-form .primary');
  await page.locator('.tile').first().waitFor();
});

test('a term, and bells that differ by a minute', async () => {
  await go('schools');
  await page.click('#add-term');
  await fill({ name: '本学期', organisation: '青山县', first_day: nextMonday(), last_day: new Date(Date.now() + 100 * 86400000).toISOString().slice(0, 10) });
  await said(page, '已添加');
  await go('bells');
  for (const [school, starts] of [['实验小学', ['08:30', '09:20']], ['白杨教学点', ['08:31', '09:21']]]) {
    await page.selectOption('#organisation', { label: school });
    await page.click('#add');
    await page.locator('#set-name').waitFor();
    await page.fill('#set-name', '本学期');
    await page.fill('#set-first', nextMonday());
    await page.fill('#set-last', new Date(Date.now() + 100 * 86400000).toISOString().slice(0, 10));
    while (await page.locator('.period-rows tbody tr').count() > starts.length) await page.locator('.period-rows tbody tr').last().locator('button').click();
    while (await page.locator('.period-rows tbody tr').count() < starts.length) await page.click('#add-period');
    for (const [index, start] of starts.entries()) {
      const row = page.locator('.period-rows tbody tr').nth(index);
      await row.locator('[name=start]').fill(start);
      await row.locator('[name=finish]').fill(later(start, 40));
    }
    await page.click('dialog .primary');
    await said(page, '已保存 本学期');
  }
});

test('teachers from a file', async () => {
  await go('import');
  await page.locator('#template').waitFor();
  await page.setInputFiles('#file', { name: '教师.csv', mimeType: 'text/csv',
    buffer: Buffer.from('姓名,角色,学校\r\n王芳,主讲教师,实验小学\r\n李伟,主讲教师,实验小学\r\n赵敏,辅助教师,白杨教学点\r\n') });
  await page.waitForFunction(() => !document.querySelector('#submit')?.disabled);
  await page.click('#submit');
  await page.waitForFunction(() => document.querySelector('#import-status').textContent.includes('已导入 3 行'));
});

test('a capture box and a player are enrolled with their codes', async () => {
  await go('devices');
  for (const [kind, room] of [['capture', '实验小学 录播教室'], ['player', '白杨教学点 三年级']]) {
    await page.click('#enrol');
    await page.selectOption('#form-room', { label: room });
    await page.selectOption('#form-kind', kind);
    await page.click('#form .primary');
    await page.locator('#code-digits').waitFor();
    devices[kind] = await county.enrolWith(kind, (await page.textContent('#code-digits')).replace(' ', ''));
    await page.waitForFunction(() => document.querySelector('#code-done').textContent.includes('已登记'));
    await page.click('#code-close');
  }
});

test('the rooms are paired', async () => {
  await go('pairings');
  await page.locator('#add').waitFor();
  await page.click('#add');
  await fill({ master_room: '实验小学 录播教室', receiving_room: '白杨教学点 三年级', consent: '已同意' });
  await page.locator('tbody tr', { hasText: '有效' }).waitFor();
  await screenshot(page, 'county-pairings-zh');
});

const cell = (weekday, period) => page.locator(`table.grid tbody tr:nth-child(${period}) td:nth-child(${weekday + 1})`);

test('a weekly lesson is placed in five clicks', async () => {
  await go('timetable');
  await page.locator('table.grid, #empty:not([hidden])').first().waitFor();
  if (!await cell(1, 1).locator('.cell').count()) await page.click('#week-after');
  let clicks = 0;
  const click = async (target) => { clicks += 1; await target.click(); };
  const choose = async (list, option) => { clicks += 2; await page.selectOption(list, option); }; // it opens, and is pressed
  await click(cell(1, 1).locator('.cell'));
  await choose('#entry-subject', '音乐');
  await click(page.locator('.receiving label').first());
  await page.locator('dialog .hint, dialog .conflicts').first().waitFor();
  await click(page.locator('#entry .primary'));
  await cell(1, 1).locator('.lesson').waitFor();
  assert.ok(clicks <= 5);
  await screenshot(page, 'county-timetable-zh');
});

test('a conflict is shown and repaired in one click', async () => {
  await page.click('#add');
  await page.selectOption('#entry-subject', '美术');
  await page.selectOption('#entry-weekday', '1');
  await page.selectOption('#entry-period', '1');
  await page.locator('dialog .conflicts').waitFor();
  assert.match(await page.textContent('dialog .conflicts'), /冲突/);
  await screenshot(page, 'county-conflict-zh');
  await page.locator('dialog .repairs button').first().click();
  await page.locator('dialog').first().waitFor({ state: 'hidden' });
  await page.locator('.lesson', { hasText: '美术' }).waitFor();
});

test('at the bell both devices join by themselves and the receiving one shows the lesson, to its own bell', async () => {
  const start = Date.parse(`${nextMonday()}T08:30:00+08:00`) / 1000;
  await county.restartAhead(Math.round(start - 130 - Date.now() / 1000));
  const capture = county.follow('capture', devices.capture, ['--camera', 'sample', '--microphone', 'sample', '--json-lines']);
  const player = county.follow('player', devices.player, ['--headless', '--json-lines']);
  const figures = () => player.output.split('\n').filter((line) => line.includes('"frames_decoded"')).map((line) => JSON.parse(line)).at(-1);
  const soon = (what, condition) => waitFor(what, condition, 120000).catch((error) => {
    throw new Error(`${error.message}\n${[capture, player, county.stack.signaling].map(({ output }) => output.slice(-2000)).join('\n')}`);
  });
  await soon('both to join', () => [capture, player].every(({ output }) => / event=join /.test(output)));
  assert.ok(county.nowS() >= start - 121);
  await soon('what is kept until the own bell', () => figures()?.kept_ms > 5000);
  assert.equal(figures().shift_ms, 60000, 'a minute later, as its bell is');
  await soon('pictures in the receiving room', () => figures().frames_decoded > 30);
});
