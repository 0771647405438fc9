/* The few numbers people read, taken from getStats() about once a second. */

const first = (report, predicate) => {
  for (const entry of report.values()) if (predicate(entry)) return entry;
  return null;
};

export class SessionStatistics {
  #before = { bytes: 0, packets: 0, lost: 0, atMs: 0 };

  constructor(peer) {
    this.peer = peer;
  }

  /** Whether video packets come: compares two readings withinMs apart. */
  async packetsFlow(withinMs) {
    const count = () => this.#packetsReceived((e) => e.type === 'inbound-rtp' && e.kind === 'video');
    const before = await count();
    await new Promise((resolve) => { setTimeout(resolve, withinMs); });
    return (await count()) > before;
  }

  /** Packets that came over the line, reports included: a publisher hears the server by them. */
  packetsHeard() {
    return this.#packetsReceived((e) => e.type === 'candidate-pair');
  }

  async #packetsReceived(predicate) {
    let packets = 0;
    for (const entry of (await this.peer.getStats()).values()) {
      if (predicate(entry)) packets += entry.packetsReceived ?? 0;
    }
    return packets;
  }

  /** Viewer's or publisher's numbers of the first video track; zeros before there is one. */
  async read() {
    const report = await this.peer.getStats();
    const inbound = first(report, (e) => e.type === 'inbound-rtp' && e.kind === 'video' && e.packetsReceived > 0);
    const outbound = first(report, (e) => e.type === 'outbound-rtp' && e.kind === 'video' && e.active !== false);
    const remote = first(report, (e) => e.type === 'remote-inbound-rtp' && e.kind === 'video');
    const pair = first(report, (e) => e.type === 'candidate-pair' && e.nominated && e.state === 'succeeded');
    const rtp = inbound ?? outbound;
    const codec = rtp?.codecId ? report.get(rtp.codecId)?.mimeType?.replace('video/', '') : '';
    const numbers = {
      width: rtp?.frameWidth ?? 0,
      height: rtp?.frameHeight ?? 0,
      framesPerSecond: Math.round(rtp?.framesPerSecond ?? 0),
      codec: codec ?? '',
      roundTripMs: Math.round(1000 * (pair?.currentRoundTripTime ?? 0)),
      lossPercent: 100 * (remote?.fractionLost ?? 0),
      kbps: 0,
    };
    this.#differences(numbers, rtp, inbound);
    return numbers;
  }

  #differences(numbers, rtp, inbound) {
    const before = this.#before;
    const now = {
      atMs: performance.now(),
      bytes: rtp?.bytesReceived ?? rtp?.bytesSent ?? 0,
      packets: inbound?.packetsReceived ?? 0,
      lost: inbound?.packetsLost ?? 0,
    };
    this.#before = now;
    const elapsedMs = now.atMs - before.atMs;
    if (before.atMs > 0 && elapsedMs > 0) numbers.kbps = Math.max(0, Math.round(8 * (now.bytes - before.bytes) / elapsedMs));
    const packets = now.packets - before.packets;
    const lost = now.lost - before.lost;
    if (inbound && packets + lost > 0) numbers.lossPercent = Math.max(0, 100 * lost / (packets + lost));
  }
}
