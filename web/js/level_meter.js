/* Microphone level in dBFS, so that a teacher sees before the lesson whether she is heard. */

const FLOOR_DB = -60;
const SILENT_DB = -50;

export class LevelMeter {
  #context = null;
  #source = null;
  #analyser = null;
  #samples = null;
  #heardAtMs = performance.now();

  listen(stream) {
    this.#source?.disconnect();
    this.#source = null;
    if (stream.getAudioTracks().length === 0) return;
    this.#context ??= new AudioContext();
    this.#analyser ??= new AnalyserNode(this.#context, { fftSize: 2048 });
    this.#samples ??= new Float32Array(this.#analyser.fftSize);
    this.#source = this.#context.createMediaStreamSource(stream);
    this.#source.connect(this.#analyser);
    this.#heardAtMs = performance.now();
  }

  decibels() {
    if (!this.#source) return FLOOR_DB;
    /* A context made before the first click sleeps until there was one. */
    if (this.#context.state === 'suspended') {
      this.#context.resume().catch(() => {});
      this.#heardAtMs = performance.now();
    }
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    const level = Math.max(FLOOR_DB, 10 * Math.log10(sum / this.#samples.length + 1e-12));
    if (level > SILENT_DB) this.#heardAtMs = performance.now();
    return level;
  }

  silentForMs() {
    return performance.now() - this.#heardAtMs;
  }
}
