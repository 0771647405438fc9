/* Whoever is disabled, or loses a role, is out within five seconds: page, stream in and out, socket, and tokens that were
 * handed out before. With a real relay, which is where the packets are counted. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { FrameReader, textFrame } from '../../support/link_tap.mjs';
import { Stack, delay, measured, program, waitFor } from '../../support/stack.mjs';

const run = promisify(execFile);
const LIMIT_MS = measured ? 5000 : 15000;
const small = ['--layers', '180', '--set', 'video.width=320', '--set', 'video.height=180'];
const passwords = {};
const cookies = {};
let stack;
let people;

before(async () => {
  stack = await Stack.start();
  for (const [name, role] of [['wang', 'master_teacher'], ['zhao', 'local_teacher']]) passwords[name] = await stack.person(name, role);
  passwords.keeper = await stack.command('person', 'add', 'keeper', '--role', 'security_admin');
  for (const name of Object.keys(passwords)) await logIn(name);
  people = Object.fromEntries((await ask('keeper', 'GET', '/accounts')).accounts.map((row) => [row.name, row.id]));
});
after(() => stack?.stop());

async function logIn(name) {
  const response = await fetch(`${stack.url}/api/v1/login`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name, password: passwords[name] }),
  });
  assert.equal(response.status, 200, await response.text());
  cookies[name] = response.headers.get('set-cookie').split(';')[0];
}

async function send(name, method, target, body) {
  return fetch(`${stack.url}/api/v1${target}`, {
    method, body: body && JSON.stringify(body), headers: { Cookie: cookies[name], ...(body ? { 'Content-Type': 'application/json' } : {}) },
  });
}

async function ask(...call) {
  const response = await send(...call);
  if (!response.ok) throw new Error(`${call.join(' ')}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** A media token of hers, as the pages get it, and a file with it for a program. */
async function tokenOf(name) {
  const { token } = await ask(name, 'POST', `/lessons/${stack.lesson}/media-token`, {});
  const file = path.join(stack.folder, `token-${name}-${Math.random().toString(36).slice(2)}`);
  await writeFile(file, token, { mode: 0o600 });
  return { token, file };
}

/** How many sessions the relay has. */
async function sessions() {
  const { stdout } = await run(program('duet-relay'), ['--set', `control.socket=${path.join(stack.folder, 'relay.sock')}`, '--stats', '--json']);
  return JSON.parse(stdout).workers.reduce((sum, worker) => sum + worker.sessions.now, 0);
}

/** A socket in the lesson; ended resolves when the server says that it ends (a close frame), or just ends it. */
async function joinWith(token) {
  const { hostname, port } = new URL(stack.url);
  const socket = net.connect(Number(port), hostname);
  const heard = [];
  let head = '';
  let end;
  const ended = new Promise((resolve) => { end = () => resolve(performance.now()); });
  const reader = new FrameReader((raw, text) => {
    if (text !== null) heard.push(JSON.parse(text));
    else if ((raw[0] & 15) === 8) end();
  });
  socket.on('data', (data) => {
    if (head === null) { reader.feed(data); return; }
    head += data.toString('latin1');
    const empty = head.indexOf('\r\n\r\n');
    if (empty < 0) return;
    const rest = Buffer.from(head.slice(empty + 4), 'latin1');
    head = null;
    reader.feed(rest);
  });
  socket.on('error', () => {});
  socket.on('close', end);
  socket.write(`GET /ws HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n`
    + `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: duet-lesson\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  await waitFor('the WebSocket', () => head === null);
  socket.write(textFrame(JSON.stringify({ type: 'join', lesson: stack.lesson }), true));
  await waitFor('the lesson', () => heard.some(({ type }) => type === 'joined'));
  return { socket, ended };
}

/** How long after begin the relay has that many sessions. */
async function whenSessions(count, begin) {
  await waitFor(`${count} sessions`, async () => await sessions() === count, LIMIT_MS);
  return performance.now() - begin;
}

test('a disabled teacher loses page, picture, socket and token within five seconds, and nobody else does', async () => {
  const teacher = await tokenOf('wang');
  const pupils = await tokenOf('zhao');
  await stack.capture([...small, '--token-file', teacher.file]);
  const player = await stack.player(['--token-file', pupils.file]);
  await waitFor('a lesson that plays', () => /"state": ?"live"/.test(player.output), 30000);
  const socket = await joinWith(pupils.token);
  assert.equal(await sessions(), 2);

  const begin = performance.now();
  await ask('keeper', 'PUT', `/people/${people.zhao}`, { version: 1, disabled: true });
  const answeredMs = performance.now() - begin;
  const streamMs = await whenSessions(1, begin);
  const socketMs = await Promise.race([socket.ended.then((at) => at - begin), delay(LIMIT_MS).then(() => Infinity)]);
  assert.equal((await send('zhao', 'GET', '/me')).status, 401);
  const refused = await fetch(`${stack.url}/whep/${stack.lesson}`, {
    method: 'POST', headers: { Authorization: `Bearer ${pupils.token}`, 'Content-Type': 'application/sdp' }, body: 'v=0\r\n',
  });
  assert.equal(refused.status, 401);
  console.log(`disabled: answered after ${answeredMs.toFixed(0)} ms, stream ended after ${streamMs.toFixed(0)} ms, socket after ${socketMs.toFixed(0)} ms`);
  assert.ok(streamMs < LIMIT_MS && socketMs < LIMIT_MS, `${streamMs} ${socketMs}`);

  /* The program tries to come back, and is told no; the master teacher's stream is untouched. */
  await delay(2000);
  assert.equal(await sessions(), 1);
  assert.equal((await send('wang', 'GET', '/me')).status, 200);
});

test('a login that is ended from elsewhere loses picture and socket within five seconds, and the teaching one goes on', async () => {
  const desk = cookies.wang;
  await logIn('wang');
  const tablet = await tokenOf('wang');
  const player = await stack.player(['--token-file', tablet.file]);
  await waitFor('a lesson that plays there', () => /"state": ?"live"/.test(player.output), 30000);
  const socket = await joinWith(tablet.token);
  assert.equal(await sessions(), 2);

  cookies.wang = desk;
  const begin = performance.now();
  assert.equal((await ask('wang', 'DELETE', '/me/sessions', {})).ended, 1);
  const streamMs = await whenSessions(1, begin);
  const socketMs = await Promise.race([socket.ended.then((at) => at - begin), delay(LIMIT_MS).then(() => Infinity)]);
  console.log(`logged out elsewhere: stream ended after ${streamMs.toFixed(0)} ms, socket after ${socketMs.toFixed(0)} ms`);
  assert.ok(streamMs < LIMIT_MS && socketMs < LIMIT_MS, `${streamMs} ${socketMs}`);
  await delay(2000);
  assert.equal(await sessions(), 1);
});

test('a teacher who becomes an inspector stops teaching within five seconds, and the old token teaches no more', async () => {
  const { token } = await tokenOf('wang');
  const begin = performance.now();
  await ask('keeper', 'PUT', `/people/${people.wang}`, { version: 1, role: 'inspector' });
  const streamMs = await whenSessions(0, begin);
  console.log(`role taken away: stream ended after ${streamMs.toFixed(0)} ms`);
  const refused = await fetch(`${stack.url}/whip/${stack.lesson}/teacher-camera`, {
    method: 'POST', headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/sdp' }, body: 'v=0\r\n',
  });
  assert.equal(refused.status, 401);
  await delay(1100); /* a token of the very second in which a role was taken away is refused, too */
  await logIn('wang');
  const rights = await ask('wang', 'POST', `/lessons/${stack.lesson}/media-token`, {});
  assert.deepEqual(rights.publish, []);
});
