/* Access of people through the pages: the first start, choosing a password, one's own logins, keeping the accounts of
 * others, and reading the audit log. One server, from nobody to a county; the tests go on from each other. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from './axe.mjs';
import { launch, openPage, screenshot } from './chromium.mjs';
import { said } from './school.mjs';
import { Stack, waitFor } from '../support/stack.mjs';

const GOOD = { root: '风筝 蓝色 河边 下午', keeper: 'seven slow trains north', audit: 'green lamps over water', wang: 'paper boats in october' };
let stack;
let browser;

before(async () => {
  stack = await Stack.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

const open = async (target, options = {}) => {
  const page = await openPage(browser, { bypassCSP: true, ...options });
  await page.goto(`${stack.url}${target}`);
  return page;
};

const errors = (page) => page.problems.filter((text) => !/status of 4\d\d/.test(text));

async function logIn(page, name, password) {
  await page.locator('#login').waitFor();
  await page.fill('#name', name);
  await page.fill('#password', password);
  await page.click('#login button');
}

async function choose(page, password, again = password) {
  await page.fill('#new', password);
  await page.fill('#again', again);
}

async function inBothLanguages(page, name) {
  for (const language of ['zh', 'en']) {
    await page.waitForFunction((lang) => document.documentElement.lang.startsWith(lang), language);
    assert.deepEqual(await violations(page), [], name);
    await screenshot(page, `${name}-${language}`);
    await page.click('#language');
  }
  await page.waitForFunction(() => document.documentElement.lang === 'zh-CN');
}

/** What the dialog shows once, which is gone when it is closed. */
async function takeOnce(page) {
  await page.locator('#one-time').waitFor();
  const password = await page.textContent('#one-time');
  await page.click('#once .buttons button:last-child');
  await page.locator('#one-time').waitFor({ state: 'detached' });
  return password;
}

async function add(page, name, role) {
  await page.click('#add');
  await page.fill('#form-name', name);
  await page.selectOption('#form-role', role);
  await page.click('#form .primary');
  return takeOnce(page);
}

async function firstLogin(page, name, once, password) {
  await logIn(page, name, once);
  await page.waitForURL((url) => url.pathname === '/profile.html');
  await page.locator('#must-change').waitFor();
  await page.fill('#old', once);
  await choose(page, password);
  await page.click('#password-form .primary');
  await page.waitForURL((url) => url.pathname === '/');
}

const row = (page, name) => page.locator('tbody tr', { has: page.locator('th', { hasText: name }) });

test('while there is nobody, the link of the console makes the first administrator, once', async () => {
  const link = await waitFor('the link', () => /http\S+first\.html#ticket=\w+/.exec(stack.signaling.output)?.[0]);
  const stranger = await open('/first.html');
  assert.match(await stranger.textContent('#empty-text'), /控制台上显示的链接/);
  await inBothLanguages(stranger, 'first-no-link');
  await stranger.goto(stack.url);
  await stranger.locator('#first').waitFor();
  const page = await open(new URL(link).pathname + new URL(link).hash);
  await page.locator('#content').waitFor();
  await inBothLanguages(page, 'first');
  await page.fill('#name', 'root');
  for (const [password, again, said] of [['short', 'short', /8 个字符/], ['xx-root-xx', 'xx-root-xx', /姓名或账号/], ['four words of mine', 'other', /不一样/],
    ['woaini1314', 'woaini1314', /太常见/]]) {
    await choose(page, password, again);
    await page.click('#content .primary');
    await page.waitForFunction((text) => new RegExp(text).test(document.querySelector('#error').textContent), said.source);
  }
  await screenshot(page, 'first-refused-zh');
  await page.check('#reveal');
  assert.equal(await page.getAttribute('#new', 'type'), 'text');
  await choose(page, GOOD.root);
  await page.keyboard.press('Enter');
  await page.locator('.tile').first().waitFor();
  assert.ok(!page.url().includes('ticket'));
  await stranger.goto(link);
  await stranger.reload();
  assert.match(await stranger.textContent('#empty-text'), /已经有账号了/);
  assert.deepEqual([...errors(page), ...errors(stranger)], []);
  await page.context().close();
  await stranger.context().close();
});

test('the system administrator keeps the accounts until there is a security administrator', async () => {
  const page = await open('/accounts.html');
  await logIn(page, 'root', GOOD.root);
  await page.locator('#note').waitFor();
  assert.match(await page.textContent('#note'), /还没有安全管理员/);
  const once = await add(page, 'keeper', 'security_admin');
  await page.waitForFunction(() => /由安全管理员管理/.test(document.querySelector('#note').textContent));
  assert.ok(!await page.locator('#add').isVisible());
  assert.equal(await page.locator('tbody button').count(), 0);
  await screenshot(page, 'accounts-looking-zh');
  await page.context().close();

  const keeper = await open('/accounts.html');
  await logIn(keeper, 'keeper', once);
  await keeper.locator('#must-change').waitFor();
  assert.ok(!await keeper.locator('#logins').isVisible());
  await inBothLanguages(keeper, 'must-change');
  await keeper.fill('#old', 'not that');
  await choose(keeper, GOOD.keeper);
  await keeper.click('#password-form .primary');
  await keeper.locator('#error').waitFor();
  assert.match(await keeper.textContent('#error'), /现在的密码不对/);
  await keeper.fill('#old', once);
  await keeper.click('#password-form .primary');
  await keeper.waitForURL((url) => url.pathname === '/accounts.html'); // where they wanted to go
  await row(keeper, 'root').waitFor();
  assert.deepEqual(errors(keeper), []);
  await keeper.context().close();
});

test('a security administrator finds, adds, changes, resets and disables by keyboard as well', async () => {
  await stack.command('seed', '--demo');
  const page = await open('/accounts.html');
  await logIn(page, 'keeper', GOOD.keeper);
  await row(page, 'root').waitFor();
  assert.match(await row(page, 'keeper').textContent(), /你自己/);
  await inBothLanguages(page, 'accounts');
  const once = await add(page, '新来的老师', 'master_teacher');
  await page.fill('#search', '新来');
  assert.equal(await page.locator('tbody tr').count(), 1);
  assert.match(await row(page, '新来的老师').textContent(), /待改密码/);

  await page.focus('tbody button');
  await page.keyboard.press('Enter');
  await page.selectOption('#form-organisation', { label: '石沟教学点' });
  await inDialog(page, 'accounts-edit');
  await page.keyboard.press('Escape');
  await page.click('tbody button');
  await page.selectOption('#form-organisation', { label: '石沟教学点' });
  await page.click('#form .primary');
  await page.waitForFunction(() => document.querySelector('tbody').textContent.includes('石沟教学点'));
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), '修改 新来的老师', 'the focus is where it was');
  await page.selectOption('#school', { label: '青山县' });
  assert.equal(await page.locator('tbody tr').count(), 1); // a county has its schools' people
  await page.selectOption('#role', 'inspector');
  await page.locator('#content .empty').waitFor();
  await page.selectOption('#role', '');

  await page.getByRole('button', { name: '重置密码：新来的老师' }).click();
  await page.click('#form .primary');
  assert.notEqual(await takeOnce(page), once);
  /* closed while the server is at it: the password is another one all the same, and nobody could tell it any more */
  let goOn;
  const wanted = new Promise((resolve) => { goOn = resolve; });
  await page.route('**/people/*/password', async (route) => {
    await wanted;
    await route.continue();
  });
  await page.getByRole('button', { name: '重置密码：新来的老师' }).click();
  await page.click('#form .primary');
  await page.keyboard.press('Escape');
  await page.locator('#form').waitFor({ state: 'hidden' });
  goOn();
  const second = await takeOnce(page);
  await page.unroute('**/people/*/password');
  await page.fill('#search', '王芳');
  await page.getByRole('button', { name: '停用：王芳' }).click();
  await page.locator('#form-note', { hasText: /还有 \d+ 节未上的课（20\d\d-\d\d-\d\d 至 20\d\d-\d\d-\d\d，7 天内 \d+ 节）/ }).waitFor();
  await inDialog(page, 'accounts-disable');
  await page.keyboard.press('Escape');
  await page.fill('#search', '新来');
  await Promise.all([page.waitForResponse('**/people/*/lessons'), page.getByRole('button', { name: '停用：新来的老师' }).click()]);
  assert.equal(await page.textContent('#form-note'), '', 'who has no lesson to come');
  await page.click('#form .primary');
  await page.locator('#content .empty').waitFor();
  await page.check('#disabled');
  assert.match(await row(page, '新来的老师').textContent(), /已停用/);
  await screenshot(page, 'accounts-disabled-zh');
  await page.getByRole('button', { name: '恢复：新来的老师' }).click();
  await page.waitForFunction(() => document.querySelector('tbody').textContent.includes('待改密码'));

  const teacher = await open('/');
  await firstLogin(teacher, '新来的老师', second, GOOD.wang);
  await teacher.context().close();
  await page.click('#add');
  await page.fill('#form-name', '又一个');
  await page.fill('#form-login', 'ROOT');
  await page.click('#form .primary');
  await page.waitForFunction(() => /已经有人用了/.test(document.querySelector('#form .error').textContent));
  await page.keyboard.press('Escape');
  await page.setViewportSize({ width: 390, height: 844 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await screenshot(page, 'accounts-phone-zh');
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(errors(page), []);
  await page.context().close();
});

async function inDialog(page, name) {
  assert.deepEqual(await violations(page), [], name);
  await screenshot(page, `${name}-zh`);
}

test('two of one name are added, told apart and logged in by what each logs in with', async () => {
  const page = await open('/accounts.html');
  await logIn(page, 'keeper', GOOD.keeper);
  await row(page, 'root').waitFor();
  await add(page, '同名老师', 'local_teacher');
  await page.click('#add');
  await page.fill('#form-name', '同名老师');
  await inDialog(page, 'accounts-add');
  await page.click('#form .primary');
  await page.locator('#one-login').waitFor();
  assert.equal(await page.textContent('#one-login'), '账号：同名老师2');
  await screenshot(page, 'accounts-once-login-zh');
  const once = await takeOnce(page);
  await page.fill('#search', '同名');
  assert.deepEqual(await page.locator('tbody th').allTextContents(), ['同名老师 同名老师', '同名老师 同名老师2']);
  await inBothLanguages(page, 'accounts-namesakes');
  await page.getByRole('button', { name: '修改 同名老师（同名老师2）' }).click();
  assert.equal(await page.inputValue('#form-login'), '同名老师2');
  await page.fill('#form-login', 'tm.two');
  await page.click('#form .primary');
  await page.getByRole('button', { name: '停用：同名老师（tm.two）' }).waitFor();
  await page.fill('#search', 'TM.');
  assert.equal(await page.locator('tbody tr').count(), 1);
  await page.fill('#search', 'root');
  assert.equal(await page.locator('tbody th').textContent(), 'root', 'who is called as they log in');
  assert.deepEqual(errors(page), []);
  await page.context().close();

  const teacher = await open('/');
  await firstLogin(teacher, 'TM.Two', once, 'quiet harbours at noon');
  await teacher.goto(`${stack.url}/profile.html`);
  await teacher.locator('#who-login').waitFor();
  assert.deepEqual([await teacher.textContent('#who-name'), await teacher.textContent('#who-login')], ['同名老师', 'tm.two']);
  await teacher.context().close();
});

test('people see where they are logged in, and log out elsewhere', async () => {
  const desk = await open('/profile.html');
  await logIn(desk, '新来的老师', GOOD.wang);
  await desk.locator('#logins tbody tr').first().waitFor();
  const tablet = await open('/profile.html');
  await logIn(tablet, '新来的老师', GOOD.wang);
  await tablet.locator('#logins tbody tr').nth(1).waitFor();
  /* the choice of a language is the account's: another browser speaks it too */
  assert.match(await tablet.textContent('#who .hint'), /记在账号里/);
  await desk.selectOption('#speak', 'en');
  await desk.waitForFunction(() => /Kept in your account/.test(document.querySelector('#who .hint').textContent));
  await tablet.reload();
  await tablet.waitForFunction(() => document.documentElement.lang === 'en');
  await tablet.selectOption('#speak', 'zh-CN');
  await tablet.waitForFunction(() => document.documentElement.lang === 'zh-CN');
  await inBothLanguages(tablet, 'profile');
  await tablet.setViewportSize({ width: 390, height: 844 });
  assert.ok(await tablet.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await screenshot(tablet, 'profile-phone-zh');
  await tablet.click('#end-others');
  await tablet.waitForFunction(() => /已退出 [12] 处/.test(document.querySelector('#status').textContent));
  assert.equal(await tablet.locator('#logins tbody tr').count(), 1);
  await desk.reload();
  await desk.locator('#login').waitFor();
  await logIn(desk, '新来的老师', GOOD.wang);
  await desk.locator('#logins tbody tr').nth(1).waitFor();
  await desk.locator('#logins tbody button').first().click();
  await desk.waitForFunction(() => document.querySelectorAll('#logins tbody tr').length === 1);

  await desk.selectOption('#speak', 'en');
  await desk.waitForFunction(() => document.documentElement.lang === 'en');
  await desk.fill('#old', GOOD.wang);
  await choose(desk, GOOD.wang);
  await desk.click('#password-form .primary');
  assert.match(await desk.textContent('#error'), /present one/);
  await choose(desk, `${GOOD.wang} again`);
  await desk.click('#password-form .primary');
  await said(desk, 'is changed');
  await desk.reload();
  await desk.locator('#logins tbody tr').first().waitFor();
  assert.equal(await desk.evaluate(() => document.documentElement.lang), 'en');
  await desk.route('**/api/v1/**', (route) => route.abort());
  await desk.reload();
  await desk.locator('#offline').waitFor();
  assert.match(await desk.textContent('#offline-text'), /cannot be reached/);
  await desk.context().close();
  await tablet.context().close();
});

test('a language that was chosen is the account\'s, in every browser', async () => {
  const password = `${GOOD.wang} again`;
  const first = await open('/');
  assert.equal(await first.evaluate(() => document.documentElement.lang), 'zh-CN');
  await logIn(first, '新来的老师', password);
  await first.waitForFunction(() => document.documentElement.lang === 'en'); // as they chose at their desk
  await first.locator('#person').waitFor();
  const other = await open('/profile.html');
  await logIn(other, '新来的老师', password);
  await other.locator('#logins tbody tr').first().waitFor();
  assert.equal(await other.inputValue('#speak'), 'en');
  for (const [page, by] of [[other, () => other.selectOption('#speak', 'zh-CN')], [first, () => first.click('#language')]]) {
    const kept = page.waitForResponse((response) => response.request().method() === 'PUT' && response.url().endsWith('/api/v1/me'));
    await by();
    assert.equal((await kept).status(), 200);
    const chosen = (await (await kept).json()).language;
    for (const shown of [first, other]) {
      await shown.reload();
      await shown.waitForFunction((language) => document.documentElement.lang === language, chosen);
      await shown.locator('#person').waitFor();
    }
  }
  for (const page of [first, other]) {
    assert.deepEqual(errors(page), []);
    await page.context().close();
  }
});

test('the audit administrator reads, searches and verifies the log, and sees no accounts', async () => {
  const keeper = await open('/accounts.html');
  await logIn(keeper, 'keeper', GOOD.keeper);
  await row(keeper, 'root').waitFor();
  const once = await add(keeper, 'auditor', 'audit_admin');
  await keeper.context().close();
  const page = await open('/');
  await firstLogin(page, 'auditor', once, GOOD.audit);
  await page.click('.tile[href="/accounts.html"]');
  await page.locator('table.audit tbody tr').first().waitFor();
  assert.ok(!await page.locator('#people-tools').isVisible());
  await inBothLanguages(page, 'audit');
  await page.fill('#audit-person', 'keeper');
  await page.selectOption('#audit-event', 'person');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => [...document.querySelectorAll('tbody tr')].every((tr) => /^keeper #\d+$/.test(tr.children[2].textContent)));
  const events = await page.locator('tbody tr td.event .machine').allTextContents();
  assert.ok(events.includes('person.add') && events.every((event) => event.startsWith('person.')), String(events));
  const words = await page.locator('tbody tr td.event').allInnerTexts();
  assert.ok(words.some((text) => /^添加账号\s+person\.add$/.test(text)), String(words));
  await page.fill('#audit-person', 'nobody');
  await page.keyboard.press('Enter');
  await page.locator('#content .empty').waitFor();
  await page.fill('#audit-person', '');
  await page.keyboard.press('Enter');
  await page.locator('table.audit tbody tr').first().waitFor();
  await page.fill('#audit-from', '2001-01-01');
  await page.fill('#audit-to', '2001-01-02');
  await page.click('#audit-tools .primary');
  await page.locator('#content .empty').waitFor();
  await page.click('#audit-verify');
  await page.waitForFunction(() => /条记录都与写入时一致/.test(document.querySelector('#status').textContent));
  const [, hash] = /：(\w{64})/.exec(await page.textContent('#status'));
  assert.match(await stack.command('audit', 'verify', '--expect', hash), /each as it was written/);
  await page.setViewportSize({ width: 390, height: 844 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await page.fill('#audit-from', '');
  await page.fill('#audit-to', '');
  await page.click('#audit-tools .primary');
  await page.locator('.audit tbody tr').first().waitFor();
  assert.ok(await page.evaluate(() => document.querySelector('.table-frame').scrollWidth <= document.querySelector('.table-frame').clientWidth), 'an entry is a card');
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'audit-phone-zh');
  assert.deepEqual(errors(page), []);
  await page.context().close();
});
