/* Counts frames and freezes of a <video> from the frames that reached the screen. */

const FREEZE_FACTOR = 3;
const FREEZE_ADDED_MS = 150;

export class FreezeMeter {
  constructor(video) {
    this.video = video;
    this.frames = 0;
    this.freezes = 0;
    this.lastFrameMs = 0; /* performance.now() of the newest frame; 0 = none yet */
    this.meanGapMs = 33;
    this.#watch();
  }

  #watch() {
    this.video.requestVideoFrameCallback((nowMs) => {
      if (this.lastFrameMs > 0) {
        const gap = nowMs - this.lastFrameMs;
        /* The definition of freezeCount in the WebRTC statistics. */
        if (gap > Math.max(FREEZE_FACTOR * this.meanGapMs, this.meanGapMs + FREEZE_ADDED_MS)) this.freezes += 1;
        else this.meanGapMs += (gap - this.meanGapMs) / 30;
      }
      this.lastFrameMs = nowMs;
      this.frames += 1;
      this.#watch();
    });
  }

  /** Milliseconds since the newest frame, or null before the first. */
  sinceFrameMs() {
    return this.lastFrameMs === 0 ? null : performance.now() - this.lastFrameMs;
  }
}
