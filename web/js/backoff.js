/* Delays between attempts, the same as every Duet program's: 0, 0.3, 1.2, 2.7, 4.8, then 7 s + jitter. */

const DELAYS_MS = [0, 300, 1200, 2700, 4800];

export class Backoff {
  #attempts = 0;

  nextMs() {
    const delay = DELAYS_MS[this.#attempts] ?? 7000 + Math.random() * 1000;
    this.#attempts += 1;
    return delay;
  }

  reset() {
    this.#attempts = 0;
  }
}
