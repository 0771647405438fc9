/* Reports of the seeded county: figures, groups, causes, CSV in one click and paper. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { violations } from './axe.mjs';
import { screenshot } from './chromium.mjs';
import { School } from './school.mjs';

const school = new School();
let page;

before(async () => {
  await school.start();
  page = await school.openSeeded('/reports.html');
  await page.locator('#figures li').first().waitFor();
});
after(() => school.stop());

const figure = async (id) => Number(await page.textContent(`#figures .${id} strong`));

/** Presses, and waits till the table is another one. */
async function shows(what, press) {
  await page.evaluate(() => document.querySelector('#rows').firstElementChild?.setAttribute('data-old', ''));
  await press();
  await page.waitForFunction(() => !document.querySelector('#rows [data-old]'));
  assert.ok(await page.locator('#rows > *').count() > 0, what);
}

async function download(selector) {
  const [file] = await Promise.all([page.waitForEvent('download'), page.click(selector)]);
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

test('a term in figures that add up, with causes and the lessons concerned', async () => {
  await shows('term', () => page.click('#this_term'));
  const [planned, held, short, unheld] = [await figure('planned'), await figure('held'), await figure('short'), await figure('unheld')];
  assert.ok(planned > 100 && short > 0 && unheld > 0, `${planned} ${held} ${short} ${unheld}`);
  assert.equal(held + short + unheld, planned);
  const rows = await page.locator('#rows tbody tr').evaluateAll((all) => all.map((row) => Number(row.cells[1].textContent)));
  assert.equal(rows.reduce((sum, count) => sum + count), planned);
  assert.match(await page.textContent('#rows tfoot'), /双方未到 \d+/);
  assert.equal(await page.locator('#problems tbody tr').count(), short + unheld);
  assert.equal(await page.getAttribute('#this_term', 'aria-pressed'), 'true');
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'reports-zh');
  await page.locator('#problems').scrollIntoViewIfNeeded();
  await screenshot(page, 'reports-problems-zh');
});

test('the same lessons by room, teacher and subject', async () => {
  const planned = await figure('planned');
  for (const [by, name] of [['room', '白杨教学点 三年级教室'], ['teacher', '王芳'], ['subject', '音乐']]) {
    await shows(by, () => page.selectOption('#by', by));
    assert.equal(await figure('planned'), planned);
    assert.ok((await page.locator('#rows tbody th').allTextContents()).includes(name), by);
  }
});

test('a school has the times of its own bells, and its own term', async () => {
  const termStart = await page.inputValue('#from');
  await page.evaluate(async () => {
    const { organisations } = await (await fetch('/api/v1/organisations?limit=500')).json();
    const organisation = organisations.find((each) => each.name === '红旗小学').id;
    const response = await fetch('/api/v1/terms', { method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ organisation, name: '加课', first_day: new Date(Date.parse(document.querySelector('#from').value) - 20 * 86400000).toISOString().slice(0, 10), last_day: document.querySelector('#to').value }) });
    if (!response.ok) throw new Error(await response.text());
  });
  assert.equal(await page.textContent('#problems .times-note'), '时间和节次按主讲学校的作息。');
  assert.ok(await page.locator('#problems tbody tr', { hasText: '第1节 08:30–09:10' }).count() > 0);
  await page.reload();
  await page.locator('#figures li').first().waitFor();
  await shows('own', () => page.selectOption('#organisation', { label: '白杨教学点' }));
  await shows('term', () => page.click('#this_term'));
  assert.equal(await page.inputValue('#from'), termStart); // not that of a school it has nothing to do with
  assert.match(await page.textContent('#problems .times-note'), /按白杨教学点的作息/);
  assert.ok(await page.locator('#problems tbody tr', { hasText: '第1节 08:35–09:15 推迟5分钟' }).count() > 0);
  assert.equal(await page.locator('#problems tbody tr', { hasText: '08:30–09:10' }).count(), 0);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'reports-school-zh');
  await shows('county', () => page.selectOption('#organisation', { label: '青山县（全县）' }));
});

test('one click exports, and Excel reads it', async () => {
  await shows('school', () => page.selectOption('#by', 'school'));
  const { name, bytes } = await download('#csv');
  assert.match(name, /^通报-青山县-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d-学校\.csv$/);
  assert.deepEqual([...bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf]);
  const lines = bytes.toString('utf8').slice(1).split('\r\n');
  assert.match(lines[0], /^学校,应上,实上,不足,缺课,/);
  assert.ok(lines.some((line) => line.startsWith('白杨教学点,')), lines.join('\n'));
  const details = await download('#problems-csv');
  assert.match(details.bytes.toString('utf8'), /日期,节次,时间,年级,学科/);
});

test('no cell of a CSV is a formula', async () => {
  const text = await page.evaluate(async () => {
    const { csvText } = await import('/js/csv.js');
    return csvText([['=1+1', '+86', '-x', '@y', ' =z', '\t=t', 'a,b', 'say "hi"', -5, 'two\nlines', null]]);
  });
  assert.equal(text, '\ufeff\'=1+1,\'+86,\'-x,\'@y,\' =z,\'\t=t,"a,b","say ""hi""",-5,"two\nlines",\r\n');
});

test('what is not over yet is said to be missing', async () => {
  const next = new Date(Date.now() + 8 * 86400000).toISOString().slice(0, 10);
  await shows('future', async () => {
    await page.fill('#to', next);
    await page.locator('#to').blur();
  });
  assert.match(await page.textContent('#partial'), /数据不完整：还有 \d+ 节未结束/);
  assert.ok(await page.isEnabled('#csv'));
});

test('on paper there is the heading and both tables, and no buttons', async () => {
  await page.emulateMedia({ media: 'print' });
  assert.ok(await page.locator('#heading').isVisible());
  assert.match(await page.textContent('#heading'), /青山县 通报 \d{4}-\d\d-\d\d 至/);
  assert.equal(await page.locator('button:visible').count(), 0);
  assert.ok(await page.locator('#problems table').isVisible());
  await screenshot(page, 'reports-print');
  await page.emulateMedia({ media: 'screen' });
});

test('the page speaks English too, fits a phone, and says when the server is gone', async () => {
  await page.click('#language');
  await page.waitForFunction(() => document.documentElement.lang === 'en');
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'reports-en');
  await page.setViewportSize({ width: 390, height: 844 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'reports-phone-en');
  await page.setViewportSize({ width: 1366, height: 768 });
  assert.deepEqual(page.problems, []);
  await page.route('**/api/v1/**', (route) => route.abort());
  await page.click('#last_week');
  await page.locator('#offline').waitFor();
  await page.unroute('**/api/v1/**');
  await page.click('#retry');
  await page.locator('#content').waitFor();
  await page.click('#language');
});
