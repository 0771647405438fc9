/* Debian's headless Chromium with fake devices, and what the tests measure in its pages. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { movedS, realEnvironment } from '../support/clock.mjs';

export const screenshots = process.env.DUET_SCREENSHOTS ?? '';

export function launch({ fakeDevices = true, args = [] } = {}) {
  const devices = fakeDevices
    ? ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'] : [];
  return chromium.launch({
    executablePath: process.env.DUET_CHROMIUM ?? '/usr/bin/chromium',
    env: realEnvironment(),
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
      '--disable-background-networking', '--disable-component-update',
      '--autoplay-policy=no-user-gesture-required',
      /* Loopback has no mDNS and no other interface; without this no host candidate is offered. */
      '--allow-loopback-in-peer-connection', '--disable-features=WebRtcHideLocalIpsWithMdns',
      ...devices, ...args,
    ],
  });
}

/* Runs in the page: its clock is that of the test. */
function moveClock(aheadMs) {
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...given) { super(...(given.length === 0 ? [Real.now() + aheadMs] : given)); }

    static now() { return Real.now() + aheadMs; }
  };
}

/** A page whose errors end up in page.problems. */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, ...options });
  if (movedS) await context.addInitScript(moveClock, movedS * 1000);
  const page = await context.newPage();
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(String(error)));
  page.on('console', (message) => {
    /* Who is not logged in yet is told so by 401, which Chromium always prints. */
    if (message.type() === 'error' && !/status of 401/.test(message.text())) page.problems.push(message.text());
  });
  return page;
}

/** Kept for people to look at when DUET_SCREENSHOTS names a folder. */
export async function screenshot(page, name) {
  if (!screenshots) return;
  await mkdir(screenshots, { recursive: true });
  await page.screenshot({ path: path.join(screenshots, `${name}.png`) });
}

/**
 * Runs in the page: what a <video> shows and plays during seconds, as a viewer would notice.
 * Returns {fps, freezes, rms, brightness, changes}: frames on screen per second, freezes as WebRTC
 * defines them, root mean square of the sound, mean brightness and how many samples differed.
 *
 * Frames are counted by presentedFrames, not by callbacks: of 30 frames a second a headless Chromium
 * presents 30 and calls back for 22 to 30 of them, as its ticks happen to fall between the frames.
 */
export function observeVideo(page, selector, seconds) {
  return page.evaluate(async ([query, duration]) => {
    const video = document.querySelector(query);
    let frames = 0;
    let firstPresented = 0;
    let freezes = 0;
    let last = 0;
    let mean = 33;
    const onFrame = (now, { presentedFrames }) => {
      if (last === 0) {
        firstPresented = presentedFrames;
      } else {
        const gap = now - last;
        if (gap > Math.max(3 * mean, mean + 150)) freezes += 1;
        else mean += (gap - mean) / 30;
      }
      last = now;
      frames = presentedFrames - firstPresented;
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);

    const audio = new AudioContext();
    await audio.resume();
    const analyser = new AnalyserNode(audio, { fftSize: 2048 });
    if (video.srcObject.getAudioTracks().length > 0) {
      audio.createMediaStreamSource(video.srcObject).connect(analyser);
    }
    const canvas = new OffscreenCanvas(64, 36);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const samples = new Float32Array(2048);
    let square = 0;
    let readings = 0;
    let brightness = 0;
    let changes = 0;
    let before = '';
    const start = performance.now();
    while (performance.now() - start < duration * 1000) {
      await new Promise((resolve) => { setTimeout(resolve, 100); });
      analyser.getFloatTimeDomainData(samples);
      square += samples.reduce((sum, x) => sum + x * x, 0) / samples.length;
      readings += 1;
      context.drawImage(video, 0, 0, 64, 36);
      const pixels = context.getImageData(0, 0, 64, 36).data;
      let sum = 0;
      for (let i = 0; i < pixels.length; i += 4) sum += pixels[i + 1];
      brightness += sum / (pixels.length / 4);
      const picture = pixels.join();
      changes += picture !== before;
      before = picture;
    }
    const elapsed = (performance.now() - start) / 1000;
    await audio.close();
    return {
      fps: frames / elapsed,
      freezes,
      rms: Math.sqrt(square / readings),
      brightness: brightness / readings,
      changes,
      width: video.videoWidth,
      height: video.videoHeight,
    };
  }, [selector, seconds]);
}
