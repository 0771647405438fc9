/* Hostile senders on the media port, one after the other against one lesson in progress: the rows of
 * docs/security-tests.md that need ICE, DTLS or SRTP. duet-hostile says what it sent and saw, the relay
 * what it dropped; at the end the lesson's own picture and sound must have gone on without one freeze. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Arena, footprint, scaled } from '../../support/hostile.mjs';
import { delay, measured } from '../../support/stack.mjs';

const flatKib = 5 * 1024;
/* As fast as the relay reads: what its socket drops proves nothing. */
const rate = measured ? 20000 : 2000;

let arena;

before(async () => { arena = await Arena.start(); });
after(async () => { await arena?.stop(); });

/** Runs an attack; the relay must not have grown by more than 5 MB (its own memory, not a sanitizer's). */
async function flat(name, options) {
  const before = (await footprint(arena.stack.relay)).rss_kib;
  const result = await arena.attack(name, options);
  const grown = (await footprint(arena.stack.relay)).rss_kib - before;
  console.log(`${name}: the relay grew by ${grown} KiB`);
  if (measured) assert.ok(grown < flatKib, `the relay grew by ${grown} KiB`);
  return result;
}

test('bad hellos, 1,000 a second, stop none of 500 joins', async () => {
  const joins = scaled(500, 500, 100);
  const [result, drops] = await arena.drops(() => arena.attack('hellos', { count: joins, rate: 1000 }));
  assert.equal(result.connected, joins);
  assert.ok(result.bad_hellos > 100);
  if (measured) assert.ok(result.hellos_per_second > 700, `${result.hellos_per_second} hellos per second`);
  assert.ok(drops.early_dtls + drops.dtls_record > 0.5 * result.bad_hellos, JSON.stringify(drops));
});

test('large hellos in fragments, reordered, with a tenth of all datagrams lost, connect', async () => {
  const joins = scaled(100, 1000, 20);
  const result = await arena.attack('fragments', { count: joins });
  assert.equal(result.connected, joins);
});

test('a flood of hellos and handshakes that never end cost the relay no memory and are given up', async () => {
  const [result, drops] = await arena.drops(() => flat('half-open', { count: scaled(20000, 200000) }));
  assert.equal(result.given_up, result.half_open);
  assert.ok(drops.early_dtls > 0.5 * result.hellos, JSON.stringify(drops));
});

test('forged DTLS records of 13 to 60 bytes end no session', async () => {
  const [result, drops] = await arena.drops(() => arena.attack('records', { count: scaled(2, 100, 1) }));
  assert.equal(result.alive, true);
  assert.ok(drops.dtls_record > 0.5 * result.records, JSON.stringify(drops));
});

test('who sprays the port gets nothing, moves no address and is not heard', async () => {
  const [result, drops] = await arena.drops(() => arena.attack('spray', { count: scaled(20000, 200000), rate: rate / 4 }));
  assert.equal(result.received, 0, 'the attacker received media');
  assert.equal(result.duplicates, 0);
  assert.equal(result.alive, true);
  assert.ok(drops.stun_integrity > 0.1 * result.sent, JSON.stringify(drops));
  assert.ok(drops.unknown_peer > 0.2 * result.sent, JSON.stringify(drops));
});

test('bad SRTP tags from the right address are counted and end no session', async () => {
  const [result, drops] = await arena.drops(() => arena.attack('tags', { count: scaled(100000, 1000000), rate }));
  assert.equal(result.alive, true);
  assert.ok(drops.srtp_auth > 0.8 * result.sent, JSON.stringify(drops));
});

test('as many SSRCs as a publisher likes leave the relay as it was', async () => {
  const [result, drops] = await arena.drops(() => flat('ssrcs', { count: scaled(100000, 1000000), rate }));
  assert.equal(result.alive, true);
  assert.ok(drops.ssrc_limit > 0.8 * result.sent, JSON.stringify(drops));
});

test('numbers that wrap before they are heard are understood, on both sides of the relay', async () => {
  const result = await arena.attack('roll-over', { count: scaled(20, 200, 5) });
  assert.ok(result.packets_over_the_wrap >= 90, `${result.packets_over_the_wrap} packets`);
  assert.ok(result.packets_after_an_unheard_wrap >= 50, `${result.packets_after_an_unheard_wrap} packets`);
  assert.equal(result.viewers_heard, result.viewers);
  assert.equal(result.viewer_srtp_failures, 0);
  assert.ok(result.highest_first_number < 32768 + 100, `${result.highest_first_number}`);
});

test('a capture that is sent again reaches nobody', async () => {
  const [result, drops] = await arena.drops(() => arena.attack('replay'));
  assert.equal(result.duplicates, 0);
  assert.equal(result.resent, 0);
  assert.equal(result.alive, true);
  assert.ok(drops.srtp_replay > 0.8 * result.replayed, JSON.stringify(drops));
});

test('1,000 keyframe requests a second become one in two seconds at most', async () => {
  const replays = async () => (await arena.tap.stats()).routing.totals.replays;
  const before = await replays();
  const result = await arena.attack('keyframes', { count: scaled(5000, 60000) });
  /* The viewer's own join replays once; then its requests are met from the cache while its budget lasts. */
  assert.ok(await replays() - before > 1 || result.publisher_asked >= 1, 'requests are answered at all');
  assert.ok(result.publisher_asked <= 1 + result.elapsed_ms / 2000, JSON.stringify(result));
  assert.equal(result.alive, true);
});

test('NACKs for everything get no more than the budget', async () => {
  const result = await arena.attack('nacks', { count: scaled(5000, 60000) });
  assert.ok(result.resent_packets > 10, 'NACKs are answered at all');
  /* The budget counts payloads: headers and extensions come on top. */
  assert.ok(result.resent_bytes < 1.1 * result.allowed_bytes, JSON.stringify(result));
  assert.equal(result.alive, true);
});

test('H.264 units that no depayloader should see are dropped, counted, and leave no hole', async () => {
  const forbidden = async () => (await arena.tap.stats()).routing.totals.drops.forbidden ?? 0;
  const before = await forbidden();
  const result = await arena.attack('payloads', { count: scaled(100, 1000, 20) });
  const counted = await forbidden() - before;
  assert.equal(result.forbidden_received, 0);
  assert.equal(result.holes, 0);
  assert.equal(result.alive, true);
  assert.ok(result.forbidden_sent > 100);
  assert.equal(counted, result.forbidden_sent);
});

test('and the lesson went on without one freeze', async () => {
  await arena.endLesson();
});
