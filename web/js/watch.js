/* The receiving classroom's page: the screen teacher beside the local camera. */

import { FreezeMeter } from './freeze_meter.js';
import { startLanguage, t } from './i18n.js';
import { endpoint, openLesson } from './lesson_page.js';
import { followLesson } from './lesson_state.js';
import { LinkChip } from './link_chip.js';
import { MediaSession, preferH264 } from './media_session.js';
import { PaneVideo } from './pane_video.js';
import { reason } from './refusals.js';
import { SessionStatistics } from './session_statistics.js';
import { StatisticsPanel } from './statistics_panel.js';

const byId = (id) => document.getElementById(id);
const LAYOUTS = ['l1', 'l2', 'l3', 'l4'];
const DUCKED_VOLUME = 10 ** (-24 / 20);
/* A browser itself notices a dead line after 2.5 to 5 s; forty children notice it sooner. */
const STALLED_MS = 1000;
const PROBE_EVERY_MS = 5000;

const teacherVideo = byId('teacher');
const teacherPane = new PaneVideo(teacherVideo);
const contentPane = new PaneVideo(byId('content'));
const teacherMeter = new FreezeMeter(teacherVideo);
const contentMeter = new FreezeMeter(byId('content'));
const chip = new LinkChip();
const panel = new StatisticsPanel({
  panel: byId('overlay'), button: byId('statistics'), keyTarget: byId('stage'), describe,
});

let session = null;
let statistics = null;
let lessonTitle = '';
let layout = 'l1';
let layoutBeforeTakeover = 'l1';
let layoutBeforeContent = 'l1';
let takeover = 0; /* 0 = the screen teacher teaches, 1 = ducked, 2 = silent */
let muted = false;
let paused = false;
let probedAt = 0;
let lastFrameTime = '';
let localState = 'off';
let failure = null;
let bell = null; /* what the server says of the lesson */

/* ---- layout, sound, takeover ---- */

function showLayout(next) {
  layout = next;
  const stage = byId('stage');
  stage.classList.remove(...LAYOUTS);
  stage.classList.add(layout);
  stage.dataset.layout = layout;
}

function showIcon(id, name) {
  byId(id).setAttribute('href', `/icons.svg#${name}`);
}

function applySound() {
  teacherVideo.volume = takeover === 1 ? DUCKED_VOLUME : 1;
  teacherVideo.muted = muted || paused || takeover === 2 || !byId('unmute').hidden;
  byId('mute').setAttribute('aria-pressed', String(muted));
  showIcon('mute-icon', muted ? 'muted' : 'sound');
  byId('mute-text').textContent = t(muted ? 'watch.unmute_short' : 'watch.mute');
}

/* First press: ducked, local large. Second: silent. Third: back to the screen teacher, live. */
function pressTakeover() {
  if (takeover === 0) {
    layoutBeforeTakeover = layout;
    showLayout('l3');
  }
  takeover = (takeover + 1) % 3;
  if (takeover === 0) showLayout(layoutBeforeTakeover);
  applyTakeover();
}

function applyTakeover() {
  const button = byId('takeover');
  button.setAttribute('aria-pressed', String(takeover > 0));
  byId('takeover-text').textContent = t(['watch.takeover', 'watch.takeover_silent', 'watch.handback'][takeover]);
  showIcon('takeover-icon', ['takeover', 'muted', 'handback'][takeover]);
  applySound();
}

function setPaused(next) {
  paused = next;
  teacherPane.setFrozen(paused);
  applySound();
  applyPause();
}

function applyPause() {
  byId('pause').setAttribute('aria-pressed', String(paused));
  showIcon('pause-icon', paused ? 'live' : 'pause');
  byId('pause-text').textContent = t(paused ? 'watch.go_live' : 'watch.pause');
}

function nextLayout() {
  showLayout(LAYOUTS[(LAYOUTS.indexOf(layout) + 1) % LAYOUTS.length]);
}

/* ---- what the panes say ---- */

function showTeacherMessage() {
  const message = byId('teacher-message');
  let text = '';
  if (failure) text = failure;
  else if (teacherMeter.frames === 0) {
    text = t(session?.state === 'connected' ? 'watch.waiting_teacher' : 'watch.connecting');
  }
  message.textContent = text;
}

function showChip() {
  const sinceFrameMs = paused ? 0 : teacherMeter.sinceFrameMs();
  const element = byId('chip');
  if (sinceFrameMs !== null && sinceFrameMs < 1000) {
    lastFrameTime = new Date(bell.socket.nowMs()).toLocaleTimeString('zh-CN', { hour12: false, timeZone: bell.zone() });
  }
  const verdict = paused
    ? { id: 'chip.paused', values: {}, tone: 'warn', dim: false, localFirst: false }
    : chip.update({ sinceFrameMs, lastFrameTime, nowMs: performance.now() });
  element.hidden = verdict === null;
  byId('pane-teacher').classList.toggle('dimmed', verdict?.dim ?? false);
  if (verdict) {
    const text = t(verdict.id, verdict.values);
    if (element.textContent !== text) element.textContent = text;
    element.className = `chip ${verdict.tone === 'warn' ? '' : verdict.tone}`;
  }
  if (verdict?.localFirst && element.dataset.offered !== 'yes') {
    element.dataset.offered = 'yes';
    byId('takeover').focus();
  } else if (!verdict) element.dataset.offered = '';
  probeWhenStalled(sinceFrameMs);
}

/* The picture stands still: a dead line, a dead server, or just a teacher who stopped. */
async function probeWhenStalled(sinceFrameMs) {
  if (document.hidden || sinceFrameMs === null || sinceFrameMs < STALLED_MS) return;
  if (session.state !== 'connected' || performance.now() - probedAt < PROBE_EVERY_MS) return;
  probedAt = performance.now();
  const flowing = await statistics.packetsFlow(STALLED_MS / 2);
  if (!flowing) session.probe();
}

function showContent() {
  const since = contentMeter.sinceFrameMs();
  const playing = since !== null && since < 10000;
  const pane = byId('pane-content');
  byId('stage').classList.toggle('no-content', !playing);
  if (pane.hidden === !playing) return;
  pane.hidden = !playing;
  if (takeover > 0) return;
  if (playing) {
    layoutBeforeContent = layout;
    showLayout('l4');
  } else if (layout === 'l4') showLayout(layoutBeforeContent);
}

/* ---- local camera ---- */

async function openCamera() {
  byId('open-camera').disabled = true;
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 1280, height: 720 } });
    byId('local').srcObject = stream;
    stream.getVideoTracks()[0].addEventListener('ended', () => showLocal('unplugged'));
    showLocal('on');
  } catch (error) {
    showLocal(error.name === 'NotAllowedError' ? 'denied' : error.name === 'NotFoundError' ? 'none' : 'busy');
  } finally {
    byId('open-camera').disabled = false;
  }
}

function showLocal(state) {
  localState = state;
  byId('local-message').hidden = state === 'on';
  byId('local-text').textContent = t(`watch.local_${state}`);
}

async function startLocal() {
  if (!navigator.mediaDevices) {
    showLocal('insecure');
    byId('open-camera').hidden = true;
    return;
  }
  const permission = await navigator.permissions?.query({ name: 'camera' }).catch(() => null);
  if (permission?.state === 'granted') await openCamera();
}

/* ---- the session ---- */

function prepare(peer) {
  /* m-line order is slot order: teacher camera, content; teacher's sound. */
  for (let i = 0; i < 2; i += 1) {
    preferH264(peer.addTransceiver('video', { direction: 'recvonly' }), 'receive');
  }
  peer.addTransceiver('audio', { direction: 'recvonly' });
  statistics = new SessionStatistics(peer);
  panel.watch(peer);
}

function onTrack({ track, transceiver, receiver }, peer) {
  if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 20;
  if (track.kind === 'audio') teacherPane.playAudio(track);
  else if (transceiver === peer.getTransceivers()[0]) teacherPane.showVideo(track);
  else contentPane.showVideo(track);
}

function startSession(lesson) {
  session = new MediaSession({ endpoint: endpoint('whep', lesson.id), getToken: lesson.getToken, prepare });
  session.addEventListener('track', ({ detail }) => onTrack(detail, session.peer));
  session.addEventListener('state', ({ detail }) => {
    document.body.dataset.session = detail.state;
    failure = detail.state === 'failed' ? t('watch.refused', { reason: reason(detail.error) }) : null;
    showTeacherMessage();
  });
  session.start();
}

async function showStatistics() {
  if (!statistics) return;
  const numbers = await statistics.read();
  const health = byId('health');
  const poor = numbers.lossPercent > 3;
  health.hidden = !poor && session.state !== 'reconnecting';
  health.className = `health ${session.state === 'reconnecting' ? 'offline' : 'unstable'}`;
  health.textContent = session.state === 'reconnecting' ? `✕ ${t('health.offline')}` : `▲ ${t('health.unstable')}`;
  await panel.update();
}

/* What reached the screen is counted over all connections, getStats() forgets with each. */
function describe(stream) {
  if (stream.kind === 'audio') return { name: t('stat.sound') };
  const index = session.peer.getTransceivers().findIndex((transceiver) => transceiver.mid === stream.mid);
  return index === 0 ? { name: t('watch.teacher'), freezes: teacherMeter.freezes }
    : { name: t('watch.content'), freezes: contentMeter.freezes };
}

/* ---- wiring ---- */

function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const actions = { F1: pressTakeover, F4: nextLayout, ' ': () => setPaused(!paused) };
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function wire() {
  byId('layout').addEventListener('click', nextLayout);
  byId('pause').addEventListener('click', () => setPaused(!paused));
  byId('mute').addEventListener('click', () => { muted = !muted; applySound(); });
  byId('takeover').addEventListener('click', pressTakeover);
  byId('open-camera').addEventListener('click', openCamera);
  byId('stage').addEventListener('keydown', onKey);
  teacherVideo.addEventListener('soundblocked', () => { byId('unmute').hidden = false; });
  byId('unmute').addEventListener('click', () => {
    byId('unmute').hidden = true;
    applySound();
  });
  window.addEventListener('pagehide', () => session?.close());
}

function showWords() {
  document.title = lessonTitle ? `${lessonTitle} · Duet` : 'Duet';
  applyTakeover();
  applyPause();
  showTeacherMessage();
  showLocal(localState);
  bell?.show();
  panel.update();
}

wire();
showLayout('l1');
await startLanguage(showWords);
try {
  const lesson = await openLesson();
  if (lesson) {
    lessonTitle = lesson.title;
    byId('title').textContent = lesson.title;
    showWords();
    bell = followLesson(lesson.id, byId('lesson-state'), byId('clock'));
    startSession(lesson);
    startLocal();
    setInterval(() => { showTeacherMessage(); showChip(); showContent(); }, 250);
    setInterval(showStatistics, 1000);
  }
} catch {
  failure = t('common.server_unreachable');
  showTeacherMessage();
}
