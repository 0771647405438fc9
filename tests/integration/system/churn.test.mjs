/* Joining, leaving and publishing again, thousands of times and in every way there is, against signaling
 * and relay: afterwards nothing is left of it, and memory and descriptors are what they were. Under
 * sanitizers (and ThreadSanitizer, with several workers) the same must run without a report. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Arena, footprint, long, scaled } from '../../support/hostile.mjs';
import { delay, measured, waitFor } from '../../support/stack.mjs';

const consentMs = 30000;
/* What was freed is kept back to find its late users: not by the quarter gigabyte. */
if (process.env.ASAN_OPTIONS !== undefined) process.env.ASAN_OPTIONS += ':quarantine_size_mb=16:malloc_context_size=6';

let arena;

before(async () => {
  arena = await Arena.start({ programs: false, relay: ['media.workers=2'] });
});
after(async () => { await arena?.stop(); });

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/* What one session costs the relay at most: DTLS, SRTP, what was sent. */
const sessionKib = 128;

/**
 * KiB by which the mean of the last quarter of the samples is above that of the second, after warming up,
 * less what more sessions at a time than ever before took: the allocator keeps what it had at most.
 */
function growth(samples) {
  const quarter = Math.floor(samples.length / 4);
  const resident = (part) => mean(part.map((sample) => sample.rss_kib));
  const most = (part) => Math.max(...part.map((sample) => sample.sessions));
  const early = samples.slice(0, 2 * quarter);
  return resident(samples.slice(-quarter)) - resident(early.slice(quarter))
    - sessionKib * Math.max(0, most(samples) - most(early));
}

test('after thousands of joins, departures and publishers nothing is left, and memory is flat', async () => {
  const cycles = scaled(300, 10000, 100, 10000);
  const programs = { relay: arena.stack.relay, signaling: arena.stack.signaling };
  const idle = { relay: await footprint(programs.relay), signaling: await footprint(programs.signaling) };
  const samples = { relay: [], signaling: [] };
  const started = Date.now();
  const result = await arena.attack('churn', {
    count: cycles,
    onLine: async () => {
      const sessions = (await arena.tap.stats()).sessions.now;
      for (const [name, child] of Object.entries(programs)) {
        samples[name].push({ ...await footprint(child), sessions });
      }
    },
  });
  console.log(`${cycles} cycles in ${Date.now() - started} ms`);
  assert.equal(result.refused, 0, `refused with ${result.last_status}`);
  assert.equal(result.timed_out, 0, 'joins that never connected');
  assert.equal(result.failed_restarts, 0, `ICE restarts refused with ${result.last_status}`);
  assert.ok(result.connected > 0.6 * cycles && result.packets > cycles, JSON.stringify(result));
  for (const kind of ['vanished', 'half_open', 'restarts', 'republished', 'over_tcp']) {
    assert.ok(result[kind] > 0, `${kind} happened`);
  }

  const stats = await waitFor('those that vanished to be given up', async () => {
    const now = await arena.tap.stats();
    return now.sessions.now === 0 && now.tcp.connections === 0 ? now : null;
  }, consentMs + 20000);
  for (const lesson of stats.routing.lessons) assert.deepEqual([lesson.sources, lesson.viewers], [0, 0]);
  assert.equal(stats.routing.packet_buffers.in_use, 0);
  await delay(500);
  for (const [name, child] of Object.entries(programs)) {
    const end = await footprint(child);
    const series = samples[name].map((sample) => `${sample.rss_kib}/${sample.sessions}`);
    console.log(`${name}: ${JSON.stringify(idle[name])} → ${JSON.stringify(end)}, resident KiB/sessions: ${series.join(' ')}`);
    /* One for the HTTP connection of the attack, which signaling may keep a while. */
    assert.ok(end.descriptors <= idle[name].descriptors + 1, `${name}: ${end.descriptors} descriptors`);
    if (long && measured) {
      const grown = growth(samples[name]);
      assert.ok(grown < 3072, `${name} grew by ${grown} KiB after it was warm`);
    } else if (measured) {
      assert.ok(end.rss_kib < idle[name].rss_kib + 24 * 1024, `${name}: ${end.rss_kib} KiB`);
    }
  }
});
