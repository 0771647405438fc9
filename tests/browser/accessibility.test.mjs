/* axe-core finds nothing on any page, in either language. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from './axe.mjs';
import { openPage } from './chromium.mjs';
import { School } from './school.mjs';

const school = new School();

before(async () => {
  await school.start();
  await school.stack.capture();
});
after(() => school.stop());

test('axe finds nothing on the login, home, watch and publish pages', async () => {
  const { stack } = school;
  const page = await openPage(school.browser, { bypassCSP: true });
  await page.goto(stack.url);
  await page.locator('#login').waitFor();
  assert.deepEqual(await violations(page), []);
  await school.logIn(page, 'wang');
  await page.locator('.lesson-list li').waitFor();
  assert.deepEqual(await violations(page), []);
  for (const name of ['watch', 'publish']) {
    await page.goto(`${stack.url}/${name}.html?lesson=${stack.lesson}`);
    await page.locator('#title').waitFor();
    await page.focus(name === 'watch' ? '#stage' : '#picture');
    await page.keyboard.press('i');
    await page.locator(name === 'watch' ? '#overlay table' : '#overlay').waitFor();
    for (let language = 0; language < 2; language += 1) {
      const lang = await page.evaluate(() => document.documentElement.lang);
      assert.deepEqual(await violations(page), [], `${name} ${lang}`);
      await page.click('#language');
      await page.waitForFunction((old) => document.documentElement.lang !== old, lang);
    }
  }
  await page.context().close();
});
