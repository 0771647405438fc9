/* What api.js does when an answer is lost, and with lists that come in parts. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openPage } from './chromium.mjs';
import { School } from './school.mjs';

const school = new School();
let page;

before(async () => {
  await school.start();
  const people = await school.stack.command('seed', '--demo');
  page = await openPage(school.browser, { bypassCSP: true });
  await page.goto(school.stack.url);
  await school.logIn(page, 'coordinator', people.split('\n').find((line) => line.startsWith('coordinator\t')).split('\t')[2]);
  await page.locator('#person').waitFor();
});
after(() => school.stop());

const addRoom = (name) => page.evaluate(async (wanted) => {
  const { addRoom: add, listOf } = await import('/js/api.js');
  const parent = (await listOf('organisations')).find((row) => row.kind === 'school').id;
  try {
    return await add({ school: parent, name: wanted, use: 'both' });
  } catch (error) {
    return { status: error.status };
  }
}, name);
const roomsNamed = (name) => page.evaluate(async (wanted) => (await (await import('/js/api.js')).listOf('rooms')).filter((row) => row.name.startsWith(wanted)).length, name);

test('a creation whose answer is lost is sent once more, and made once', async () => {
  const keys = [];
  const replayed = [];
  await page.route('**/api/v1/rooms', async (route) => {
    keys.push(route.request().headers()['idempotency-key']);
    const response = await route.fetch();
    replayed.push(response.headers()['idempotent-replayed']);
    await (keys.length === 1 ? route.abort() : route.fulfill({ response }));
  });
  const made = await addRoom('失而复得');
  await page.unroute('**/api/v1/rooms');
  assert.ok(made.id > 0, JSON.stringify(made));
  assert.match(keys[0], /^"[0-9a-f]{32}"$/);
  assert.deepEqual(keys, [keys[0], keys[0]]);
  assert.deepEqual(replayed, [undefined, 'true']);
  assert.equal(await roomsNamed('失而复得'), 1);
});

test('it is not sent a third time, and another creation has another key', async () => {
  const keys = [];
  await page.route('**/api/v1/rooms', (route) => {
    keys.push(route.request().headers()['idempotency-key']);
    return route.abort();
  });
  assert.equal((await addRoom('没有')).status, 0);
  assert.equal((await addRoom('没有')).status, 0);
  await page.unroute('**/api/v1/rooms');
  assert.deepEqual(keys, [keys[0], keys[0], keys[2], keys[2]]);
  assert.notEqual(keys[0], keys[2]);
});

test('a list is read to its end', async () => {
  for (let i = 0; i < 5; i += 1) assert.ok((await addRoom(`分页${i}`)).id > 0);
  const asked = [];
  await page.route('**/api/v1/rooms?*', (route) => {
    const url = route.request().url().replace('limit=500', 'limit=2');
    asked.push(url);
    return route.continue({ url });
  });
  const count = await roomsNamed('分页');
  await page.unroute('**/api/v1/rooms?*');
  assert.ok(asked.length > 3, String(asked.length));
  assert.equal(count, 5);
});
