/*
 * One WHIP or WHEP session in a browser, kept alive: ICE restart through PATCH when the line breaks,
 * a new session when the server forgot the old one, delays between attempts.
 *
 * Events: "state" with detail {state, error}; states are
 *   connecting    first attempt, or a new session being made
 *   connected     DTLS is up (for a viewer: pictures may still be waited for)
 *   reconnecting  it was up and is not now
 *   failed        the server refused for good (token, right, unknown lesson); nothing more is tried
 */

import { ApiError, problemOf } from './api.js';
import { Backoff } from './backoff.js';
import { answerAfterRestart, restartFragment } from './sdp_fragment.js';

const DISCONNECTED_GRACE_MS = 1000;
const CONNECT_LIMIT_MS = 10000;
const REQUEST_LIMIT_MS = 8000;

const isFinal = (error) => error instanceof ApiError
  && [400, 401, 403, 404, 406, 409, 413, 415, 422].includes(error.status);

function iceServersFromLink(header) {
  const servers = [];
  for (const match of (header ?? '').matchAll(/<([^>]+)>\s*;([^,]*)/g)) {
    const [, urls, parameters] = match;
    if (!/rel="?ice-server"?/.test(parameters)) continue;
    const read = (name) => new RegExp(`${name}="([^"]*)"`).exec(parameters)?.[1];
    const username = read('username');
    servers.push(username ? { urls, username, credential: read('credential') } : { urls });
  }
  return servers;
}

export class MediaSession extends EventTarget {
  /**
   * endpoint: WHIP or WHEP URL. getToken: async () => bearer token, asked anew for each session.
   * prepare: (RTCPeerConnection) => void adds tracks or transceivers; called for each connection.
   * editAnswer: (sdp) => sdp, for hints to the browser that only SDP can carry.
   */
  constructor({ endpoint, getToken, prepare, editAnswer = (sdp) => sdp }) {
    super();
    this.editAnswer = editAnswer;
    this.endpoint = endpoint;
    this.getToken = getToken;
    this.prepare = prepare;
    this.state = 'idle';
    this.peer = null;
    this.backoff = new Backoff();
    this.closed = false;
    this.timer = 0;
    this.url = null;
    this.etag = null;
    this.token = null;
    this.wasConnected = false;
    this.restarting = false;
  }

  start() {
    this.#schedule();
  }

  /** Ends the session on the server too; may be called while the page goes away. */
  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.#forget(true);
    this.#setState('idle');
  }

  /** Packets stopped although the line seems up: an ICE restart finds out, and a server that forgot
   * the session is given a new one. */
  probe() {
    if (this.closed || this.state !== 'connected') return;
    this.#restartIce(this.peer);
  }

  #setState(state, error = null) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent('state', { detail: { state, error } }));
  }

  #schedule(extraMs = 0) {
    clearTimeout(this.timer);
    if (this.closed) return;
    this.#setState(this.wasConnected ? 'reconnecting' : 'connecting');
    this.timer = setTimeout(() => this.#open(), this.backoff.nextMs() + extraMs);
  }

  #forget(tellServer) {
    if (this.peer) {
      this.peer.onconnectionstatechange = null;
      this.peer.ontrack = null;
      this.peer.close();
      this.peer = null;
    }
    if (this.url && tellServer) {
      fetch(this.url, {
        method: 'DELETE', headers: { Authorization: `Bearer ${this.token}` }, keepalive: true,
      }).catch(() => {});
    }
    this.url = null;
    this.etag = null;
  }

  async #open() {
    this.#forget(true);
    const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    this.peer = peer;
    try {
      this.prepare(peer);
      peer.ontrack = (event) => this.dispatchEvent(new CustomEvent('track', { detail: event }));
      peer.onconnectionstatechange = () => this.#onConnection(peer);
      await peer.setLocalDescription(await peer.createOffer());
      this.token = await this.getToken();
      const answer = await this.#post(peer.localDescription.sdp);
      if (this.peer !== peer || this.closed) return;
      await peer.setRemoteDescription({ type: 'answer', sdp: this.editAnswer(answer) });
      this.timer = setTimeout(() => this.#schedule(), CONNECT_LIMIT_MS);
    } catch (error) {
      if (this.peer !== peer || this.closed) return;
      this.#forget(true);
      if (isFinal(error)) this.#setState('failed', error);
      else this.#schedule((error.retryAfterS ?? 0) * 1000);
    }
  }

  async #post(offer) {
    let response;
    try {
      response = await fetch(this.endpoint, {
        method: 'POST',
        headers: { 'Content-Type': 'application/sdp', Authorization: `Bearer ${this.token}` },
        body: offer,
        signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
      });
    } catch {
      throw new ApiError(0, 'unreachable');
    }
    if (response.status !== 201) throw await problemOf(response);
    const url = new URL(response.headers.get('Location'), this.endpoint).href;
    if (this.closed) {
      fetch(url, { method: 'DELETE', headers: { Authorization: `Bearer ${this.token}` } }).catch(() => {});
      throw new ApiError(0, 'closed');
    }
    this.url = url;
    this.etag = response.headers.get('ETag');
    const iceServers = iceServersFromLink(response.headers.get('Link'));
    if (iceServers.length > 0) this.peer.setConfiguration({ bundlePolicy: 'max-bundle', iceServers });
    return response.text();
  }

  #onConnection(peer) {
    if (peer !== this.peer || this.closed) return;
    switch (peer.connectionState) {
    case 'connected':
      clearTimeout(this.timer);
      this.backoff.reset();
      this.wasConnected = true;
      this.#setState('connected');
      break;
    case 'disconnected':
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.#restartIce(peer), DISCONNECTED_GRACE_MS);
      break;
    case 'failed':
      this.#restartIce(peer);
      break;
    default:
      break;
    }
  }

  /* RFC 9725 section 4.3.3; a server that cannot is given a new session instead. */
  async #restartIce(peer) {
    if (peer !== this.peer || this.closed || this.restarting) return;
    this.#setState('reconnecting');
    this.restarting = true;
    try {
      const oldAnswer = peer.remoteDescription.sdp;
      await peer.setLocalDescription(await peer.createOffer({ iceRestart: true }));
      const response = await fetch(this.url, {
        method: 'PATCH',
        headers: {
          'Content-Type': 'application/trickle-ice-sdpfrag',
          'If-Match': '*',
          Authorization: `Bearer ${this.token}`,
        },
        body: restartFragment(peer.localDescription.sdp),
        signal: AbortSignal.timeout(3000),
      });
      if (response.status !== 200) throw await problemOf(response);
      this.etag = response.headers.get('ETag');
      const sdp = answerAfterRestart(oldAnswer, await response.text());
      if (peer !== this.peer || this.closed) return;
      await peer.setRemoteDescription({ type: 'answer', sdp });
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        if (peer === this.peer && peer.connectionState !== 'connected') this.#schedule();
      }, 3000);
    } catch {
      if (peer === this.peer && !this.closed) this.#schedule();
    } finally {
      this.restarting = false;
    }
  }
}

/** Puts H.264 constrained baseline first, which every classroom PC decodes in hardware or cheaply. */
export function preferH264(transceiver, direction) {
  const source = direction === 'send' ? RTCRtpSender : RTCRtpReceiver;
  const codecs = source.getCapabilities('video')?.codecs ?? [];
  const rank = (codec) => {
    if (codec.mimeType !== 'video/H264') return 2;
    return /profile-level-id=42[0-9a-f]{4}/i.test(codec.sdpFmtpLine ?? '')
      && /packetization-mode=1/.test(codec.sdpFmtpLine ?? '') ? 0 : 1;
  };
  transceiver.setCodecPreferences(codecs
    .map((codec, index) => ({ codec, index }))
    .sort((a, b) => rank(a.codec) - rank(b.codec) || a.index - b.index)
    .map(({ codec }) => codec));
}
