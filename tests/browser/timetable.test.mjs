/* A coordinator plans lessons: places, conflicts and their repair, moving by drag and by keyboard. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { violations } from './axe.mjs';
import { openPage, screenshot } from './chromium.mjs';
import { School, said } from './school.mjs';
import { alter, rowsOf } from '../support/database.mjs';

const school = new School();
let password;
let page;

before(async () => {
  await school.start();
  const people = await school.stack.command('seed', '--demo');
  password = people.split('\n').find((line) => line.startsWith('coordinator\t')).split('\t')[2];
  page = await openPage(school.browser, { bypassCSP: true });
  await page.goto(school.stack.url);
  await school.logIn(page, 'coordinator', password);
  await page.locator('.tile[href="/timetable.html"]').click();
  await page.locator('table.grid').waitFor();
});
after(() => school.stop());

/* A week that is still to come, whatever day of it is today. Reloading alone would stay where the last test was. */
beforeEach(async () => {
  await page.evaluate(() => {
    history.replaceState(null, '', location.pathname);
    localStorage.removeItem('duet-timetable-school'); // nor at the school where it was
  });
  await page.reload();
  await page.locator('table.grid').waitFor();
  const week = await page.textContent('#week-name');
  await page.click('#week-after');
  await page.waitForFunction((name) => document.querySelector('#week-name').textContent !== name, week);
});

const cell = (weekday, period) => page.locator(`#grid tbody tr:nth-child(${period}) td:nth-child(${weekday + 1})`);
const lessonsAt = (weekday, period) => cell(weekday, period).locator('.lesson strong').allTextContents();

async function waitForReport() {
  await page.locator('dialog .hint, dialog .conflicts').waitFor();
}

test('the week of the seeded county stands in its periods', async () => {
  assert.deepEqual(await lessonsAt(1, 1), ['音乐/王芳']);
  assert.match(await cell(1, 1).textContent(), /→ 白杨教学点、石沟教学点08:30–09:10/);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'timetable-zh');
  await page.selectOption('#school', { label: '白杨教学点' });
  await page.locator('.lesson.received').first().waitFor();
  assert.match(await cell(1, 1).textContent(), /← 实验小学/);
});

/* A press that is counted, and a choice of a list, which takes two. */
class Hand {
  clicks = 0;

  async click(target) {
    this.clicks += 1;
    await target.click();
  }

  async choose(selector, option) {
    this.clicks += 2;
    await page.selectOption(selector, option);
  }
}

async function removeAt(weekday, period) {
  await cell(weekday, period).locator('.lesson').click();
  await page.click('#entry .danger');
  await page.click('#form .primary');
  await said(page, '已删除');
}

/* The clicks of one way to place a lesson on Thursday, and who teaches it and its room then. */
async function place(choices) {
  const hand = new Hand();
  await hand.click(cell(4, 5).locator('.cell'));
  await page.locator('#entry .receiving').first().waitFor();
  await choices(hand);
  await page.locator('dialog .offer').waitFor(); // its bells differ
  await hand.click(page.locator('#entry .primary'));
  await said(page, '已保存');
  const [lesson] = await lessonsAt(4, 5);
  const [[local]] = await rowsOf(school.stack, `SELECT p.name FROM entry_rooms r JOIN people p ON p.id = r.teacher
    WHERE r.entry = (SELECT max(id) FROM timetable_entries)`);
  await removeAt(4, 5);
  assert.deepEqual(await lessonsAt(4, 5), []);
  return { clicks: hand.clicks, lesson, local };
}

const firstRoom = () => page.locator('.receiving label').first();

test('a weekly lesson is placed in five clicks, and with other teachers too', async () => {
  const usual = await place(async (hand) => {
    await hand.choose('#entry-subject', '音乐');
    await hand.click(firstRoom());
  });
  assert.deepEqual([usual.lesson, usual.local], ['音乐/王芳', '赵敏'], 'who teaches it there anyway');
  assert.ok(usual.clicks <= 5, String(usual.clicks));
  const other = await place(async (hand) => {
    await hand.click(page.locator('#entry .quick[data-value="音乐"]'));
    await hand.click(page.locator('#entry .quick', { hasText: '李伟' }));
    await hand.click(firstRoom());
  });
  assert.deepEqual([other.lesson, other.local], ['音乐/李伟', '赵敏']);
  assert.ok(other.clicks <= 5, String(other.clicks));
  await alter(school.stack, "INSERT INTO people (name, login, login_key, role, organisation, password, created) SELECT '钱进', '钱进', '钱进', role, organisation, password, 0 FROM people WHERE name = '赵敏'");
  await page.reload(); /* stays in that week */
  const local = await place(async (hand) => {
    await hand.click(page.locator('#entry .quick[data-value="音乐"]'));
    await hand.click(firstRoom());
    await hand.click(page.locator('#entry .receiving .quick', { hasText: '钱进' }));
  });
  assert.deepEqual([local.lesson, local.local], ['音乐/王芳', '钱进']);
  assert.ok(local.clicks <= 5, String(local.clicks));
});

test('who is not among the usual teachers is found by name, and the lesson is placed in five clicks too', async () => {
  await alter(school.stack, `INSERT INTO people (name, login, login_key, role, organisation, password, created)
    SELECT value, value, value, role, organisation, password, 0
    FROM people, json_each('["丁一", "丁二", "丁三", "丁四", "丁五"]') WHERE name = '赵敏'`);
  await page.reload();
  const type = async (hand, search, words) => {
    await hand.click(search);
    await page.keyboard.type(words);
    await page.keyboard.press('Enter');
  };
  const other = await place(async (hand) => {
    await hand.click(page.locator('#entry .quick[data-value="音乐"]'));
    assert.equal(await page.locator('#entry .quick', { hasText: '陈静' }).count(), 0); // of another school
    await type(hand, page.getByRole('searchbox', { name: '查找教师' }), '陈');
    assert.equal(await page.locator('#entry-teacher option:checked').textContent(), '陈静');
    assert.equal(await page.locator('#entry .quick[aria-pressed="true"]', { hasText: '陈静' }).count(), 1);
    await hand.click(firstRoom());
  });
  assert.deepEqual([other.lesson, other.local], ['音乐/陈静', '赵敏']);
  assert.ok(other.clicks <= 5, String(other.clicks));
  const local = await place(async (hand) => {
    await hand.click(page.locator('#entry .quick[data-value="音乐"]'));
    await hand.click(firstRoom());
    await type(hand, page.getByRole('searchbox', { name: '查找 白杨教学点 三年级教室 的辅助教师' }), '四');
    assert.deepEqual(await violations(page), []);
    await screenshot(page, 'entry-find-teacher-zh');
  });
  assert.deepEqual([local.lesson, local.local], ['音乐/王芳', '丁四']);
  assert.ok(local.clicks <= 5, String(local.clicks));
  await cell(4, 5).locator('.cell').click();
  await page.getByRole('searchbox', { name: '查找教师' }).fill('没有这个人');
  await page.locator('#entry .quick-choices [role="status"]', { hasText: '没有找到' }).waitFor();
  await page.keyboard.press('Enter'); // saves nothing, chooses nobody
  assert.equal(await page.locator('#entry').isVisible(), true);
  await alter(school.stack, "DELETE FROM people WHERE name LIKE '丁_'");
});

test('who saves before the check has answered saves what it offers', async () => {
  await page.route('**/timetable/check', async (route) => {
    await new Promise((done) => { setTimeout(done, 600); });
    await route.continue();
  });
  await cell(4, 6).locator('.cell').click();
  await page.selectOption('#entry-subject', '科学');
  await page.locator('.receiving label', { hasText: '白杨教学点' }).click();
  const [saved] = await Promise.all([
    page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/api/v1/timetable')),
    page.click('dialog .primary'),
  ]);
  assert.equal(saved.postDataJSON().receiving[0].delay_s, 300);
  await page.unroute('**/timetable/check');
  await said(page, '已保存');
  await removeAt(4, 6);
});

test('another master room keeps what was ticked, and says when its bells cannot be had', async () => {
  await cell(4, 5).locator('.cell').click();
  const box = page.locator('.receiving', { hasText: '石沟教学点' }).locator('input');
  await box.check();
  await page.selectOption('#entry-room', { label: '实验小学 录播教室二' });
  await page.waitForFunction(() => [...document.querySelectorAll('.receiving input')].filter((input) => input.checked).length === 1);
  await page.route('**/bells', (route) => route.abort());
  await page.selectOption('#entry-room', { label: '红旗小学 多功能教室' });
  await page.locator('dialog .error', { hasText: '连接不上服务器' }).waitFor();
  await page.unroute('**/bells');
  assert.ok(await box.isChecked());
  await page.keyboard.press('Escape');
});

test('a conflict is said in words, and one click repairs it', async () => {
  await cell(1, 4).locator('.cell').click();
  await page.selectOption('#entry-subject', '美术');
  await page.selectOption('#entry-teacher', { label: '王芳' });
  await page.selectOption('#entry-period', '1');
  await page.locator('dialog .conflicts').waitFor();
  assert.match(await page.textContent('dialog .conflicts'), /王芳 周一 实验小学第1节 与 实验小学第1节 音乐\/王芳（08:30）重叠 40 分钟，从 \d+\/\d+ 起 \d+ 天/);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'timetable-conflict-zh');
  const repair = page.locator('dialog .repairs button').first();
  const [, period] = /周一第(\d)节/.exec(await repair.textContent());
  await repair.click();
  await said(page, '已保存');
  assert.ok((await lessonsAt(1, Number(period))).includes('美术/王芳'));
});

test('another edition of the textbook is a warning, and the lesson can be saved', async () => {
  await cell(5, 5).locator('.cell').click();
  await page.selectOption('#entry-subject', '音乐');
  await page.locator('.receiving label', { hasText: '石沟教学点' }).click();
  await page.locator('dialog .warning', { hasText: '石沟教学点 复式教室用苏教版，主讲教室用人教版' }).waitFor();
  await page.locator('dialog .warning', { hasText: '实验小学 录播教室一 没有采集设备' }).waitFor();
  await page.locator('dialog .warning', { hasText: '没有播放设备，要用浏览器听课：石沟教学点 复式教室' }).waitFor();
  assert.equal(await page.locator('dialog .conflicts').count(), 0);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'timetable-warning-zh');
  await page.keyboard.press('Escape');
});

/* Of the receiving school; a start without a test's change is what the seed has. */
const moveBells = (minutes) => alter(school.stack, `UPDATE bell_periods SET start_minute = start_minute + ?1, end_minute = end_minute + ?1
  WHERE bell_set IN (SELECT id FROM bell_sets WHERE school = (SELECT id FROM organisations WHERE name = '白杨教学点'))`, minutes);

test('a room whose bells do not fit is booked live in one click, and by its own bells again', async () => {
  await moveBells(240);
  await cell(2, 1).locator('.cell').click();
  await page.selectOption('#entry-subject', '科学');
  await page.selectOption('#entry-teacher', { label: '陈静' });
  await page.locator('.receiving label', { hasText: '白杨教学点' }).click();
  await page.locator('dialog .conflicts', { hasText: /白杨教学点 三年级教室：从 \d+\/\d+ 起 \d+ 天，本校作息中没有与这节课重叠的节次/ }).waitFor();
  assert.ok(await page.locator('dialog .repairs button', { hasText: '改到' }).count() <= 3);
  assert.equal(await page.locator('dialog .repairs button', { hasText: '换主讲教师' }).count(), 0); // that helps nobody
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'timetable-bells-zh');
  await page.click('dialog .live');
  await said(page, '已保存');
  await cell(2, 1).locator('.lesson', { hasText: '科学' }).click();
  await page.locator('dialog .offer', { hasText: '照直播时间上课，不按本校作息。' }).waitFor();
  assert.equal(await page.locator('dialog .conflicts').count(), 0);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'timetable-live-zh');
  await page.getByRole('button', { name: '改按本校作息' }).click();
  await page.locator('dialog .conflicts').waitFor();
  await moveBells(-240);
  await page.click('dialog .primary');
  await said(page, '已保存');
  await cell(2, 1).locator('.lesson', { hasText: '科学' }).click();
  await page.locator('dialog .offer', { hasText: '推迟 5 分钟' }).or(page.locator('dialog .hint')).first().waitFor();
  assert.equal(await page.locator('dialog .offer', { hasText: '照直播时间' }).count(), 0);
  await page.click('#entry .danger');
  await page.click('#form .primary');
  await said(page, '已删除');
});

test('a time at which the relays are full is said with figures, and another place is offered', async () => {
  await cell(1, 1).locator('.lesson').waitFor(); // eight sessions: two sources, two rooms that watch and publish, and their wall
  await alter(school.stack, "INSERT INTO relay_capacities VALUES ('', 8, 0)");
  await cell(1, 5).locator('.cell').click();
  await page.selectOption('#entry-subject', '科学');
  await page.selectOption('#entry-teacher', { label: '李伟' });
  await page.selectOption('#entry-room', { label: '实验小学 录播教室二' });
  await page.selectOption('#entry-period', '1');
  await page.locator('dialog .conflicts', { hasText: /从 \d+\/\d+ 起 \d+ 天：08:30–09:10 全部课程共需 \d+ 路音视频，转发服务器只能承载 8 路/ }).waitFor();
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'timetable-capacity-zh');
  await page.locator('dialog .repairs button', { hasText: '改到周一第' }).first().click();
  await said(page, '已保存');
  await alter(school.stack, "DELETE FROM relay_capacities WHERE relay = ''");
});

test('somebody stands in for one lesson in three clicks, and for no other', async () => {
  await cell(3, 2).locator('.lesson').click(); // 1
  await page.click('dialog .once'); // 2
  await page.locator('dialog .stand-in').first().waitFor();
  const free = await page.locator('dialog .stand-in').first().locator('button').allTextContents();
  assert.ok(free.includes('李伟') && free.includes('陈静') && !free.includes('王芳'), free.join());
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'lesson-once-zh');
  await page.locator('dialog .stand-in button', { hasText: '李伟' }).click(); // 3
  await said(page, '李伟 承担');
  assert.deepEqual(await lessonsAt(3, 2), ['音乐/李伟代']);
  assert.match(await cell(3, 2).textContent(), /请假/);
  assert.deepEqual(await violations(page), []);
  const week = await page.textContent('#week-name');
  await page.click('#week-after');
  await page.waitForFunction((name) => document.querySelector('#week-name').textContent !== name, week);
  assert.deepEqual(await lessonsAt(3, 2), ['音乐/王芳']);
  await page.click('#week-before');
  await page.waitForFunction((name) => document.querySelector('#week-name').textContent === name, week);
  await page.waitForFunction(() => document.querySelector('.lesson.substituted'));
  await cell(3, 2).locator('.lesson').click();
  await page.click('dialog .once');
  await page.locator('dialog', { hasText: '现在：李伟' }).getByRole('button', { name: '撤销' }).click();
  await said(page, '已撤销');
  assert.deepEqual(await lessonsAt(3, 2), ['音乐/王芳']);
});

test('one lesson is cancelled with a reason, and held after all', async () => {
  await cell(4, 1).locator('.lesson').click();
  await page.click('dialog .once');
  await page.fill('#once-reason', '运动会');
  await page.getByRole('button', { name: '取消这一次' }).click();
  await said(page, '已取消这一次');
  assert.match(await cell(4, 1).locator('.lesson.cancelled').textContent(), /已取消 · 运动会/);
  await cell(4, 1).locator('.lesson').click();
  await page.locator('dialog', { hasText: '这一次已取消：运动会' }).waitFor();
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'lesson-cancelled-zh');
  await page.getByRole('button', { name: '照常上课' }).click();
  await said(page, '照常上课');
  assert.equal(await cell(4, 1).locator('.lesson.cancelled').count(), 0);
});

test('a lesson is dragged to a free place, and to a taken one only with a question', async () => {
  const lesson = cell(5, 2).locator('.lesson', { hasText: '音乐' });
  await lesson.dragTo(cell(5, 6));
  await said(page, '第6节');
  assert.deepEqual(await lessonsAt(5, 2), []);
  assert.deepEqual(await lessonsAt(5, 6), ['音乐/王芳']);
  await cell(5, 6).locator('.lesson').dragTo(cell(1, 1)); // Wang teaches there already
  await page.locator('dialog .conflicts').waitFor();
  assert.equal(await page.inputValue('#entry-weekday'), '1');
  await page.keyboard.press('Escape');
  assert.deepEqual(await lessonsAt(5, 6), ['音乐/王芳']);
});

test('a lesson that is moved is played as the bells of its new place ask for, and says so', async () => {
  const said = (text) => page.waitForFunction((wanted) => document.querySelector('#status').textContent.includes(wanted), text);
  await cell(5, 6).locator('.move-to').click(); // another school's bells ring five minutes later there, and at once at 14:00
  await page.locator('#move').getByRole('button', { name: /^周五第5节/ }).click();
  await said('石沟教学点 复式教室 改为不推迟（原来推迟 5 分钟）');
  await screenshot(page, 'timetable-moved-delay-zh');
  await cell(5, 5).locator('.lesson', { hasText: '音乐' }).click();
  await page.locator('#entry .hint, #entry .conflicts').waitFor();
  assert.equal(await page.locator('.receiving', { hasText: '石沟教学点' }).locator('.offer').count(), 0);
  await page.keyboard.press('Escape');
  await cell(5, 5).locator('.lesson', { hasText: '音乐' }).dragTo(cell(5, 6));
  await said('石沟教学点 复式教室 改为推迟 5 分钟播放（原来推迟 0 分钟）');
});

test('the keyboard reaches every place, and moves what it holds', async () => {
  await page.locator('table.grid [tabindex="0"]').focus();
  for (let i = 0; i < 8; i += 1) await page.keyboard.press('ArrowUp');
  for (let i = 0; i < 8; i += 1) await page.keyboard.press('ArrowLeft');
  const things = await cell(1, 1).locator('.placed, .cell').count() + await cell(1, 2).locator('.placed, .cell').count();
  for (let i = 0; i < things; i += 1) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  assert.ok(await cell(2, 3).evaluate((element) => element.contains(document.activeElement)));
  await page.keyboard.press('Enter');
  await page.locator('dialog[open]').waitFor();
  assert.equal(await page.inputValue('#entry-weekday'), '2');
  await waitForReport();
  await page.selectOption('#entry-period', '6');
  await waitForReport();
  await page.click('dialog .primary');
  await said(page, '已保存');
  assert.deepEqual(await lessonsAt(2, 6), ['英语/李伟']);
});

test('the page speaks English too, fits a phone, and says when the server is gone', async () => {
  await page.click('#language');
  await page.waitForFunction(() => document.documentElement.lang === 'en');
  assert.equal(await page.textContent('h1'), 'Timetable');
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'timetable-en');
  await page.locator('.lesson').first().click();
  await page.click('dialog .once');
  await page.locator('dialog .stand-in').first().waitFor();
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'lesson-once-en');
  await page.keyboard.press('Escape');
  await page.setViewportSize({ width: 390, height: 800 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await screenshot(page, 'timetable-phone');
  await page.setViewportSize({ width: 1366, height: 768 });
  /* Chromium prints each place that was taken */
  assert.deepEqual(page.problems.filter((problem) => !/status of 409|ERR_FAILED/.test(problem)), []);
  await page.route('**/api/v1/**', (route) => route.abort());
  await page.click('#week-after');
  await page.locator('#offline').waitFor();
  assert.match(await page.textContent('#offline-text'), /cannot be reached/);
  await page.unroute('**/api/v1/**');
  await page.click('#retry');
  await page.locator('table.grid').waitFor();
});
