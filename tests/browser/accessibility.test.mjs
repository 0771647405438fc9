/* axe-core finds nothing on any page, in either language. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { openPage } from './chromium.mjs';
import { School } from './school.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const school = new School();

before(async () => {
  await school.start();
  await school.stack.capture();
});
after(() => school.stop());

async function violations(page) {
  await page.evaluate(axe);
  const { violations: found } = await page.evaluate(() => globalThis.axe.run());
  return found.map((violation) => `${violation.id}: ${violation.nodes.map((n) => n.html).join(' | ')}`);
}

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
      assert.deepEqual(await violations(page), [], name);
      await page.click('#language');
    }
  }
  await page.context().close();
});
