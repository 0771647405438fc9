/* The master teacher's page: camera and microphone into the lesson. */

import { startLanguage, t } from './i18n.js';
import { endpoint, openLesson } from './lesson_page.js';
import { followLesson } from './lesson_state.js';
import { LevelMeter } from './level_meter.js';
import { MediaSession, preferH264 } from './media_session.js';
import { reason } from './refusals.js';
import { SessionStatistics } from './session_statistics.js';
import { StatisticsPanel } from './statistics_panel.js';

const byId = (id) => document.getElementById(id);
const MAX_BITRATE_BPS = 2_500_000;
const START_BITRATE_KBPS = 1200;
const SILENT_MS = 1000;
const PROBE_EVERY_MS = 4000;
const VIDEO = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, sampleRate: 48000 };

let lesson = null;
let bell = null; /* what the server says of the lesson */
let stream = null;
let session = null;
let statistics = null;
let problem = null; /* id of the sentence over the preview, null = the picture is there */
let sessionState = 'idle';
let failure = null;
let heard = { packets: -1, atMs: 0 }; /* from the server, and when that last grew */
const level = new LevelMeter();
const panel = new StatisticsPanel({
  panel: byId('overlay'),
  button: byId('statistics'),
  keyTarget: byId('picture'),
  describe: (stream) => ({ name: t(stream.kind === 'audio' ? 'stat.sound' : 'publish.picture') }),
});

/* ---- devices ---- */

function chosen(kind, select) {
  const constraints = kind === 'video' ? { ...VIDEO } : { ...AUDIO };
  if (select.value) constraints.deviceId = { exact: select.value };
  return constraints;
}

async function fillDevices() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  for (const [kind, select] of [['videoinput', byId('camera')], ['audioinput', byId('microphone')]]) {
    const used = stream?.getTracks().find((track) => track.kind === kind.replace('input', ''))?.getSettings().deviceId;
    const found = devices.filter((device) => device.kind === kind);
    select.replaceChildren(...found.map((device, index) => {
      const label = device.label || `${t(kind === 'videoinput' ? 'publish.camera' : 'publish.microphone')} ${index + 1}`;
      return new Option(label, device.deviceId, false, device.deviceId === used);
    }));
    select.disabled = found.length === 0;
    if (found.length === 0) select.replaceChildren(new Option(t('publish.none_found'), ''));
  }
}

function problemOf(error) {
  if (error.name === 'NotAllowedError') return 'publish.denied';
  if (error.name === 'NotFoundError' || error.name === 'OverconstrainedError') return 'publish.no_device';
  return 'publish.busy';
}

async function openDevices() {
  if (!navigator.mediaDevices) {
    showProblem('publish.insecure');
    return;
  }
  showProblem('publish.asking');
  try {
    const next = await navigator.mediaDevices.getUserMedia({
      video: chosen('video', byId('camera')),
      audio: chosen('audio', byId('microphone')),
    });
    await useStream(next);
    showProblem(null);
  } catch (error) {
    showProblem(problemOf(error));
  }
  await fillDevices();
}

async function useStream(next) {
  const old = stream;
  stream = next;
  byId('preview').srcObject = stream;
  level.listen(stream);
  for (const track of stream.getTracks()) {
    track.addEventListener('ended', () => {
      if (stream === next) showProblem(track.kind === 'video' ? 'publish.camera_lost' : 'publish.microphone_lost');
    });
    const sender = session?.peer?.getSenders().find((other) => other.track?.kind === track.kind);
    await sender?.replaceTrack(track);
  }
  for (const track of old?.getTracks() ?? []) track.stop();
}

/* ---- session ---- */

function prepare(peer) {
  const video = stream.getVideoTracks()[0];
  const audio = stream.getAudioTracks()[0];
  if (audio) peer.addTransceiver(audio, { direction: 'sendonly', streams: [stream] });
  if (video) {
    video.contentHint = 'motion';
    /* One encoding: a browser's simulcast starts at the lowest layer and takes many seconds to climb. */
    preferH264(peer.addTransceiver(video, {
      direction: 'sendonly', streams: [stream], sendEncodings: [{ maxBitrate: MAX_BITRATE_BPS }],
    }), 'send');
  }
  statistics = new SessionStatistics(peer);
  panel.watch(peer);
}

/* Chromium starts at 300 kbit/s and takes many seconds to reach full size; a school's uplink that
 * carries a lesson carries this, and its own estimate lowers it at once where it does not. */
function startFast(answer) {
  return answer.replace(/^(a=fmtp:\d+ .*packetization-mode.*)$/gm, `$1;x-google-start-bitrate=${START_BITRATE_KBPS}`);
}

function start() {
  failure = null;
  session = new MediaSession({
    endpoint: endpoint('whip', lesson.id, 'teacher-camera'), getToken: lesson.getToken, prepare, editAnswer: startFast,
  });
  session.addEventListener('state', ({ detail }) => {
    sessionState = detail.state;
    document.body.dataset.session = detail.state;
    if (detail.state === 'failed') {
      failure = detail.error;
      session = null;
      statistics = null;
    }
    showState();
  });
  session.start();
}

function stop() {
  session?.close();
  session = null;
  statistics = null;
  sessionState = 'idle';
  showState();
}

/* ---- what the page says ---- */

function showProblem(id) {
  problem = id;
  byId('preview-message').hidden = id === null;
  if (id) byId('preview-text').textContent = t(id);
  byId('ask-again').hidden = id === null || id === 'publish.asking' || id === 'publish.insecure';
  showState();
}

function chipText() {
  if (failure) return ['lost', t('publish.refused', { reason: reason(failure) })];
  if (sessionState === 'reconnecting') return ['lost', t('publish.reconnecting')];
  return ['', ''];
}

function showState() {
  const onAir = session !== null;
  const button = byId('start');
  button.textContent = t(onAir ? 'publish.stop' : 'publish.start');
  button.classList.toggle('on-air', onAir);
  button.disabled = !onAir && (stream === null || lesson === null);
  const state = byId('state');
  const id = { connected: 'live', connecting: 'connecting', reconnecting: 'connecting' }[sessionState] ?? 'off';
  state.textContent = t(`publish.state_${id}`);
  state.className = `state ${id === 'live' ? 'live' : id === 'connecting' ? 'waiting' : ''}`;
  const [tone, text] = chipText();
  const chip = byId('chip');
  chip.hidden = text === '';
  chip.className = `chip ${tone}`;
  chip.textContent = text;
  byId('numbers').hidden = !onAir;
  byId('statistics').hidden = !onAir;
  if (!onAir) panel.watch(null);
}

function showLevel() {
  byId('level').value = level.decibels();
  byId('level-hint').textContent = t(level.silentForMs() > 5000 && stream ? 'publish.level_silent' : 'publish.level_hint');
}

async function showNumbers() {
  panel.update();
  if (!statistics) return;
  const numbers = await statistics.read();
  byId('n-picture').textContent = numbers.width
    ? `${numbers.width}×${numbers.height} · ${numbers.framesPerSecond} fps · ${numbers.codec}` : '–';
  byId('n-rate').textContent = `${numbers.kbps} kbit/s`;
  byId('n-rtt').textContent = `${numbers.roundTripMs} ms`;
  byId('n-loss').textContent = `${numbers.lossPercent.toFixed(1)} %`;
}

/* The server reports many times a second; after a second of silence its line is looked into, which
 * is seconds before the browser itself gives it up. */
async function probeWhenSilent() {
  if (!statistics || sessionState !== 'connected') {
    heard = { packets: -1, atMs: performance.now() };
    return;
  }
  const packets = await statistics.packetsHeard();
  if (packets !== heard.packets) heard = { packets, atMs: performance.now() };
  else if (performance.now() - heard.atMs > SILENT_MS) {
    heard.atMs = performance.now() + PROBE_EVERY_MS;
    session?.probe();
  }
}

function showWords() {
  document.title = lesson ? `${lesson.title} · Duet` : 'Duet';
  if (problem) byId('preview-text').textContent = t(problem);
  showState();
  bell?.show();
  panel.update();
}

byId('start').addEventListener('click', () => (session ? stop() : start()));
byId('ask-again').addEventListener('click', openDevices);
byId('camera').addEventListener('change', openDevices);
byId('microphone').addEventListener('change', openDevices);
navigator.mediaDevices?.addEventListener('devicechange', fillDevices);
window.addEventListener('pagehide', () => session?.close());
window.addEventListener('beforeunload', (event) => { if (session) event.preventDefault(); });

await startLanguage(showWords);
try {
  lesson = await openLesson();
  if (lesson) {
    byId('title').textContent = lesson.title;
    showWords();
    bell = followLesson(lesson.id, byId('lesson-state'), byId('clock'));
    await openDevices();
    setInterval(showLevel, 50);
    setInterval(showNumbers, 1000);
    setInterval(probeWhenSilent, 250);
  }
} catch {
  showProblem('common.server_unreachable');
}
