/* What strangers send, against a lesson in progress: each gets its clear answer, and the lesson's
 * picture and sound go on without one freeze. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { Program, Stack, delay, measured, waitFor } from '../../support/stack.mjs';

let stack;
let capture;
let player;
let lessonUrl;

before(async () => {
  stack = await Stack.start();
  capture = await stack.capture(['--stripe']);
  player = await stack.player(['--stripe']);
  await waitFor('the lesson to play', () => /"state": ?"live"/.test(player.output), 20000);
  lessonUrl = `${stack.url}/whep/${stack.lesson}`;
  await delay(3000);
});
after(async () => { await stack?.stop(); });

const sdp = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n';
const post = (url, token, body = sdp, type = 'application/sdp') => fetch(url, {
  method: 'POST',
  headers: { 'Content-Type': type, ...(token ? { Authorization: `Bearer ${token}` } : {}) },
  body,
});

async function assertProblem(response, status, pattern) {
  assert.equal(response.status, status);
  assert.match(response.headers.get('content-type'), /application\/problem\+json/);
  const problem = await response.json();
  assert.equal(problem.status, status);
  assert.match(problem.detail, pattern, problem.detail);
}

test('a wrong, a missing and an expired token are refused with a reason', async () => {
  await assertProblem(await post(lessonUrl, ''), 401, /token/i);
  await assertProblem(await post(lessonUrl, 'not.a.token'), 401, /token/i);
  const good = await stack.token({ watch: '*' });
  const [header, , signature] = good.split('.');
  const forged = Buffer.from(JSON.stringify({ lesson: stack.lesson, watch: ['*'], publish: ['*'], exp: 4e9 }));
  await assertProblem(await post(lessonUrl, `${header}.${forged.toString('base64url')}.${signature}`), 401, /token/i);
  const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url');
  await assertProblem(await post(lessonUrl, `${none}.${good.split('.')[1]}.`), 401, /token/i);
  const short = await stack.token({ watch: '*', ttl: '1s' });
  await delay(2500);
  await assertProblem(await post(lessonUrl, short), 401, /expired/i);
  const other = await stack.token({ watch: '*', lesson: 'another' });
  assert.ok([403, 404].includes((await post(lessonUrl, other)).status));
  const viewer = await stack.token({ watch: '*' });
  await assertProblem(await post(`${stack.url}/whip/${stack.lesson}/teacher-camera`, viewer), 403, /publish/i);
});

test('a taken source stays with its publisher', async () => {
  const thief = await stack.token({ publish: 'teacher-camera' });
  const response = await post(`${stack.url}/whip/${stack.lesson}/teacher-camera`, thief);
  await assertProblem(response, 409, /publishing teacher-camera/);
});

test('a session URL of somebody else is not found', async () => {
  const url = `${stack.url}/whep/sessions/${randomBytes(16).toString('hex')}`;
  const token = await stack.token({ watch: '*' });
  const response = await fetch(url, { method: 'DELETE', headers: { Authorization: `Bearer ${token}` } });
  assert.equal(response.status, 404);
});

test('broken, wrong and huge bodies are refused quickly and by name', async () => {
  const token = await stack.token({ watch: '*' });
  const started = performance.now();
  await assertProblem(await post(lessonUrl, token, 'hello'), 400, /./);
  await assertProblem(await post(lessonUrl, token, '{}', 'application/json'), 415, /application\/sdp/);
  assert.ok(performance.now() - started < 1000);
  const huge = await post(lessonUrl, token, Buffer.alloc(1 << 20, 'a')).catch((error) => error);
  assert.ok(huge instanceof Error || huge.status === 413, `${huge.status}`);
});

function rawHttp(text) {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(stack.url);
    const socket = net.connect(Number(port), hostname, () => socket.write(text));
    let answer = '';
    socket.on('data', (data) => { answer += data; });
    socket.on('close', () => resolve(answer));
    socket.on('error', () => resolve(answer));
    socket.setTimeout(8000, () => socket.destroy());
  });
}

test('a chunked body is 411 and the connection closes', async () => {
  const answer = await rawHttp(`POST /whep/${stack.lesson} HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\n`
    + 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.match(answer, /^HTTP\/1\.1 411 /);
  assert.equal(answer.match(/HTTP\/1\.1/g).length, 1, 'nothing behind it is read as a request');
});

test('garbage on the HTTP port, the media UDP port and the media TCP port harms nobody', async () => {
  const { hostname, port } = new URL(stack.url);
  const udp = dgram.createSocket('udp4');
  for (let i = 0; i < 3000; i += 1) {
    const packet = randomBytes(1 + (i * 37) % 1400);
    /* Every class of RFC 7983 in turn: STUN, DTLS, RTP and RTCP. */
    packet[0] = [0, 1, 20, 22, 63, 128, 144, 200, 255, 64][i % 10];
    udp.send(packet, stack.mediaPort, '127.0.0.1');
    if (i % 100 === 0) await delay(5);
  }
  const sockets = [];
  for (const [host, tcpPort] of [[hostname, Number(port)], ['127.0.0.1', stack.mediaPort]]) {
    for (let i = 0; i < 20; i += 1) {
      const socket = net.connect(tcpPort, host);
      socket.on('error', () => {});
      socket.write(randomBytes(4000));
      sockets.push(socket);
    }
  }
  await delay(1500);
  for (const socket of sockets) socket.destroy();
  udp.close();
  assert.equal((await fetch(`${stack.url}/healthz`)).status, 200);
});

test('and the lesson went on without one freeze', async () => {
  const figures = await player.finish();
  if (measured) assert.equal(figures.freezes, 0, 'freezes');
  assert.ok(figures.frames_decoded > 30 * 5);
  assert.ok(figures.audio_rms_db > -50);
  assert.equal((await capture.stop('SIGINT')).code, 0);
});

/* Not beside the lesson: seven programs that start are no strangers' doing, and take the processors. */
test('a port in use, an unknown setting and a missing device are named', async () => {
  const { port } = new URL(stack.url);
  const cases = [
    ['duet-signaling', [...stack.signalingArgs, '--set', `store.path=${stack.folder}/other.db`, '--set', `http.port=${port}`], /http\.port.*in use/],
    ['duet-relay', [...stack.relaySettings, '--set', `media.port=${stack.mediaPort}`], /media\.port.*in use/],
    ['duet-relay', ['--set', 'media.prot=1'], /media\.prot.*media\.port/],
    ['duet-capture', ['--set', 'video.nonsense=1'], /video\.nonsense/],
    ['duet-capture', ['--whip', `${stack.url}/whip/x/y`, '--token', 't', '--camera', '/dev/video77'], /\/dev\/video77/],
    ['duet-capture', ['--whip', `${stack.url}/whip/x/y`, '--token', 't', '--camera', 'file:/nowhere.mkv'], /\/nowhere\.mkv/],
    ['duet-player', ['--set', 'nonsense=1'], /nonsense/],
  ];
  for (const [name, args, pattern] of cases) {
    const refused = new Program(name, args);
    const { code } = await Promise.race([refused.ended, delay(8000).then(() => refused.stop('SIGKILL'))]);
    assert.notEqual(code, 0, `${name} ${args.join(' ')}`);
    assert.match(refused.output, pattern, `${name}: ${refused.output}`);
  }
});
