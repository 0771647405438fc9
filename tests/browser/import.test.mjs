/* A coordinator brings a file: mistakes in their place, all or nothing, passwords once; what leaves, and calendars. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { violations } from './axe.mjs';
import { openPage, screenshot } from './chromium.mjs';
import { School } from './school.mjs';

const school = new School();
const HEADER = '姓名,角色,学校\r\n';
let coordinator;
let page;

before(async () => {
  await school.start();
  const people = await school.stack.command('seed', '--demo');
  coordinator = people.split('\n').find((line) => line.startsWith('coordinator\t')).split('\t')[2];
  page = await openPage(school.browser, { bypassCSP: true, acceptDownloads: true });
  await page.goto(`${school.stack.url}/import.html`);
  await school.logIn(page, 'coordinator', coordinator);
  await page.waitForURL((url) => url.pathname === '/import.html');
  await page.locator('#template').waitFor();
});
after(() => school.stop());

const choose = (name, text) => page.setInputFiles('#file', { name, mimeType: 'text/csv', buffer: Buffer.from(text) });
const status = (words) => page.waitForFunction((text) => document.querySelector('#import-status').textContent.includes(text), words);

async function downloaded(act) {
  const [download] = await Promise.all([page.waitForEvent('download'), act()]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

test('the page says what to do, and its template can be filled in', async () => {
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'import-zh');
  const { name, text } = await downloaded(() => page.click('#template'));
  assert.equal(name, 'duet-people.csv');
  assert.match(text, /^\ufeff姓名,角色,学校,账号\r\n/);
});

test('mistakes stand in their row and column, and nothing can be imported', async () => {
  await choose('教师.csv', `${HEADER}甲,主讲教师,实验小学\r\n乙,校长,实验小学\r\n,辅助教师,白羊教学点\r\n王芳,主讲教师,实验小学\r\n`);
  await status('4 处错误');
  assert.ok(await page.isDisabled('#submit'));
  const rows = await page.locator('#faults tbody tr').evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.textContent)));
  assert.deepEqual(rows.map((row) => row.slice(0, 3)), [['3', '角色', '校长'], ['4', '姓名', ''], ['4', '学校', '白羊教学点'], ['5', '姓名', '王芳']]);
  assert.match(rows[3][3], /另一个人请填账号/);
  const wrong = await page.locator('#preview td.wrong').evaluateAll((all) => all.map((cell) => [cell.parentElement.cells[0].textContent, cell.cellIndex]));
  assert.deepEqual(wrong, [['3', 2], ['4', 1], ['4', 3], ['5', 1]]);
  assert.match(await page.locator('#preview td.wrong .mark').first().getAttribute('aria-label'), /没有这个角色。请写主讲教师或辅助教师。/);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'import-faults-zh');
  await page.click('#language');
  await status('4 mistakes');
  assert.match(await page.locator('#faults tbody tr').first().textContent(), /No such role/);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'import-faults-en');
  await page.click('#language');
  await page.waitForFunction(() => document.documentElement.lang === 'zh-CN');
});

const dropped = (name, text) => page.evaluateHandle(([fileName, content]) => {
  const data = new DataTransfer();
  data.items.add(new File([content], fileName, { type: 'text/csv' }));
  return data;
}, [name, text]);

test('a file that is dropped while another one is looked at changes nothing', async () => {
  let goOn;
  let checks = 0;
  const wanted = new Promise((resolve) => { goOn = resolve; });
  await page.route('**/api/v1/imports/*/check', async (route) => {
    checks += 1;
    await wanted;
    await route.continue();
  });
  await choose('一.csv', `${HEADER}钱多,主讲教师,实验小学\r\n`);
  await status('一.csv');
  await page.dispatchEvent('#drop', 'drop', { dataTransfer: await dropped('二.csv', `${HEADER}乙,校长,实验小学\r\n`) });
  goOn();
  await status('一.csv：1 行，没有错误');
  assert.equal(checks, 1);
  await page.unroute('**/api/v1/imports/*/check');
});

test('a file is dropped, imported as a whole, and its passwords are kept once', async () => {
  const transfer = await dropped('新教师.csv', `${HEADER}钱多,主讲教师,实验小学\r\n孙少,辅助教师,白杨教学点\r\n`);
  await page.dispatchEvent('#drop', 'dragover', { dataTransfer: transfer });
  assert.ok(await page.locator('#drop.over').count());
  await page.dispatchEvent('#drop', 'drop', { dataTransfer: transfer });
  await status('新教师.csv：2 行，没有错误');
  await page.focus('#submit');
  await page.keyboard.press('Enter');
  await status('已导入 2 行');
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'import-done-zh');
  const { name, text } = await downloaded(() => page.click('#passwords'));
  assert.equal(name, '一次性密码.csv');
  const [, first, second] = text.replace('\ufeff', '').split('\r\n').map((line) => line.split(','));
  assert.deepEqual(first.slice(0, 4), ['钱多', '钱多', '主讲教师', '实验小学']);
  assert.equal(second[2], '辅助教师');
  const other = await openPage(school.browser);
  await other.goto(school.stack.url);
  await school.logIn(other, '钱多', first[4]);
  await other.waitForFunction(() => !document.querySelector('#login') || document.querySelector('#login').hidden || location.pathname !== '/');
  await other.context().close();
  assert.ok((await page.locator('#calendar-subject option').allTextContents()).includes('钱多'));
  await page.click('#again');
  await page.locator('#drop').waitFor();
});

test('when the answer to an import is lost, its passwords are not', async () => {
  await choose('新教师.csv', `${HEADER}吴双,主讲教师,实验小学\r\n`);
  await status('没有错误');
  let sent = 0;
  await page.route('**/api/v1/imports/people', async (route) => {
    sent += 1;
    if (sent > 1) await route.continue();
    else {
      await route.fetch();
      await route.abort();
    }
  });
  await page.click('#submit');
  await status('已导入 1 行');
  await page.unroute('**/api/v1/imports/people');
  assert.equal(sent, 2);
  const { text } = await downloaded(() => page.click('#passwords'));
  assert.match(text, /吴双,吴双,主讲教师,实验小学,\w+\r\n/);
  await page.click('#again');
});

test('two of one name come in, after it was said that they are two', async () => {
  await choose('同名.csv', `${HEADER}郑晓,主讲教师,实验小学\r\n郑晓,辅助教师,实验小学\r\n`);
  await status('没有错误');
  assert.match(await page.textContent('#warnings tbody'), /3姓名郑晓同一所学校有两个同名的人.*第 2 行/);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'import-namesakes-zh');
  await page.click('#submit');
  await status('已导入 2 行');
  const { text } = await downloaded(() => page.click('#passwords'));
  const [heads, ...people] = text.replace('\ufeff', '').trim().split('\r\n').map((line) => line.split(','));
  assert.deepEqual(heads.slice(0, 2), ['姓名', '账号']);
  assert.deepEqual(people.map((cells) => cells.slice(0, 3)), [['郑晓', '郑晓', '主讲教师'], ['郑晓', '郑晓2', '辅助教师']]);
  const other = await openPage(school.browser);
  await other.goto(school.stack.url);
  await school.logIn(other, '郑晓2', people[1][4]);
  await other.waitForURL((url) => url.pathname === '/profile.html'); // to choose a password
  await other.context().close();
  assert.deepEqual(await page.locator('#calendar-subject option', { hasText: '郑晓' }).allTextContents(), ['郑晓（郑晓）', '郑晓（郑晓2）']);
  await page.click('#again');
});

test('a workbook and a server that is gone are said in words', async () => {
  await page.setInputFiles('#file', { name: '教师.xlsx', mimeType: 'text/csv', buffer: Buffer.from('PK\x03\x04 and so on') });
  await status('1 处错误');
  assert.match(await page.textContent('#faults'), /Excel 工作簿/);
  await page.route('**/api/v1/imports/**', (route) => route.abort());
  await choose('教师.csv', HEADER);
  await status('连接不上服务器');
  await page.unroute('**/api/v1/imports/**');
});

test('the schools of a county come in one file', async () => {
  await page.check('#kinds input[value=schools]');
  const { name, text } = await downloaded(() => page.click('#template'));
  assert.equal(name, 'duet-schools.csv');
  assert.match(text, /^\ufeff县,学校,时区\r\n/);
  await choose('学校.csv', '县,学校\r\n青山县,青松小学\r\n青山县,高山小学\r\n实验小学,南山小学\r\n');
  await status('1 处错误');
  assert.match(await page.textContent('#faults'), /这不是县/);
  await choose('学校.csv', '县,学校\r\n青山县,青松小学\r\n青山县,高山小学\r\n');
  await status('2 行，没有错误');
  await page.click('#submit');
  await status('已导入 2 行');
  await page.locator('#export-of option', { hasText: '高山小学' }).waitFor({ state: 'attached' });
  await page.click('#again');
});

test('what leaves is one click away', async () => {
  await page.selectOption('#export-of', { label: '青山县' });
  const week = await downloaded(() => page.click('#export-week-link'));
  assert.match(week.name, /^duet-week-\d{4}-\d\d-\d\d\.csv$/);
  assert.match(week.text, /^\ufeff日期,星期,节次/);
  for (const [table, heads] of Object.entries({ schools: '县,学校,时区', people: '姓名,角色,学校,账号', rooms: '学校,教室,用途', bells: '学校,作息,开始日期' })) {
    const file = await downloaded(() => page.click(`#export-${table}-link`));
    assert.equal(file.name, `duet-${table}.csv`);
    assert.ok(file.text.startsWith(`\ufeff${heads}`), file.text.slice(0, 60));
    assert.match(file.text, /实验小学/);
  }
  const term = await downloaded(() => page.click('#export-term-link'));
  assert.match(term.text, /音乐/);
  assert.equal(await page.locator('#export-all').count(), 0); // for the system administrator
  await page.selectOption('#export-of', { label: '白杨教学点' });
  assert.notEqual(await page.getAttribute('#export-week-link', 'href'), '#');
});

test('an address of a calendar is made, rotated and revoked', async () => {
  await page.selectOption('#calendar-kind', 'room');
  await page.selectOption('#calendar-subject', { label: '实验小学 录播教室一' });
  await page.evaluate(() => { for (let presses = 0; presses < 2; presses += 1) document.querySelector('#calendar-add').click(); });
  const url = await page.inputValue('#address-text');
  await page.locator('#calendar-list tbody tr').first().waitFor();
  const { calendars } = await page.evaluate(async () => (await fetch('/api/v1/calendars')).json());
  assert.equal(calendars.length, 1, 'an address that nobody has seen');
  assert.match(url, /\/calendar\/[0-9a-f]{32}\.ics$/);
  assert.match(await (await fetch(url)).text(), /BEGIN:VEVENT/);
  assert.ok(await page.evaluate(() => document.activeElement.id === 'copy'));
  await page.click('#copy');
  await page.waitForFunction(() => document.querySelector('#calendar-status').textContent.includes('已复制'));
  assert.deepEqual(await violations(page), []);
  await page.locator('#calendars').scrollIntoViewIfNeeded();
  await screenshot(page, 'calendars-zh');
  await page.click('.rotate');
  await page.click('dialog .primary');
  await page.waitForFunction((old) => document.querySelector('#address-text')?.value !== old, url);
  assert.equal((await fetch(url)).status, 404);
  const rotated = await page.inputValue('#address-text');
  assert.equal((await fetch(rotated)).status, 200);
  await page.click('.revoke');
  assert.deepEqual(await violations(page), []);
  await page.click('dialog .primary');
  await page.waitForFunction(() => document.querySelector('#calendar-list').textContent.includes('还没有'));
  assert.equal((await fetch(rotated)).status, 404);
});

test('the page is readable on a phone and in English', async () => {
  await page.click('#language');
  await page.waitForFunction(() => document.documentElement.lang === 'en');
  await page.setViewportSize({ width: 390, height: 800 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'import-phone-en');
  await page.setViewportSize({ width: 1366, height: 768 });
  assert.match(await page.getAttribute('#template', 'href'), /template\/en$/);
  assert.deepEqual(page.problems.filter((problem) => !/ERR_FAILED|status of 404/.test(problem)), []);
});

test('a timetable without bells or lessons points here', async () => {
  const followed = async (kind) => {
    await page.goto(`${school.stack.url}/timetable.html`);
    await page.selectOption('#school', { label: '青松小学' });
    await page.locator(`a[href="/import.html?kind=${kind}"]`).filter({ visible: true }).click();
    await page.waitForURL((url) => url.pathname === '/import.html');
    await page.locator(`#kinds input[value="${kind}"]:checked`).waitFor();
    assert.match(await page.getAttribute('#template', 'href'), new RegExp(`/${kind}/`));
  };
  await followed('bells');
  const days = `${new Date().getFullYear() - 1}-01-01,${new Date().getFullYear() + 1}-12-31`;
  await choose('bells.csv', `School,Bells,First day,Last day,Period,Start,End\r\n青松小学,All,${days},1,08:30,09:10\r\n`);
  await status('no mistakes');
  await page.click('#submit');
  await status('are imported');
  await followed('timetable');
});
