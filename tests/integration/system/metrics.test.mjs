/* What an operator sees of a real lesson with two viewers: figures that move, add up and name what was
 * dropped, in /metrics as Prometheus' own parser reads it and in duet-relay --stats. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import dgram from 'node:dgram';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Stack, delay, program, waitFor } from '../../support/stack.mjs';

const run = promisify(execFile);
const FRESH_MS = 5200; /* how long signaling keeps an answer */
const PARSE = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
print(json.dumps([[s.name, s.labels, s.value] for f in text_string_to_metric_families(sys.stdin.read())
                  for s in f.samples]))`;

let stack;
const players = [];

before(async () => {
  stack = await Stack.start({ relay: ['media.workers=1'] }); /* --stats has lines for each worker */
  /* One layer: what goes out can be told from what comes in. */
  await stack.capture(['--layers', '360', '--set', 'video.width=640', '--set', 'video.height=360']);
  for (let i = 0; i < 2; i += 1) players.push(await stack.player());
  for (const player of players) {
    await waitFor('a lesson that plays', () => /"state": ?"live"/.test(player.output), 20000);
  }
});
after(async () => { await stack?.stop(); });

async function scrape() {
  const response = await fetch(`${stack.url}/metrics`);
  assert.equal(response.status, 200);
  const parsing = run('/usr/bin/python3', ['-c', PARSE], { maxBuffer: 1e8 });
  parsing.child.stdin.end(await response.text());
  const samples = JSON.parse((await parsing).stdout);
  /* Labels that are not asked for are summed over. */
  return (name, labels = {}) => samples
    .filter(([sample, has]) => sample === name && Object.entries(labels).every(([k, v]) => has[k] === v))
    .reduce((sum, [, , value]) => sum + value, 0);
}

const stats = async (...args) => (await run(program('duet-relay'), [
  '--set', `control.socket=${path.join(stack.folder, 'relay.sock')}`, '--stats', ...args,
])).stdout;

/* Counters only rise: what one test read last is what the next one begins with. */
let last;

/** Scrapes around a stretch in which each viewer had one and the same picture, and no past of it again. */
async function steadyStretch() {
  const begun = (read) => [read('duet_relay_replays_total'), read('duet_relay_layer_switches_total')].join();
  let before = await scrape();
  for (;;) {
    await delay(FRESH_MS);
    last = await scrape();
    if (begun(last) === begun(before) && last('duet_relay_pictures') === 2) return [before, last];
    before = last;
  }
}

test('a lesson moves its figures and they add up', { timeout: 60000 }, async () => {
  const [before, later] = await steadyStretch();
  const lesson = { relay: 'test', lesson: stack.lesson };
  assert.equal(before('duet_relay_up', { relay: 'test' }), 1);
  assert.equal(before('duet_relay_viewers', lesson), 2);
  assert.equal(before('duet_relay_sessions'), 3);
  assert.equal(before('duet_signaling_media_sessions'), 3);
  const grown = (name) => later(name, lesson) - before(name, lesson);
  assert.ok(grown('duet_relay_rtp_in_packets_total') > 100, 'packets came in');
  /* What retransmission and probes added is counted. */
  const added = grown('duet_relay_rtx_out_packets_total') + grown('duet_relay_padding_out_packets_total');
  const ratio = (grown('duet_relay_rtp_out_packets_total') - added) / grown('duet_relay_rtp_in_packets_total');
  console.log(`out to two viewers is ${ratio.toFixed(2)} times in, and ${added} packets`);
  assert.ok(ratio > 1.9 && ratio < 2.1, `out to two viewers is ${ratio.toFixed(2)} times in`);
  assert.equal(grown('duet_relay_rtp_out_packets_total'), later('duet_relay_worker_rtp_out_packets_total')
    - before('duet_relay_worker_rtp_out_packets_total'));
  assert.equal(later('duet_relay_pictures', { ...lesson, layer: '0' }), 2);
  assert.equal(later('duet_relay_join_seconds_count'), later('duet_relay_join_seconds_bucket', { le: '+Inf' }));
  assert.equal(later('duet_relay_connect_seconds_count'), 2);
  assert.ok(later('duet_relay_loop_turn_seconds_count') > before('duet_relay_loop_turn_seconds_count'));
  assert.ok(later('duet_relay_worker_cpu_seconds_total') > before('duet_relay_worker_cpu_seconds_total'));
  assert.equal(later('duet_signaling_http_requests_total', { route: '/whep/<>', status: '201' }), 2);
});

test('garbage shows as drops with their reason', async () => {
  const reasons = ['malformed', 'unknown_peer', 'early_dtls'];
  const count = (read) => reasons.map((reason) => read('duet_relay_packets_dropped_total', { reason, lesson: '' }));
  const before = count(last);
  const stranger = dgram.createSocket('udp4');
  const send = (bytes) => new Promise((resolve) => {
    stranger.send(bytes, stack.mediaPort, '127.0.0.1', resolve);
  });
  const packet = (first, length) => { const bytes = Buffer.alloc(length); bytes[0] = first; return bytes; };
  for (let i = 0; i < 50; i += 1) {
    await send(packet(250, 100)); /* no protocol at all */
    await send(packet(128, 100)); /* RTP of nobody */
    await send(packet(22, 100)); /* DTLS without a check before it */
  }
  stranger.close();
  await delay(FRESH_MS);
  last = await scrape();
  const now = count(last);
  assert.ok(now.reduce((a, b) => a + b) - before.reduce((a, b) => a + b) >= 150, `${before} → ${now}`);
  assert.ok(now[0] - before[0] >= 50, 'what is no protocol is malformed');
});

test('duet-relay --stats shows the same lesson, and its viewers when asked', async () => {
  const row = new RegExp(`^${stack.lesson} +0 +1 +2 +2/0/0 `, 'm');
  const table = await waitFor('both to have a picture', async () => {
    const now = await stats();
    return row.test(now) ? now : null;
  });
  const worker = table.split('\n').find((line) => /^0 /.test(line)).trim().split(/ +/);
  assert.equal(worker[1], '3');
  assert.ok(Number(worker[4]) > 1.5 * Number(worker[3]), `out ${worker[4]} pkt/s of in ${worker[3]}`);
  const viewers = (await stats('--lesson', stack.lesson)).split('\n').filter((line) => /^[0-9a-f]{8} +udp/.test(line));
  assert.equal(viewers.length, 2);
  for (const line of viewers) assert.match(line, /teacher-camera/);
  const json = JSON.parse(await stats('--json'));
  assert.equal(json.workers[0].routing.lessons[0].viewers, 2);
});

test('what viewers counted stays when they have left', async () => {
  const before = last;
  await players[1].finish();
  await delay(FRESH_MS);
  const later = await scrape();
  const lesson = { lesson: stack.lesson };
  assert.equal(later('duet_relay_viewers', lesson), 1);
  assert.ok(later('duet_relay_rtp_out_packets_total', lesson) > before('duet_relay_rtp_out_packets_total', lesson));
});

test('a relay that is gone is down, and its figures are not repeated', async () => {
  await stack.relay.stop('SIGKILL');
  await delay(FRESH_MS - 4000);
  await waitFor('the relay to be missed', async () => {
    const read = await scrape();
    return read('duet_relay_up') === 0 && read('duet_relay_sessions') === 0;
  }, 8000);
});
