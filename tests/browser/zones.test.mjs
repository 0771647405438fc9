/* Whoever looks from elsewhere reads times by the clock of their school; who has no school, by that of the browser. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openPage } from './chromium.mjs';
import { School } from './school.mjs';
import { alter } from '../support/database.mjs';

const SCHOOL = 'Asia/Shanghai';
const BROWSER = 'America/Los_Angeles'; /* 15 or 16 hours behind: each evening there is the next day at school */
const school = new School();
const passwords = {};

before(async () => {
  await school.start();
  const people = await school.stack.command('seed', '--demo');
  passwords.coordinator = people.split('\n').find((line) => line.startsWith('coordinator\t')).split('\t')[2];
  passwords.auditor = await school.stack.person('auditor', 'audit_admin');
  passwords.root = await school.stack.person('root', 'system_admin');
  await alter(school.stack, "UPDATE people SET organisation = (SELECT id FROM organisations WHERE name = '实验小学') WHERE name = 'auditor'");
});
after(() => school.stop());

async function open(name, target) {
  const page = await openPage(school.browser, { timezoneId: BROWSER });
  await page.goto(`${school.stack.url}${target}`);
  await school.logIn(page, name, passwords[name]);
  await page.waitForURL((url) => url.pathname === target);
  return page;
}

const asked = (page, name, ...args) => page.evaluate(async ([call, given]) => (await import('/js/api.js'))[call](...given), [name, args]);
const stamp = (seconds, zone) => new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone: zone }).format(new Date(seconds * 1000));

test('the audit log is read, and searched by day, by the clock of the school', async () => {
  const page = await open('auditor', '/accounts.html');
  const first = page.locator('table.audit tbody tr').last();
  await first.waitFor();
  const number = Number(await first.locator('td').first().textContent());
  const { entries } = await asked(page, 'auditLog', { before: number + 1 });
  assert.equal(await first.locator('.moment').textContent(), stamp(entries[0].time, SCHOOL));
  assert.notEqual(stamp(entries[0].time, SCHOOL), stamp(entries[0].time, BROWSER));
  await page.fill('#audit-from', '2026-11-20');
  await page.fill('#audit-to', '2026-11-20');
  const [request] = await Promise.all([page.waitForRequest(/\/audit\?/), page.click('#audit-tools .primary')]);
  const { searchParams } = new URL(request.url());
  assert.equal(Number(searchParams.get('from')), Date.parse('2026-11-20T00:00:00+08:00') / 1000);
  assert.equal(Number(searchParams.get('to')), Date.parse('2026-11-21T00:00:00+08:00') / 1000);
  await page.context().close();
});

test('logins of one’s own and the consent of a pairing are of the school’s day', async () => {
  const seconds = Date.parse('2026-11-20T18:30:00Z') / 1000; /* the 21st at school, the 20th in the browser's place */
  await alter(school.stack, 'UPDATE pairings SET consent = ?, consent_by = ?', seconds, 'coordinator');
  const page = await open('coordinator', '/pairings.html');
  await page.getByText(/2026\/11\/21/).first().waitFor();
  assert.equal(await page.getByText(/2026\/11\/20/).count(), 0);
  await page.goto(`${school.stack.url}/profile.html`);
  await page.locator('#login-list tbody tr').first().waitFor();
  const [session] = await asked(page, 'mySessions');
  const at = new Intl.DateTimeFormat('zh-CN', { month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: SCHOOL });
  assert.equal(await page.locator('#login-list tbody tr td').nth(1).textContent(), at.format(new Date(session.begun * 1000)));
  await page.context().close();
});

test('a system administrator without a school reads the browser’s clock', async () => {
  const page = await open('root', '/load.html');
  const checked = page.locator('#checked');
  await page.waitForFunction(() => document.querySelector('#checked').textContent !== '');
  const { now } = await asked(page, 'systemFigures');
  const at = (zone, seconds) => new Intl.DateTimeFormat('zh-CN', {
    month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone,
  }).format(new Date(seconds * 1000));
  const text = await checked.textContent();
  assert.ok([now, now - 60].some((seconds) => text.includes(at(BROWSER, seconds))), text);
  await alter(school.stack, "UPDATE people SET organisation = (SELECT id FROM organisations WHERE name = '实验小学') WHERE name = 'root'");
  await page.reload();
  await page.waitForFunction(() => document.querySelector('#checked').textContent !== '');
  const later = await checked.textContent();
  const { now: then } = await asked(page, 'systemFigures');
  assert.ok([then, then - 60].some((seconds) => later.includes(at(SCHOOL, seconds))), later);
  await page.context().close();
});
