/* A stack with a master teacher (wang) and a local teacher (zhao) who have accounts, and their browser. */
import { launch, openPage } from './chromium.mjs';
import { alter } from '../support/database.mjs';
import { Stack, waitFor } from '../support/stack.mjs';

const ROLES = { wang: 'master_teacher', zhao: 'local_teacher' };

export class School {
  #passwords = {};

  async start() {
    this.stack = await Stack.start();
    for (const [name, role] of Object.entries(ROLES)) {
      this.#passwords[name] = await this.stack.person(name, role);
    }
    this.browser = await launch();
  }

  /** Also after a start that failed half way. */
  async stop() {
    await this.browser?.close();
    await this.stack?.stop();
  }

  /** Fills in the form that the page shows. The account has chosen no language: what one test left is not the next one's. */
  async logIn(page, name, password = this.#passwords[name]) {
    await page.locator('#login').waitFor();
    await alter(this.stack, "UPDATE people SET language = '' WHERE name = ?", name);
    await page.fill('#name', name);
    await page.fill('#password', password);
    await page.click('#login button');
  }

  /** A page of the site, at which the person arrives by logging in. */
  async open(name, target, { browser = this.browser, ...options } = {}) {
    const page = await openPage(browser, options);
    await page.goto(`${this.stack.url}${target}`);
    await this.logIn(page, name);
    const { pathname } = new URL(target, this.stack.url);
    await page.waitForURL((url) => url.pathname === pathname);
    return page;
  }

  /** Seeds the demo's county; a page at which its coordinator arrives by logging in. */
  async openSeeded(target) {
    const people = await this.stack.command('seed', '--demo');
    const [, , password] = people.split('\n').find((line) => line.startsWith('coordinator\t')).split('\t');
    const page = await openPage(this.browser, { bypassCSP: true });
    await page.goto(`${this.stack.url}${target}`);
    await this.logIn(page, 'coordinator', password);
    return page;
  }

  watch(name, lesson = this.stack.lesson) {
    return this.open(name, `/watch.html?lesson=${lesson}`);
  }

  publish(name, options) {
    return this.open(name, `/publish.html?lesson=${this.stack.lesson}`, options);
  }
}

/** Till the teacher's pane of a watch page shows something. */
export const firstFrame = (page) => waitFor('the first frame', () =>
  page.evaluate(() => document.querySelector('#teacher').videoWidth > 0));

/** Till the page's line says this. It counts once: what is waited for next is not what was said before. */
export const said = (page, text) => page.waitForFunction((part) => {
  const line = document.querySelector('#status');
  if (!line.textContent.includes(part)) return false;
  line.textContent = '';
  return true;
}, text);
