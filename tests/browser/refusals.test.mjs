/* What the server refuses is said in the language of the page: by dialogs, and for what a page would not even send. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { screenshot } from './chromium.mjs';
import { School } from './school.mjs';

const school = new School();
const HAN = /\p{Script=Han}/u;
let page;

before(async () => {
  await school.start();
  page = await school.openSeeded('/schools.html');
  await page.locator('#add-term').waitFor();
});
after(() => school.stop());

/** What the open dialog says once it has been sent. */
async function refusalOf(fields) {
  for (const [name, value] of Object.entries(fields)) {
    const field = page.locator(`#form-${name}`);
    if (await field.evaluate((each) => each.tagName) === 'SELECT') await field.selectOption(value);
    else await field.fill(value);
  }
  await page.click('dialog[open] .primary');
  const error = page.locator('dialog[open] .error:not([hidden])');
  await error.waitFor();
  return error.textContent();
}

/** What a page makes of the refusal of a call of api.js, of the server that runs. */
const said = (name, ...args) => page.evaluate(async ([call, given]) => {
  const [api, { reason }] = [await import('/js/api.js'), await import('/js/refusals.js')];
  return api[call](...given).then(() => 'done', (error) => `${error.body?.code}: ${reason(error)}`);
}, [name, args]);

test('dialogs of a Chinese page say in Chinese what the server refuses', async () => {
  const rooms = await page.evaluate(async () => (await import('/js/api.js')).listOf('rooms'));
  const [room] = rooms;
  const { name } = await page.evaluate(async (id) => (await (await import('/js/api.js')).listOf('organisations')).find((each) => each.id === id), room.school);
  await page.locator('tr', { hasText: name }).getByRole('button', { name: /添加教室/ }).click();
  assert.equal(await refusalOf({ name: room.name }), '这所学校已有同名的教室。');
  await screenshot(page, 'refusal-room-zh');
  assert.equal(await refusalOf({ name: '很长的名字'.repeat(12) }), '文字太长：最多 128 个字节，一个汉字占 3 个。');
  await page.keyboard.press('Escape');
  await page.click('#add-term');
  assert.equal(await refusalOf({ name: '反了', first_day: '2027-02-01', last_day: '2027-01-01' }), '学期的最后一天要在第一天之后，最长 400 天。');
  await page.keyboard.press('Escape');
});

test('what only another page or an old one sends is refused in Chinese, and in English on an English page', async () => {
  const [schools, rooms, terms] = await Promise.all(['organisations', 'rooms', 'terms'].map((kind) =>
    page.evaluate(async (each) => (await import('/js/api.js')).listOf(each), kind)));
  const receiving = rooms.find((room) => room.use === 'receiving');
  const week = await page.evaluate(async ([organisation, day]) => (await import('/js/api.js')).weekOf(organisation, day),
    [schools.find((each) => each.kind === 'county').id, new Date().toISOString().slice(0, 10)]);
  const entry = await page.evaluate(async (id) => (await import('/js/api.js')).entryOf(id), week.lessons.find((lesson) => lesson.entry).entry);
  const set = { name: '重叠', first_day: '2027-01-01', last_day: '2027-02-01', periods: [[500, 540], [530, 570]] };
  const calls = [
    [['addBells', receiving.school, set], 'periods_overlap: 第1节和第2节的时间重叠。', 'periods_overlap: Periods 1 and 2 overlap.'],
    [['addBells', receiving.school, { ...set, periods: [[500, 540]], last_day: '2026-12-01' }],
      'bells_invalid: 最后一天早于第一天，或者名称不能用。', 'bells_invalid: The last day is before the first one, or the name cannot be used.'],
    [['checkEntry', { ...entry, room: receiving.id }], `room_use: ${receiving.name} 不是主讲教室。`, `room_use: ${receiving.name} is no master room.`],
    [['checkEntry', { ...entry, first_week: 9, last_week: 3 }], 'entry_invalid: “周次”这一项不能这样填。', 'entry_invalid: Weeks: this cannot be.'],
    [['copyTerm', terms[0].id, { from: terms[0].id, organisation: receiving.school, without: [] }],
      'term_copy_same: 不能把一个学期复制到它自己。', 'term_copy_same: A term is copied into another one.'],
    [['addTerm', { name: 'x', organisation: receiving.school, first_day: '', last_day: '' }],
      'bad_date: 日期没有填，或者日历上没有这一天。', 'bad_date: A date is missing, or is none that the calendar has.'],
    [['putDay', receiving.school, '2026-02-30', { holiday: true }], /^bad_date: 日期/, /^bad_date: A date/],
    [['removePairing', 999999, 1], /^no_pairing: 这个结对/, /^no_pairing: This pairing/],
    [['addPerson', { name: '王\n芳', role: 'local_teacher', organisation: receiving.school }], 'name_invalid: 这个名称不能用。', 'name_invalid: This name cannot be used.'],
    [['addPerson', { name: 'x', role: 'audit_admin', organisation: receiving.school }], /^account_coordinator: 排课管理员只管理/, /^account_coordinator: Coordinators keep/],
    [['systemFigures'], 'not_for_role: 你的角色不能这样做。', 'not_for_role: This is not for your role.'],
  ];
  for (const language of [1, 2]) {
    for (const call of calls) {
      const text = await said(...call[0]);
      if (call[language] instanceof RegExp) assert.match(text, call[language]);
      else assert.equal(text, call[language]);
      assert.equal(HAN.test(text.replace(receiving.name, '')), language === 1, text);
    }
    if (language === 1) {
      await page.click('#language');
      await page.waitForFunction(() => document.documentElement.lang === 'en');
    }
  }
});

test('the eleventh address of a calendar is refused in the words of the page', async () => {
  await page.goto(`${school.stack.url}/import.html`);
  const [list, button] = [page.locator('#calendar-list tbody tr'), page.locator('#calendar-add')];
  await button.waitFor();
  let count = await list.count();
  while (count < 50 && await page.locator('#calendar-status.error').count() === 0) {
    await button.click();
    await page.waitForFunction((rows) => document.querySelectorAll('#calendar-list tbody tr').length > rows
      || document.querySelector('#calendar-status').classList.contains('error'), count);
    count = await list.count();
  }
  assert.match(await page.textContent('#calendar-status'), /^There are \d+ addresses for this already\. Revoke one first\.$/);
  await page.click('#language');
  await button.click();
  await page.waitForFunction(() => /已有 \d+ 个订阅地址/.test(document.querySelector('#calendar-status').textContent));
  await screenshot(page, 'refusal-calendar-zh');
});

test('a login with a wrong password is refused in both languages', async () => {
  const stranger = await school.browser.newContext();
  const login = await stranger.newPage();
  await login.goto(school.stack.url);
  for (const words of ['账号或密码不对。', 'The login or the password is wrong.']) {
    await login.fill('#name', 'wang');
    await login.fill('#password', 'not the one');
    await login.click('#login button');
    await login.waitForFunction((text) => document.querySelector('#login-error').textContent === text, words);
    await login.click('#language');
  }
  await stranger.close();
});
