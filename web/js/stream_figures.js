/* All figures of every stream of a connection, for those who look for a fault: one entry per picture
 * and sound, what came since the last reading where that says more than a sum. */

const percent = (part, whole) => (whole > 0 ? Math.max(0, 100 * part / whole) : 0);
const toMs = (seconds) => Math.round(1000 * (seconds ?? 0));

export class StreamFigures {
  #before = new Map(); /* stat id → entry of the last reading */

  constructor(peer) {
    this.peer = peer;
  }

  /** [{kind, mid, rid, …}]: pictures first, in the order of the session. */
  async read() {
    const report = await this.peer.getStats();
    const entries = [...report.values()];
    const pair = entries.find((e) => e.type === 'candidate-pair' && e.nominated && e.state === 'succeeded');
    const streams = entries
      .filter((e) => (e.type === 'inbound-rtp' && e.packetsReceived > 0) || (e.type === 'outbound-rtp' && e.packetsSent > 0))
      .map((entry) => this.#figures(entry, report, pair));
    this.#before = new Map(entries.map((entry) => [entry.id, entry]));
    const rank = (stream) => (stream.kind === 'video' ? 0 : 1000) + Number(stream.mid || 0);
    return streams.sort((a, b) => rank(a) - rank(b) || b.height - a.height);
  }

  #figures(entry, report, pair) {
    const before = this.#before.get(entry.id);
    const grown = (name) => (before ? Math.max(0, (entry[name] ?? 0) - (before[name] ?? 0)) : 0);
    const codec = report.get(entry.codecId)?.mimeType?.split('/')[1] ?? '';
    const figures = {
      kind: entry.kind,
      mid: entry.mid ?? '',
      rid: entry.rid ?? '',
      codec,
      width: entry.frameWidth ?? 0,
      height: entry.frameHeight ?? 0,
      framesPerSecond: Math.round(entry.framesPerSecond ?? 0),
      kbps: before ? Math.round(8 * grown(entry.type === 'inbound-rtp' ? 'bytesReceived' : 'bytesSent') / (entry.timestamp - before.timestamp)) : 0,
      roundTripMs: toMs(pair?.currentRoundTripTime),
      nacks: entry.nackCount ?? 0,
      keyframeRequests: (entry.pliCount ?? 0) + (entry.firCount ?? 0),
    };
    return Object.assign(figures, entry.type === 'inbound-rtp'
      ? this.#received(entry, grown, figures) : this.#sent(entry, report));
  }

  #received(entry, grown, { roundTripMs, kind }) {
    const emitted = grown('jitterBufferEmittedCount');
    const decoded = grown('framesDecoded');
    const bufferMs = emitted > 0 ? toMs(grown('jitterBufferDelay') / emitted) : 0;
    /* From the first packet of a frame to the decoded picture, the buffer included. */
    const hereMs = kind === 'video' && decoded > 0 ? toMs(grown('totalProcessingDelay') / decoded) : bufferMs;
    return {
      lossPercent: percent(grown('packetsLost'), grown('packetsReceived') + grown('packetsLost')),
      jitterMs: toMs(entry.jitter),
      bufferMs,
      resent: entry.retransmittedPacketsReceived ?? 0,
      delayMs: hereMs + Math.round(roundTripMs / 2),
    };
  }

  /* What the server said of it. */
  #sent(entry, report) {
    const remote = report.get(entry.remoteId);
    return {
      lossPercent: percent(remote?.fractionLost ?? 0, 1),
      jitterMs: toMs(remote?.jitter),
      resent: entry.retransmittedPacketsSent ?? 0,
      limited: entry.qualityLimitationReason ?? 'none',
    };
  }
}
