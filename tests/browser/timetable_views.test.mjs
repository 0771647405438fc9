/* Whose week the timetable shows (a school's, a teacher's, a pairing's) stands in its address; what is not placed yet is beside it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from './axe.mjs';
import { screenshot } from './chromium.mjs';
import { School, said } from './school.mjs';

const school = new School();
let page;

const post = (path, body) => page.evaluate(async (call) => {
  const response = await fetch(`/api/v1${call.path}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(call.body) });
  if (!response.ok) throw new Error(`${call.path}: ${response.status} ${await response.text()}`);
}, { path, body });
const list = (kind) => page.evaluate(async (name) => (await (await fetch(`/api/v1/${name}?limit=500`)).json())[name], kind);

const cell = (weekday, period) => page.locator(`table.grid tbody tr:nth-child(${period}) td:nth-child(${weekday + 1})`);
const address = () => page.evaluate(() => location.hash);

/* The whole week, whatever its lessons have come to by now. */
async function shows(...names) {
  const wanted = JSON.stringify([...names].sort());
  await page.waitForFunction((text) => JSON.stringify([...new Set([...document.querySelectorAll('table.grid .lesson strong')].map((each) => each.textContent))].sort()) === text, wanted);
}

before(async () => {
  await school.start();
  page = await school.openSeeded('/timetable.html');
  page.setDefaultTimeout(12000);
  await page.locator('table.grid').waitFor();
  await page.click('#week-after');
  await page.waitForFunction(() => location.hash.includes('week='));
});
after(() => school.stop());

test('a teacher has a week of their own, and a reload and a step back lead where one was', async () => {
  await page.selectOption('#school', { label: '实验小学' });
  await shows('音乐/王芳', '英语/李伟', '美术/王芳');
  await page.click('#view-teacher');
  await page.selectOption('#teacher', { label: '李伟' });
  await shows('英语/李伟');
  assert.match(await address(), /^#view=teacher&teacher=\d+&week=\d{4}-\d\d-\d\d$/);
  assert.equal(await page.getAttribute('#view-teacher', 'aria-pressed'), 'true');
  assert.equal(await page.locator('#school').isVisible(), false);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'timetable-teacher-zh');
  await page.reload();
  await shows('英语/李伟');
  await page.selectOption('#teacher', { label: '王芳' });
  await shows('音乐/王芳', '美术/王芳');
  await page.goBack();
  await shows('英语/李伟');
});

test('a pairing shows what one room is taught by the other', async () => {
  await page.click('#view-pairing');
  await page.selectOption('#pairing', { label: '实验小学 录播教室一 → 石沟教学点 复式教室 · 整班' });
  await shows('音乐/王芳', '美术/王芳');
  assert.match(await address(), /^#view=pairing&pairing=\d+&week=/);
  await cell(5, 5).locator('.cell').click();
  await page.locator('dialog .receiving').first().waitFor();
  assert.deepEqual(await page.locator('dialog .receiving:has(input:checked) label').allTextContents(), ['石沟教学点 复式教室']);
  await page.keyboard.press('Escape');
  await screenshot(page, 'timetable-pairing-zh');
});

test('pairings of a subject wait until they have a weekly lesson', async () => {
  const [rooms, terms] = [await list('rooms'), await list('terms')];
  const room = (name) => rooms.find((each) => each.name === name).id;
  await page.click('#view-school');
  await page.locator('table.grid').waitFor();
  assert.equal(await page.locator('.waiting').count(), 0);
  for (const subject of ['书法', '劳动']) {
    await post('/pairings', { term: terms.find((each) => each.name === '本学期').id, master_room: room('录播教室一'), receiving_room: room('四年级教室'), subject });
  }
  await page.reload();
  await page.locator('.waiting h2', { hasText: '待排（2）' }).waitFor();
  assert.match(await page.locator('.waiting-item').first().textContent(), /书法实验小学 录播教室一 → .* 四年级教室/);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'timetable-waiting-zh');

  await page.locator('.waiting-item', { hasText: '劳动' }).dragTo(cell(5, 6));
  await page.locator('dialog .receiving').first().waitFor();
  assert.deepEqual(await page.locator('#entry-subject, #entry-weekday, #entry-period').evaluateAll((all) => all.map((each) => each.value)), ['劳动', '5', '6']);
  assert.equal(await page.locator('dialog .receiving:has(input:checked)').count(), 1);
  await page.click('dialog .primary');
  await said(page, '已保存：劳动');
  assert.equal(await page.textContent('.waiting h2'), '待排（1）');

  await page.locator('.waiting-item', { hasText: '书法' }).click(); // by keyboard and finger too
  await page.locator('dialog .receiving').first().waitFor();
  assert.equal(await page.inputValue('#entry-subject'), '书法');
  await page.selectOption('#entry-weekday', '5');
  await page.selectOption('#entry-period', '5');
  await page.click('dialog .primary');
  await page.waitForFunction(() => /已保存：书法/.test(document.querySelector('#status').textContent) && !document.querySelector('.waiting'));
});

test('without a school in its address the page opens where there are lessons, and then where one was last', async () => {
  const opened = async () => {
    await page.goto('about:blank');
    await page.goto(`${school.stack.url}/timetable.html`);
    await page.locator('table.grid, #empty').filter({ visible: true }).waitFor();
    return page.locator('#school option:checked').textContent();
  };
  const county = (await list('organisations')).find((each) => each.kind === 'county');
  await post('/organisations', { parent: county.id, kind: 'school', name: '0号小学' }); // the first by name; it has no bells yet
  await page.evaluate(() => localStorage.clear());
  assert.equal(await opened(), '实验小学');
  assert.ok(await page.locator('table.grid').isVisible());
  await page.selectOption('#school', { label: '石沟教学点' });
  await page.waitForFunction(() => /school=/.test(location.hash) && document.querySelector('table.grid th')?.textContent.includes('石沟教学点'));
  assert.equal(await opened(), '石沟教学点');
  await page.evaluate(() => { for (const key of Object.keys(localStorage)) if (/school/.test(key)) localStorage.setItem(key, '999999'); });
  assert.equal(await opened(), '实验小学'); // the other one is gone
});

test('in English and on a phone it is all there', async () => {
  const [rooms, terms] = [await list('rooms'), await list('terms')];
  await post('/pairings', {
    term: terms.find((each) => each.name === '本学期').id, subject: '体育',
    master_room: rooms.find((each) => each.name === '录播教室一').id, receiving_room: rooms.find((each) => each.name === '四年级教室').id,
  });
  await page.reload();
  await page.locator('.waiting').waitFor();
  await page.click('#language');
  await page.waitForFunction(() => document.documentElement.lang === 'en');
  assert.equal(await page.textContent('.waiting h2'), 'Not placed yet (1)');
  await screenshot(page, 'timetable-waiting-en');
  await page.setViewportSize({ width: 390, height: 844 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'timetable-waiting-phone-en');
});
