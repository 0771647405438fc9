/* Chromium publishes three simulcast layers; a viewer gets one of them, ends at the largest, and falls
 * back when that layer stops, without a new session. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, openPage } from './chromium.mjs';
import { Stack, waitFor } from '../support/stack.mjs';

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

/** Publishes with layers h, m and l; keeps the connection as globalThis.peer. */
function publishLayers(page, url, token, codec) {
  return page.evaluate(async ([endpoint, bearer, mimeType]) => {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 1280, height: 720 } });
    const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    const transceiver = peer.addTransceiver(stream.getVideoTracks()[0], {
      direction: 'sendonly',
      sendEncodings: [
        { rid: 'h', maxBitrate: 1_500_000 },
        { rid: 'm', scaleResolutionDownBy: 2, maxBitrate: 400_000 },
        { rid: 'l', scaleResolutionDownBy: 4, maxBitrate: 120_000 },
      ],
    });
    const codecs = RTCRtpSender.getCapabilities('video').codecs;
    transceiver.setCodecPreferences(codecs.filter((c) => c.mimeType === mimeType || /rtx/.test(c.mimeType)));
    globalThis.peer = peer;
    await peer.setLocalDescription(await peer.createOffer());
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp', Authorization: `Bearer ${bearer}` },
      body: peer.localDescription.sdp,
    });
    const answer = await response.text();
    if (response.status !== 201) throw new Error(answer);
    await peer.setRemoteDescription({ type: 'answer', sdp: answer });
    return answer;
  }, [url, token, codec]);
}

function watch(page, url, token) {
  return page.evaluate(async ([endpoint, bearer]) => {
    const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    const video = document.createElement('video');
    video.muted = true;
    video.autoplay = true;
    document.body.append(video);
    globalThis.video = video;
    peer.ontrack = ({ track }) => { video.srcObject = new MediaStream([track]); video.play(); };
    peer.addTransceiver('video', { direction: 'recvonly' });
    await peer.setLocalDescription(await peer.createOffer());
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp', Authorization: `Bearer ${bearer}` },
      body: peer.localDescription.sdp,
    });
    await peer.setRemoteDescription({ type: 'answer', sdp: await response.text() });
  }, [url, token]);
}

const width = (page) => page.evaluate(() => globalThis.video.videoWidth);

for (const codec of ['video/VP8', 'video/H264']) {
  test(`three layers of ${codec}: the viewer ends at the largest and falls back when it stops`, async (t) => {
    const publisher = await openPage(browser);
    t.after(() => publisher.context().close());
    await publisher.goto(stack.url);
    const path = `${stack.lesson}/teacher-camera`;
    const token = await stack.token({ publish: 'teacher-camera' });
    const answer = await publishLayers(publisher, `${stack.url}/whip/${path}`, token, codec);
    assert.match(answer, /a=simulcast:recv h;m;l/);
    const viewer = await openPage(browser);
    t.after(() => viewer.context().close());
    await viewer.goto(stack.url);
    await watch(viewer, `${stack.url}/whep/${path}`, await stack.token({ watch: '*' }));
    const start = Date.now();
    await waitFor('a picture', () => width(viewer));
    const first = await width(viewer);
    /* Chromium starts with its lowest layer and may take 20 s to send the highest. */
    await waitFor('the largest layer', async () => await width(viewer) === 1280, 40000);
    console.log(`${codec}: first ${first} pixels wide, 1280 after ${Date.now() - start} ms`);
    await publisher.evaluate(async () => {
      const [sender] = globalThis.peer.getSenders();
      const parameters = sender.getParameters();
      parameters.encodings[0].active = false;
      await sender.setParameters(parameters);
    });
    await waitFor('a smaller layer', async () => [320, 640].includes(await width(viewer)), 15000);
    await publisher.evaluate(() => globalThis.peer.close());
    await waitFor('the source to be free', () => /teacher-camera.*(closed|active=0)/.test(stack.signaling.output), 40000);
  });
}
