/* A county of 270 schools, each with a room that teaches, one that receives, a pairing and teachers: a page holds what is needed
 * of it, and finds the rest. Sizes are counted, not seconds. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { violations } from './axe.mjs';
import { screenshot } from './chromium.mjs';
import { School } from './school.mjs';

const SCHOOLS = 270;
const school = new School();
let page;

/* Schools 大县001小学 to 大县270小学 beside the seeded ones: each teaches the next. */
const fill = () => promisify(execFile)('/usr/bin/python3', ['-c', `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=10)
db.execute('PRAGMA foreign_keys = ON')
one = lambda sql, *values: db.execute(sql, values).fetchone()[0]
county, zone, template = db.execute("SELECT parent, zone, id FROM organisations WHERE name = '实验小学'").fetchone()
term = one("SELECT id FROM terms WHERE name = '本学期'")
bells = one('SELECT id FROM bell_sets WHERE school = ?', template)
copy = lambda table, changes: db.execute(f"INSERT INTO {table} ({', '.join(changes)}) VALUES ({', '.join('?' * len(changes))})", list(changes.values())).lastrowid
like = lambda table, number, **changes: copy(table, {**{key: value for key, value in zip(
    [column[1] for column in db.execute(f'PRAGMA table_info({table})')], db.execute(f'SELECT * FROM {table} WHERE id = ?', (number,)).fetchone()) if key != 'id'}, **changes})
room = one("SELECT id FROM rooms WHERE name = '录播教室一'")
master, local = (one('SELECT id FROM people WHERE name = ?', name) for name in ('李伟', '赵敏'))
rooms = []
for number in range(1, ${SCHOOLS} + 1):
    own = like('organisations', template, name=f'大县{number:03}小学')
    made = like('bell_sets', bells, school=own)
    db.execute('INSERT INTO bell_periods (bell_set, number, start_minute, end_minute) SELECT ?, number, start_minute, end_minute FROM bell_periods WHERE bell_set = ?', (made, bells))
    rooms.append((like('rooms', room, school=own, name='录播教室', use='master'), like('rooms', room, school=own, name='三年级', use='receiving')))
    for person, name in ((master, f'主讲{number:03}'), (local, f'辅助{number:03}')):
        like('people', person, name=name, login=name, login_key=name, organisation=own)
pairing = one('SELECT min(id) FROM pairings WHERE NOT frozen')
for number, (teaches, _) in enumerate(rooms):
    like('pairings', pairing, master_room=teaches, receiving_room=rooms[(number + 1) % len(rooms)][1], subject='', frozen=0)
db.commit()
`, path.join(school.stack.folder, 'duet.db')]);

before(async () => {
  await school.start();
  page = await school.openSeeded('/timetable.html');
  page.setDefaultTimeout(15000);
  await page.locator('table.grid').waitFor();
  await fill();
});
after(() => school.stop());

test('the dialog of a lesson shows the paired rooms first and finds all others', async () => {
  await page.reload();
  await page.locator('table.grid').waitFor();
  await page.selectOption('#school', { label: '大县005小学' });
  await page.waitForFunction(() => location.hash.includes('school='));
  await page.locator('table.grid .cell').last().click();
  await page.locator('#entry .receiving').first().waitFor();
  const labels = () => page.locator('#entry .receiving label').allTextContents();
  assert.deepEqual(await labels(), ['大县006小学 三年级']);
  assert.equal(await page.locator('#entry-teacher option:checked').textContent(), '主讲005', 'of the school');
  assert.deepEqual(await page.locator('#entry .receiving option').allTextContents(), ['辅助教师待定', '辅助006']);
  const size = await page.evaluate(() => ({ options: document.querySelectorAll('#entry option').length, height: document.querySelector('#entry form').scrollHeight }));
  assert.ok(size.options < 3 * 280, JSON.stringify(size)); /* the master rooms and the teachers, once each */
  assert.ok(size.height < 1400, JSON.stringify(size));
  await page.fill('#entry-search', '大县 三年级');
  await page.waitForFunction(() => document.querySelectorAll('#entry .receiving').length > 1);
  assert.equal((await labels()).length, 9);
  assert.match(await page.textContent('#entry fieldset [role="status"]'), /还有 26\d 间符合/);
  await page.fill('#entry-search', '0123456');
  await page.locator('#entry fieldset [role="status"]', { hasText: '没有找到' }).waitFor();
  await page.fill('#entry-search', '大县009');
  await page.locator('#entry .receiving label', { hasText: '大县009小学 三年级' }).click();
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'entry-large-zh');
  await page.fill('#entry-search', ''); /* what was ticked stays in sight */
  assert.deepEqual(await labels(), ['大县006小学 三年级', '大县009小学 三年级']);
  await page.keyboard.press('Escape');
});

test('pairings come in pages, and are found by school and state', async () => {
  await page.goto(`${school.stack.url}/pairings.html`);
  await page.locator('#content tbody tr').first().waitFor();
  const rows = () => page.locator('#content tbody tr').count();
  assert.equal(await rows(), 20);
  assert.ok(await page.evaluate(() => document.documentElement.scrollHeight) < 6000);
  assert.match(await page.textContent('#shown'), /^第 1–20 个，共 2[78]\d 个$/);
  await page.click('#page-after');
  assert.match(await page.textContent('#shown'), /^第 21–40 个/);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'pairings-large-zh');
  await page.fill('#find', '大县123');
  await page.locator('#shown', { hasText: '共 2 个' }).waitFor(); /* it teaches one and receives from one */
  await page.getByRole('button', { name: '冻结 大县123小学 录播教室 与 大县124小学 三年级 的结对' }).click();
  await page.click('#form .primary');
  await page.locator('.pairing-frozen').waitFor();
  assert.equal(await page.inputValue('#find'), '大县123', 'what was looked for is looked for still');
  await page.fill('#find', '');
  await page.selectOption('#state', 'frozen');
  await page.locator('#shown', { hasText: '共 2 个' }).waitFor(); /* with the seed's */
  await page.fill('#find', '没有的学校');
  await page.locator('#shown', { hasText: '没有符合的结对' }).waitFor();
  await page.setViewportSize({ width: 390, height: 844 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await screenshot(page, 'pairings-large-phone-zh');
});
