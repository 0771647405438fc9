/*
 * The lesson's WebSocket (docs/protocol-lesson.md): joins, comes back where it was after a drop, and knows what time it
 * is for the server. What it tells: onLesson(lesson), onPresence(list), onEvent(event), onToken(token), onState(state) with
 * 'joined', 'away' (it comes back by itself) or 'refused'.
 */

import { Backoff } from './backoff.js';

const PROTOCOL = 'duet-lesson';
const JITTER_MS = 300;
const ASK_TIME_EVERY_MS = 10_000;
const SILENCE_LIMIT_MS = 25_000; /* two questions for the time unanswered */
const STEADY_AFTER_MS = 10_000;
/* No coming back from these: not a lesson of theirs, or none. */
const REFUSED = new Set([4403, 4404]);

export class LessonSocket {
  #lesson;
  #listeners;
  #socket = null;
  #backoff = new Backoff();
  #timers = [];
  #seq = null;
  #presence = new Map();
  #offsetMs = null; /* the server's clock minus performance.now() */
  #roundTripMs = Infinity;
  #heardAt = 0;
  #closed = false;

  constructor(lesson, listeners = {}) {
    this.#lesson = lesson;
    this.#listeners = listeners;
  }

  start() {
    this.#open();
    this.#timers.push(setInterval(() => this.#tick(), ASK_TIME_EVERY_MS));
  }

  close() {
    this.#closed = true;
    this.#timers.forEach((timer) => clearInterval(timer));
    this.#socket?.close(1000);
  }

  /** The server's clock, in ms since 1970; this machine's own as long as the server has not told. */
  nowMs() {
    return this.#offsetMs === null ? Date.now() : performance.now() + this.#offsetMs;
  }

  #open() {
    const url = new URL('/ws', location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url, PROTOCOL);
    this.#socket = socket;
    this.#heardAt = performance.now();
    socket.addEventListener('open', () => {
      this.#send({ type: 'join', lesson: this.#lesson, ...(this.#seq === null ? {} : { seq: this.#seq }) });
      this.#askTime();
    });
    socket.addEventListener('message', ({ data }) => {
      if (socket === this.#socket) this.#receive(JSON.parse(data));
    });
    socket.addEventListener('close', ({ code }) => {
      if (socket === this.#socket) this.#comeBack(code);
    });
  }

  #comeBack(code) {
    this.#socket = null;
    if (this.#closed) return;
    if (REFUSED.has(code)) {
      this.close();
      this.#tell('onState', 'refused');
      return;
    }
    this.#tell('onState', 'away');
    setTimeout(() => { if (!this.#closed) this.#open(); }, this.#backoff.nextMs() + Math.random() * JITTER_MS);
  }

  #tick() {
    if (!this.#socket) return;
    if (performance.now() - this.#heardAt > SILENCE_LIMIT_MS) {
      const dead = this.#socket;
      this.#comeBack(0); /* a dead line may take minutes to say so */
      dead.close();
    } else this.#askTime();
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #askTime() {
    this.#send({ type: 'time', t0: performance.now() });
  }

  #receive(message) {
    this.#heardAt = performance.now();
    if (message.seq !== undefined) this.#seq = message.seq;
    switch (message.type) {
      case 'time': this.#takeTime(message); break;
      case 'joined': this.#takeJoined(message); break;
      case 'snapshot': this.#takeWhole(message); break;
      case 'lesson': this.#tell('onLesson', message); break;
      case 'presence': this.#takePresence(message); break;
      case 'token': this.#tell('onToken', message.token); break;
      default: this.#tell('onEvent', message);
    }
  }

  /* The answer that was quickest is the one that is nearest to the truth; old ones count less and less. */
  #takeTime({ t0, now_ms: nowMs }) {
    const now = performance.now();
    const roundTripMs = now - t0;
    const offsetMs = nowMs + roundTripMs / 2 - now;
    const jumped = this.#offsetMs !== null && Math.abs(offsetMs - this.#offsetMs) > 1000 + roundTripMs;
    if (jumped || roundTripMs <= this.#roundTripMs) {
      this.#offsetMs = offsetMs;
      this.#roundTripMs = roundTripMs;
    }
    this.#roundTripMs = this.#roundTripMs * 1.1 + 1;
  }

  #takeJoined(message) {
    if (this.#offsetMs === null) this.#offsetMs = message.now_ms - performance.now();
    const socket = this.#socket;
    setTimeout(() => { if (socket === this.#socket) this.#backoff.reset(); }, STEADY_AFTER_MS);
    this.#takeWhole(message);
    this.#tell('onToken', message.token);
    this.#tell('onState', 'joined');
  }

  #takeWhole({ lesson, presence }) {
    this.#presence = new Map(presence.map((one) => [one.participant, one]));
    this.#tell('onLesson', lesson);
    this.#tell('onPresence', [...this.#presence.values()]);
  }

  #takePresence({ here, participant, role, room, name }) {
    if (here) this.#presence.set(participant, { participant, role, room, name });
    else this.#presence.delete(participant);
    this.#tell('onPresence', [...this.#presence.values()]);
  }

  #tell(name, value) {
    this.#listeners[name]?.(value);
  }
}
