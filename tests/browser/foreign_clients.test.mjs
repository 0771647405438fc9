/* Clients that nobody here wrote: two npm libraries in Chromium, from a page of another origin, and
 * Debian's python3-aiortc. Chromium over TCP, with UDP blocked. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { launch, observeVideo, openPage } from './chromium.mjs';
import { Line } from '../support/line.mjs';
import { Stack, delay, waitFor } from '../support/stack.mjs';

const run = promisify(execFile);
const here = path.dirname(fileURLToPath(import.meta.url));
const aiortc = path.join(here, '../integration/foreign/aiortc_client.py');

const BUNDLE = `
  import { WHIPClient as EyevinnWhip } from '@eyevinn/whip-web-client';
  import { WHIPClient } from 'whip-whep/whip.js';
  import { WHEPClient } from 'whip-whep/whep.js';
  Object.assign(globalThis, { EyevinnWhip, WHIPClient, WHEPClient });
`;

let stack;
let browser;
let server;
let origin;

before(async () => {
  const bundle = await build({
    stdin: { contents: BUNDLE, resolveDir: here }, bundle: true, format: 'iife', write: false,
  });
  server = createServer((request, response) => {
    if (request.url === '/clients.js') {
      response.setHeader('Content-Type', 'text/javascript');
      response.end(bundle.outputFiles[0].text);
    } else {
      response.setHeader('Content-Type', 'text/html');
      response.end('<!doctype html><title>clients</title><video id="v" autoplay playsinline></video><script src="/clients.js"></script>');
    }
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  origin = `http://127.0.0.1:${server.address().port}`;
  stack = await Stack.start({ signaling: [`http.cors_origins=[${origin}]`] });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  if (process.env.DUET_SHOW) console.log(stack.relay.output, stack.signaling.output); await stack?.stop();
  server?.close();
});

const endpoint = (protocol, base = stack.url) => `${base}/${protocol}/${stack.lesson}/teacher-camera`;

async function clientPage(owner = browser) {
  const page = await openPage(owner);
  await page.goto(origin);
  return page;
}

/** Starts @eyevinn/whip-web-client in the page with Chromium's fake camera. */
async function eyevinnPublishes(page, base = stack.url) {
  const token = await stack.token({ publish: 'teacher-camera' });
  await page.evaluate(async ([url, authkey]) => {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 1280, height: 720 }, audio: true });
    globalThis.client = new globalThis.EyevinnWhip({ endpoint: url, opts: { authkey } });
    await globalThis.client.setIceServersFromEndpoint().catch(() => {});
    await globalThis.client.ingest(stream);
  }, [endpoint('whip', base), token]);
}

async function whepWatches(page, base = stack.url) {
  const token = await stack.token({ watch: '*' });
  await page.evaluate(async ([url, bearer]) => {
    const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    const stream = new MediaStream();
    peer.ontrack = ({ track }) => { stream.addTrack(track); document.querySelector('#v').srcObject = stream; };
    peer.addTransceiver('audio', { direction: 'recvonly' });
    peer.addTransceiver('video', { direction: 'recvonly' });
    globalThis.peer = peer;
    globalThis.whep = new globalThis.WHEPClient();
    await globalThis.whep.view(peer, url, bearer);
  }, [endpoint('whep', base), token]);
}

test('the eyevinn WHIP client publishes and the medooze WHEP client plays it', async () => {
  const publisher = await clientPage();
  await eyevinnPublishes(publisher);
  const viewer = await clientPage();
  await whepWatches(viewer);
  await waitFor('the first frame', () => viewer.evaluate(() => document.querySelector('#v').videoWidth > 0));
  const seen = await observeVideo(viewer, '#v', 5);
  console.log(`whip-whep viewer of whip-web-client: ${JSON.stringify(seen)}`);
  assert.ok(seen.fps >= 15, `${seen.fps} fps`);
  assert.ok(seen.rms > 0.003, `sound ${seen.rms}`);
  assert.ok(seen.changes > 10, 'the picture moves');
  const gone = await viewer.evaluate(async () => {
    const url = globalThis.whep.resourceURL;
    await globalThis.whep.stop();
    return String(url);
  });
  const response = await fetch(gone, { method: 'DELETE', headers: { Authorization: `Bearer ${await stack.token({ watch: '*' })}` } });
  assert.equal(response.status, 404, 'the viewer ended its session itself');
  await publisher.evaluate(() => globalThis.client.destroy());
  await viewer.context().close();
  await publisher.context().close();
});

test('the medooze WHIP client publishes and restarts its ICE', async () => {
  /* Version 1.2.0 writes a comma between two candidates of a restart: the line leaves only one. */
  const single = await Line.to(stack, []);
  const page = await clientPage();
  const token = await stack.token({ publish: 'teacher-camera' });
  await page.evaluate(async ([url, bearer]) => {
    const stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
    const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    for (const track of stream.getTracks()) peer.addTransceiver(track, { direction: 'sendonly' });
    globalThis.peer = peer;
    globalThis.whip = new globalThis.WHIPClient();
    await globalThis.whip.publish(peer, url, bearer);
  }, [endpoint('whip', single.url), token]);
  await waitFor('the connection', () => page.evaluate(() => globalThis.peer.connectionState === 'connected'));
  const before = await page.evaluate(() => /ice-ufrag:(.*)/.exec(globalThis.peer.currentRemoteDescription.sdp)[1]);
  await page.evaluate(() => globalThis.whip.restart());
  await waitFor('new credentials', () => page.evaluate((old) =>
    /ice-ufrag:(.*)/.exec(globalThis.peer.currentRemoteDescription.sdp)[1] !== old, before));
  await delay(1000);
  assert.equal(await page.evaluate(() => globalThis.peer.connectionState), 'connected');
  const player = await stack.player();
  await delay(4000);
  const figures = await player.finish();
  assert.ok(figures.frames_decoded > 20, `${figures.frames_decoded} frames after the restart`);
  await page.evaluate(() => globalThis.whip.stop());
  await page.context().close();
  await single.stop();
});

test('aiortc publishes and the player shows it; capture publishes and aiortc decodes it', async () => {
  const token = await stack.tokenFile({ publish: 'teacher-camera' });
  const publishing = run('/usr/bin/python3', [aiortc, 'publish', endpoint('whip'), token, '10']);
  await delay(2000);
  const player = await stack.player();
  await delay(6000);
  const figures = await player.finish();
  assert.equal(JSON.parse((await publishing).stdout).state, 'connected');
  console.log(`player of aiortc: ${figures.frames_decoded} frames, ${figures.audio_rms_db} dB`);
  assert.ok(figures.frames_decoded > 60, `${figures.frames_decoded} frames`);
  assert.ok(figures.audio_rms_db > -40, `${figures.audio_rms_db} dB`);

  const capture = await stack.capture(['--layers', '360', '--set', 'video.width=640', '--set', 'video.height=360']);
  await waitFor('capture to be live', () => /"state": ?"live"/.test(capture.output));
  const watchToken = await stack.tokenFile({ watch: '*' });
  const { stdout } = await run('/usr/bin/python3', [aiortc, 'watch', endpoint('whep'), watchToken, '8']);
  await capture.stop('SIGINT');
  const seen = JSON.parse(stdout);
  console.log(`aiortc viewer of capture: ${stdout.trim()}`);
  assert.ok(seen.frames > 100, `${seen.frames} frames`);
  assert.ok(seen.rms > 0.003, `sound ${seen.rms}`);
});

test('with UDP blocked Chromium publishes and plays over TCP', async () => {
  const blocked = await Line.to(stack, ['--loss', '100'], { keepTcp: true });
  try {
    const publisher = await clientPage();
    await eyevinnPublishes(publisher, blocked.url);
    const viewer = await clientPage();
    const start = Date.now();
    await whepWatches(viewer, blocked.url);
    await waitFor('the first frame', () => viewer.evaluate(() => document.querySelector('#v').videoWidth > 0));
    const joinMs = Date.now() - start;
    const seen = await observeVideo(viewer, '#v', 5);
    const protocol = await viewer.evaluate(async () => {
      const stats = [...(await globalThis.peer.getStats()).values()];
      const pair = stats.find((s) => s.type === 'candidate-pair' && s.nominated);
      return stats.find((s) => s.id === pair.localCandidateId).protocol;
    });
    console.log(`over ${protocol}: first frame after ${joinMs} ms, ${JSON.stringify(seen)}`);
    assert.equal(protocol, 'tcp');
    assert.ok(joinMs < 8000);
    assert.ok(seen.fps >= 15, `${seen.fps} fps`);
    await viewer.context().close();
    await publisher.context().close();
  } finally {
    await blocked.stop();
  }
});
