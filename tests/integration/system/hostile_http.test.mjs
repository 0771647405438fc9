/* Hostile clients of signaling against one lesson in progress: session descriptions over every limit,
 * floods, other people's sessions, and the relay link. What HTTP itself allows (chunked bodies, lengths,
 * slowness) is in tests/integration/signaling/test_http.py and hostile.test.mjs. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { Arena } from '../../support/hostile.mjs';
import { FrameReader, textFrame } from '../../support/link_tap.mjs';
import { delay, measured } from '../../support/stack.mjs';

const answerMs = measured ? 1000 : 10000;
const fixtures = new URL('../../unit/wire/fixtures/', import.meta.url);

let arena;
let publishUrl;
let watchUrl;
let offers;

before(async () => {
  /* The limits are those of a server as it is installed. */
  arena = await Arena.start({ limits: 'usual' });
  publishUrl = `${arena.stack.url}/whip/${arena.stack.lesson}/room-stranger`;
  watchUrl = `${arena.stack.url}/whep/${arena.stack.lesson}`;
  const read = (name) => readFile(new URL(name, fixtures), 'utf8');
  offers = { whip: await read('chromium-whip.sdp'), whep: await read('chromium-whep.sdp') };
});
after(async () => { await arena?.stop(); });

/** {status, ms, location, answer} */
async function send(method, url, token, body, headers = {}) {
  const started = performance.now();
  const response = await fetch(url, { method, headers: { Authorization: `Bearer ${token}`, ...headers }, body });
  const answer = await response.text();
  return { status: response.status, ms: performance.now() - started, answer, headers: response.headers };
}
const post = (url, token, body) => send('POST', url, token, body, { 'Content-Type': 'application/sdp' });

/** The offer with more of what is limited. */
const inflated = {
  'a line over 64 KiB to publish': [() => publishUrl, () => `${offers.whip}a=x-long:${'x'.repeat(65536)}\r\n`],
  'more than 256 KiB to watch': [() => watchUrl, () => offers.whep + `a=x-pad:${'x'.repeat(1000)}\r\n`.repeat(260)],
  'more than 8,000 lines': [() => watchUrl, () => offers.whep + 'a=x:1\r\n'.repeat(8001)],
  'more than 24 m-lines': [() => watchUrl, () => offers.whep + 'm=video 9 UDP/TLS/RTP/SAVPF 96\r\n'.repeat(25)],
  'a data channel': [() => publishUrl, () => offers.whip.replace(/m=video/, 'm=application')],
  'a thousand SSRCs': [() => publishUrl,
    () => offers.whip + Array.from({ length: 1000 }, (_, i) => `a=ssrc:${i + 1} cname:x\r\n`).join('')],
  'a thousand extensions': [() => publishUrl,
    () => offers.whip + Array.from({ length: 1000 }, (_, i) => `a=extmap:${1 + (i % 250)} urn:x\r\n`).join('')],
  'no fingerprint': [() => publishUrl, () => offers.whip.replace(/a=fingerprint.*\r\n/g, '')],
  'no encryption': [() => publishUrl, () => offers.whip.replaceAll('UDP/TLS/RTP/SAVPF', 'RTP/AVP')],
  'zero bytes in it': [() => publishUrl, () => offers.whip.replace('s=-', 's=\0')],
};

for (const [what, [url, body]] of Object.entries(inflated)) {
  test(`an offer with ${what} is refused at once`, async () => {
    const answer = await post(url(), url() === watchUrl ? arena.watchToken : arena.publishToken, body());
    console.log(`${what}: ${answer.status} in ${answer.ms.toFixed(1)} ms`);
    assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status} ${answer.answer}`);
    assert.ok(answer.ms < answerMs, `${answer.ms} ms`);
  });
}

test('offers with bytes changed, doubled and cut are answered, whatever they say', async () => {
  let seed = 1;
  const random = (bound) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % bound;
  };
  const statuses = {};
  for (let i = 0; i < 60; i += 1) {
    const bytes = Buffer.from(offers.whep);
    for (let change = 0; change < 1 + random(20); change += 1) bytes[random(bytes.length)] = 32 + random(95);
    const cut = bytes.subarray(0, i % 3 === 0 ? random(bytes.length) : bytes.length);
    const answer = await post(watchUrl, arena.watchToken, i % 5 === 0 ? Buffer.concat([cut, bytes]) : cut);
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
    assert.ok(answer.status < 500, `${answer.status} ${answer.answer}`);
    assert.ok(answer.ms < answerMs, `${answer.ms} ms`);
  }
  console.log(JSON.stringify(statuses));
});

test('a session of somebody else can be neither changed nor ended', async () => {
  const created = await post(publishUrl, arena.publishToken, offers.whip);
  assert.equal(created.status, 201, created.answer);
  const url = new URL(created.headers.get('location'), arena.stack.url);
  const fragment = 'a=ice-ufrag:abcd1234\r\na=ice-pwd:0123456789abcdefghijklmn\r\n';
  const restart = { 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': '*' };
  for (const token of [await arena.stack.token({ publish: 'room-stranger' }), arena.watchToken,
    await arena.stack.token({ publish: '*', watch: '*', lesson: 'another' })]) {
    assert.equal((await send('DELETE', url, token)).status, 404);
    assert.equal((await send('PATCH', url, token, fragment, restart)).status, 404);
  }
  assert.equal((await send('DELETE', url, 'not.a.token')).status, 401);
  assert.match(url.pathname, /^\/whip\/sessions\/[0-9a-f]{32}$/);
  assert.equal((await send('DELETE', url, arena.publishToken)).status, 200);
  assert.equal((await send('DELETE', url, arena.publishToken)).status, 404);
});

test('a flood of WHIP requests gets 429 while others are served', async () => {
  const token = await arena.stack.token({ publish: 'room-flood' });
  const url = `${arena.stack.url}/whip/${arena.stack.lesson}/room-flood`;
  const flood = Array.from({ length: 200 }, () => post(url, token, offers.whip));
  const started = performance.now();
  const other = await post(watchUrl, arena.watchToken, offers.whep);
  const otherMs = performance.now() - started;
  const statuses = {};
  for (const { status, headers } of await Promise.all(flood)) {
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (status === 429) assert.ok(Number(headers.get('retry-after')) >= 1);
  }
  console.log(`flood: ${JSON.stringify(statuses)}, another viewer: ${other.status} in ${otherMs.toFixed(0)} ms`);
  assert.equal(other.status, 201);
  assert.ok(statuses[429] > 100 && (statuses[201] ?? 0) <= 25, JSON.stringify(statuses));
  assert.ok(otherMs < answerMs, `${otherMs} ms`);
  assert.ok((await arena.tap.stats()).sessions.now < 40);
});

/* ---- the relay link ---- */

/** A stranger on the link; say() sends a text, heard has what came, ended resolves at the end. */
async function stranger() {
  const { hostname, port } = new URL(arena.stack.url);
  const socket = net.connect(Number(port), hostname);
  const heard = [];
  let head = '';
  const reader = new FrameReader((raw, text) => { if (text !== null) heard.push(JSON.parse(text)); });
  socket.on('data', (data) => {
    if (head === null) { reader.feed(data); return; }
    head += data.toString('latin1');
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    const rest = Buffer.from(head.slice(end + 4), 'latin1');
    head = null;
    reader.feed(rest);
  });
  socket.on('error', () => {});
  const ended = new Promise((resolve) => { socket.on('close', resolve); });
  socket.write('GET /relay-link HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
    + 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'
    + 'Sec-WebSocket-Protocol: duet-relay-link\r\n\r\n');
  for (let i = 0; i < 50 && heard.length === 0; i += 1) await delay(20);
  return { socket, heard, ended, say: (message) => socket.write(textFrame(JSON.stringify(message), true)) };
}

test('nobody commands the relays or takes the place of one without the key', async () => {
  const [registration] = arena.tap.registered;
  const before = await arena.tap.stats();
  const words = [
    registration, /* word for word what the relay said: its proof belongs to another nonce */
    { ...registration, mac: '0'.repeat(64) },
    { type: 'load', sessions: 0, cpu: 0, rtp_out_pps: 0 },
    { id: 1, type: 'session.close', session: '0'.repeat(32), reason: 'x' },
    { type: 'session.state', session: '0'.repeat(32), state: 'closed', reason: 'peer' },
    { id: 1, type: 'reply', ok: true, answer: 'v=0' },
  ];
  for (const word of words) {
    const link = await stranger();
    assert.equal(link.heard[0]?.type, 'hello');
    assert.notEqual(link.heard[0].nonce, undefined);
    link.say(word);
    const end = await Promise.race([link.ended.then(() => 'ended'), delay(8000)]);
    assert.equal(end, 'ended', `still open after ${JSON.stringify(word).slice(0, 80)}`);
    assert.ok(link.heard.every(({ type }) => type === 'hello' || type === 'refused'), JSON.stringify(link.heard));
  }
  assert.equal(arena.tap.registered.length, 1, 'the true relay kept its link');
  assert.ok((await arena.tap.stats()).sessions.created >= before.sessions.created);
});

test('and the lesson went on without one freeze', async () => {
  await arena.endLesson();
});
