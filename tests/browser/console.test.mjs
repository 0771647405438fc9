/* The console's bar: pages by role, on a wide screen and on a phone, language, logging out, and a server that is gone. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openPage, screenshot } from './chromium.mjs';
import { violations } from './axe.mjs';
import { School } from './school.mjs';
import { alter } from '../support/database.mjs';

const school = new School();
let coordinator;
let administrator;

before(async () => {
  await school.start();
  administrator = await school.stack.command('person', 'add', 'root', '--role', 'system_admin');
  const people = await school.stack.command('seed', '--demo');
  coordinator = people.split('\n').find((line) => line.startsWith('coordinator\t')).split('\t')[2];
});
after(() => school.stop());

async function logIn(target, options = {}, name = 'coordinator') {
  const page = await openPage(school.browser, { bypassCSP: true, ...options });
  await page.goto(`${school.stack.url}${target}`);
  await school.logIn(page, name, name === 'root' ? administrator : coordinator);
  await page.locator('#person').waitFor();
  return page;
}

test('the home page leads to every page of the role, and each of them is there', async () => {
  const page = await logIn('/');
  await page.locator('.tile').first().waitFor();
  const links = await page.locator('.tile').evaluateAll((tiles) => tiles.map((tile) => tile.getAttribute('href')));
  assert.ok(links.includes('/timetable.html') && !links.includes('/load.html'), String(links));
  assert.deepEqual(await page.locator('#bar-pages a').evaluateAll((all) => all.map((a) => a.getAttribute('href'))), links);
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'home-coordinator-zh');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('a teacher has no pages of the console, but lessons and a way out', async () => {
  const page = await school.open('wang', '/');
  await page.locator('.lesson-list li').waitFor();
  assert.equal(await page.locator('#bar nav').count(), 0);
  await alter(school.stack, "UPDATE lessons SET title = '改名' WHERE id = ?", school.stack.lesson);
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange'))); // as who comes back to it
  await page.locator('.lesson-list li', { hasText: '改名' }).waitFor();
  await page.click('#person');
  await page.click('#logout');
  await page.locator('#login').waitFor();
  await page.context().close();
});

test('whoever may not see a page is told who may, with a way home and nothing to try again', async () => {
  const page = await logIn('/load.html');
  await page.locator('#empty a').waitFor();
  assert.match(await page.textContent('#empty'), /你的角色不能使用这一页。可以使用的是：系统管理员回到首页/);
  assert.ok(!await page.locator('#retry').isVisible());
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'not-for-you-zh');
  await page.click('#language');
  await page.locator('#empty', { hasText: 'This page is not for your role. It is for:System administrator' }).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.click('#language');
  await page.locator('#empty', { hasText: '系统管理员' }).waitFor();
  await page.click('#empty a');
  await page.locator('.tile').first().waitFor();
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('an address that is no page is a page with a way home for a browser, and a problem for a program', async () => {
  const page = await openPage(school.browser, { bypassCSP: true, viewport: { width: 390, height: 844 } });
  const answer = await page.goto(`${school.stack.url}/timetabel.html`);
  assert.deepEqual([answer.status(), answer.headers()['content-type']], [404, 'text/html; charset=utf-8']);
  assert.ok(answer.headers()['content-security-policy']);
  assert.match(await page.textContent('main'), /没有这个页面[\s\S]*There is no such page/);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'no-page-phone');
  await page.click('main a.primary');
  await page.locator('#login').waitFor();
  await page.context().close();
  for (const headers of [{}, { Accept: 'application/json' }]) {
    const plain = await fetch(`${school.stack.url}/timetabel.html`, { headers });
    assert.deepEqual([plain.status, plain.headers.get('content-type')], [404, 'application/problem+json']);
  }
});

test('a page that needs a login is where one arrives after it, marked in the bar', async () => {
  const page = await logIn('/timetable.html');
  await page.waitForURL((url) => url.pathname === '/timetable.html');
  await page.locator('table.grid').waitFor();
  assert.equal(await page.getAttribute('#bar-pages a[href="/timetable.html"]', 'aria-current'), 'page');
  assert.equal(await page.locator('[aria-current]').count(), 1);
  assert.equal(await page.title(), '课表 · Duet');
  await page.context().close();
});

test('the part of a page that was asked for is still asked for after the login, but a ticket goes no further', async () => {
  const page = await openPage(school.browser);
  const arrived = (path) => page.waitForURL((url) => `${url.pathname}${url.search}${url.hash}` === path);
  await page.goto(`${school.stack.url}/devices.html#device-7`);
  await arrived('/?next=%2Fdevices.html%23device-7');
  await school.logIn(page, 'coordinator', coordinator);
  await arrived('/devices.html#device-7');
  await page.context().clearCookies();
  await page.goto(`${school.stack.url}/timetable.html?x=1#ticket=AbC-123`);
  await arrived('/?next=%2Ftimetable.html%3Fx%3D1');
  await page.goto(`${school.stack.url}/?next=${encodeURIComponent('//elsewhere.example/a.html#b')}`);
  await school.logIn(page, 'coordinator', coordinator);
  await page.locator('.tile').first().waitFor();
  assert.equal(new URL(page.url()).origin, school.stack.url);
  await page.context().close();
});

test('the first Tab offers to skip the bar, and the menus open and close by keyboard', async () => {
  const page = await logIn('/timetable.html');
  await page.locator('table.grid').waitFor();
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  await page.focus('#person');
  await page.keyboard.press('Enter');
  assert.equal(await page.getAttribute('#person', 'aria-expanded'), 'true');
  assert.ok(await page.locator('#logout').isVisible());
  await page.keyboard.press('Tab');
  await page.keyboard.press('Escape');
  assert.ok(!await page.locator('#logout').isVisible());
  assert.equal(await page.evaluate(() => document.activeElement.id), 'person');
  await page.context().close();
});

test('on a phone the pages are a menu, every target is large, and nothing is wider than the screen', async () => {
  const page = await logIn('/', { viewport: { width: 390, height: 844 } });
  await page.locator('.tile').first().waitFor();
  assert.ok(!await page.locator('#bar-pages').isVisible());
  await page.click('.bar-menu');
  assert.ok(await page.locator('#bar-pages').isVisible());
  for (const lang of ['zh', 'en']) {
    const small = await page.locator('a, button').evaluateAll((all) => all
      .filter((each) => each.checkVisibility() && !each.classList.contains('skip'))
      .map((each) => [each.outerHTML, each.getBoundingClientRect()])
      .filter(([, box]) => box.height < 43.9 || box.width < 43.9).map(([html, box]) => `${html} ${box.width}×${box.height}`));
    assert.deepEqual(small, []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    assert.deepEqual(await violations(page), []);
    await screenshot(page, `home-phone-${lang}`);
    await page.click('#language');
    if (lang === 'zh') await page.click('.bar-menu');
  }
  await page.context().close();
});

test('a page that starts without a server says so, and goes on when it is asked again', async () => {
  const page = await logIn('/timetable.html');
  await page.locator('table.grid').waitFor();
  await page.route('**/api/v1/**', (route) => route.abort());
  await page.reload();
  await page.locator('#offline').waitFor();
  assert.match(await page.textContent('#offline-text'), /连接不上服务器/);
  await page.click('#language');
  await page.waitForFunction(() => /cannot be reached/.test(document.querySelector('#offline-text').textContent));
  await page.unroute('**/api/v1/**');
  await page.click('#retry');
  await page.locator('table.grid').waitFor();
  await page.context().close();
});

test('without the words of the other language a page stays in its own, and complains of nothing', async () => {
  const page = await logIn('/profile.html');
  await page.locator('#speak').waitFor();
  await page.route('**/i18n/en.json', (route) => route.abort());
  await page.click('#language');
  await page.selectOption('#speak', 'en');
  await page.waitForFunction(() => document.querySelector('#speak').value === 'zh-CN');
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN');
  assert.deepEqual(page.problems.filter((problem) => !/ERR_FAILED/.test(problem)), []);
  await page.unroute('**/i18n/en.json');
  await page.click('#language');
  await page.waitForFunction(() => document.documentElement.lang === 'en');
  await page.context().close();
});

test('a page that gets no words at all says that in both languages', async () => {
  const page = await openPage(school.browser, { bypassCSP: true });
  await page.route('**/i18n/**', (route) => route.abort());
  for (const target of ['/', '/timetable.html', '/watch.html']) {
    await page.goto(`${school.stack.url}${target}`);
    await page.locator('.wordless', { hasText: '连接不上服务器' }).waitFor();
    assert.match(await page.textContent('.wordless'), /cannot be reached/);
  }
  await screenshot(page, 'wordless');
  await page.context().close();
});

/** Targets that a finger misses: smaller than 44 pixels. Boxes and a file's own input are pressed by their labels. */
const small = (page) => page.locator('button, .button, select, input').evaluateAll((all) => all
  .filter((each) => each.checkVisibility() && !['checkbox', 'radio', 'file'].includes(each.type))
  .map((each) => [each.outerHTML, each.getBoundingClientRect()])
  .filter(([, box]) => box.height < 43.9 || box.width < 43.9).map(([html]) => html));

for (const name of ['coordinator', 'root']) {
  test(`every page of ${name} is there, and axe finds nothing in either language, wide or on a phone`, async () => {
    const page = await logIn('/', {}, name);
    await page.locator('.tile').first().waitFor();
    const targets = await page.locator('.tile').evaluateAll((tiles) => tiles.map((tile) => tile.getAttribute('href')));
    for (const target of targets) {
      const answer = await page.goto(`${school.stack.url}${target}`);
      assert.equal(answer.status(), 200, target);
      await page.locator('#content:not([hidden]), #empty:not([hidden])').first().waitFor();
      for (const size of [{ width: 1366, height: 768 }, { width: 390, height: 844 }]) {
        await page.setViewportSize(size);
        for (let language = 0; language < 2; language += 1) {
          const where = `${target} ${size.width} ${await page.evaluate(() => document.documentElement.lang)}`;
          assert.deepEqual(await violations(page), [], where);
          assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${where}: wider than the screen`);
          assert.deepEqual(await small(page), [], where);
          await screenshot(page, `all-${name}-${where.replaceAll(/[^\w]+/g, '-')}`);
          const lang = await page.evaluate(() => document.documentElement.lang);
          await page.click('#language');
          await page.waitForFunction((old) => document.documentElement.lang !== old, lang);
        }
      }
    }
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });
}
