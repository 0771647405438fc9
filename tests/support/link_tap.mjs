/*
 * An ear on the relay link: a proxy between relay and signaling that asks the relay for its counters
 * (stats.get, docs/protocol-relay-link.md) and keeps the words with which the relay registered. Requests
 * of the tap carry ids that signaling never reaches, and their replies go no further.
 */
import net from 'node:net';
import { waitFor } from './stack.mjs';

const firstId = 1000000000;
const TEXT = 1;

/* One whole frame (RFC 6455 section 5.2) at the beginning of a buffer: {length, opcode, final, data}. */
function readFrame(buffer) {
  if (buffer.length < 2) return null;
  const masked = (buffer[1] & 128) !== 0;
  let size = buffer[1] & 127;
  let at = 2;
  if (size === 126) {
    if (buffer.length < 4) return null;
    size = buffer.readUInt16BE(2);
    at = 4;
  } else if (size === 127) {
    if (buffer.length < 10) return null;
    size = Number(buffer.readBigUInt64BE(2));
    at = 10;
  }
  const mask = masked ? buffer.subarray(at, at + 4) : null;
  at += masked ? 4 : 0;
  if (buffer.length < at + size) return null;
  const data = Buffer.from(buffer.subarray(at, at + size));
  if (mask) for (let i = 0; i < size; i += 1) data[i] ^= mask[i & 3];
  return { length: at + size, opcode: buffer[0] & 15, final: (buffer[0] & 128) !== 0, data };
}

/** A text frame as a server sends it, or masked as a client must. */
export function textFrame(text, masked = false) {
  const data = Buffer.from(text);
  const size = data.length < 126 ? Buffer.from([data.length])
    : Buffer.from([126, data.length >> 8, data.length & 255]);
  if (masked) size[0] |= 128;
  /* A mask of zeros leaves the words as they are. */
  return Buffer.concat([Buffer.from([128 | TEXT]), size, masked ? Buffer.alloc(4) : Buffer.alloc(0), data]);
}

/** Cuts a stream into whole messages: feed() calls take(raw bytes, text or null) for each. */
/* Numbers are added, lists joined, objects taken member by member. */
function sum(a, b) {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (Array.isArray(a)) return a.concat(b);
  if (typeof a !== 'object' || a === null) return a ?? b;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...names].map((name) => [name, name in a && name in b ? sum(a[name], b[name])
    : a[name] ?? b[name]]));
}

export class FrameReader {
  #rest = Buffer.alloc(0);
  #raw = [];
  #text = [];

  constructor(take) {
    this.take = take;
  }

  feed(chunk) {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (let frame = readFrame(this.#rest); frame; frame = readFrame(this.#rest)) {
      const raw = this.#rest.subarray(0, frame.length);
      this.#rest = this.#rest.subarray(frame.length);
      if (frame.opcode > TEXT) {
        this.take(raw, null);
        continue;
      }
      this.#raw.push(raw);
      this.#text.push(frame.data);
      if (!frame.final) continue;
      this.take(Buffer.concat(this.#raw), Buffer.concat(this.#text).toString());
      this.#raw = [];
      this.#text = [];
    }
  }
}

export class LinkTap {
  /** url: signaling's address. The relay's signaling.url is then that of this tap. */
  static async before(url) {
    const tap = new LinkTap();
    tap.target = new URL(url);
    tap.registered = [];
    tap.waiting = new Map();
    tap.nextId = firstId;
    tap.server = net.createServer((relay) => tap.#serve(relay));
    await new Promise((resolve) => { tap.server.listen(0, '127.0.0.1', resolve); });
    tap.url = `ws://127.0.0.1:${tap.server.address().port}/relay-link`;
    return tap;
  }

  #serve(relay) {
    const signaling = net.connect(Number(this.target.port), this.target.hostname);
    const end = () => { relay.destroy(); signaling.destroy(); };
    for (const socket of [relay, signaling]) {
      socket.setNoDelay(true); /* else each message waits for the acknowledgement of the one before */
      socket.on('error', end);
      socket.on('close', end);
    }
    this.relay = relay;
    this.#pipe(signaling, relay, () => true);
    this.#pipe(relay, signaling, (text) => this.#hear(text));
  }

  /* The upgrade as it is, then message by message. */
  #pipe(from, to, wanted) {
    let head = Buffer.alloc(0);
    const reader = new FrameReader((raw, text) => { if (wanted(text)) to.write(raw); });
    from.on('data', (chunk) => {
      if (head === null) {
        reader.feed(chunk);
        return;
      }
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      const rest = head.subarray(end + 4);
      to.write(head.subarray(0, end + 4));
      head = null;
      reader.feed(rest);
    });
  }

  /* True when it is for signaling. */
  #hear(text) {
    if (text === null) return true;
    const message = JSON.parse(text);
    if (message.type === 'register') this.registered.push(message);
    if (message.type !== 'reply' || !(message.id >= firstId)) return true;
    this.waiting.set(message.id, message);
    return false;
  }

  /** The relay's counters now, summed over its workers. */
  async stats() {
    const id = this.nextId;
    this.nextId += 1;
    this.relay.write(textFrame(JSON.stringify({ id, type: 'stats.get' })));
    const reply = await waitFor('the relay to say its counters', () => this.waiting.get(id), 10000);
    this.waiting.delete(id);
    return reply.stats.workers.reduce(sum);
  }

  stop() {
    this.server.close();
    this.relay?.destroy();
  }
}
