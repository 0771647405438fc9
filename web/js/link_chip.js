/*
 * What the status chip says about the teacher's picture (the same rules and words as the player):
 * nothing under 2 s, then a frozen picture, then a dimmed one with the time of the last frame.
 * Pure: the page passes in what it knows.
 */

export const QUIET_MS = 2000;
export const FROZEN_MS = 10000;
export const LOCAL_FIRST_MS = 30000;
const BACK_SHOWN_MS = 4000;

export class LinkChip {
  #lostAt = 0;
  #backUntil = 0;

  /**
   * sinceFrameMs: age of the newest frame, null before the first. nowMs: any steady clock.
   * Returns null (say nothing) or {id, values, tone: 'warn'|'lost'|'good', dim: boolean, localFirst: boolean}.
   */
  update({ sinceFrameMs, lastFrameTime, nowMs }) {
    if (sinceFrameMs === null) return null;
    if (sinceFrameMs < QUIET_MS) {
      if (this.#lostAt > 0) {
        this.#lostAt = 0;
        this.#backUntil = nowMs + BACK_SHOWN_MS;
      }
      if (nowMs < this.#backUntil) return { id: 'chip.back', values: {}, tone: 'good', dim: false, localFirst: false };
      return null;
    }
    if (this.#lostAt === 0) this.#lostAt = nowMs - sinceFrameMs;
    if (sinceFrameMs < FROZEN_MS) return { id: 'chip.frozen', values: {}, tone: 'warn', dim: false, localFirst: false };
    if (sinceFrameMs < LOCAL_FIRST_MS) {
      return { id: 'chip.lost', values: { time: lastFrameTime }, tone: 'lost', dim: true, localFirst: false };
    }
    return { id: 'chip.local_first', values: { time: lastFrameTime }, tone: 'lost', dim: true, localFirst: true };
  }
}
