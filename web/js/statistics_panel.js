/* The translucent table of figures over a picture: a column per stream, a row per figure. Hidden until
 * somebody asks for it, by its button or by the key I while the picture has the focus. */

import { t } from './i18n.js';
import { StreamFigures } from './stream_figures.js';

const dash = (value, text) => (value === undefined ? null : text);

/* Text id → what a stream has to say; null where it says nothing. */
const ROWS = [
  ['stat.picture', (s) => (s.width ? `${s.width}×${s.height}${s.rid ? ` ${s.rid}` : ''}` : null)],
  ['stat.frames', (s) => (s.kind === 'video' ? `${s.framesPerSecond} fps` : null)],
  ['stat.codec', (s) => s.codec || null],
  ['stat.rate', (s) => `${s.kbps} kbit/s`],
  ['stat.loss', (s) => `${s.lossPercent.toFixed(1)} %`],
  ['stat.repair', (s) => `${s.nacks} / ${s.resent}`],
  ['stat.keyframes', (s) => (s.kind === 'video' ? String(s.keyframeRequests) : null)],
  ['stat.rtt', (s) => `${s.roundTripMs} ms`],
  ['stat.jitter', (s) => `${s.jitterMs} ms`],
  ['stat.buffer', (s) => dash(s.bufferMs, `${s.bufferMs} ms`)],
  ['stat.delay', (s) => dash(s.delayMs, `${s.delayMs} ms`)],
  ['stat.freezes', (s) => (s.kind === 'video' ? dash(s.freezes, String(s.freezes)) : null)],
  ['stat.limited', (s) => (s.limited === undefined ? null : t(`stat.limited_${s.limited}`))],
];

const cell = (tag, text, scope) => {
  const element = document.createElement(tag);
  element.textContent = text;
  if (scope) element.scope = scope;
  return element;
};

export class StatisticsPanel {
  #figures = null;

  /** describe(stream) gives {name}, the head of its column, and figures that the page knows better. */
  constructor({ panel, button, keyTarget, describe }) {
    this.panel = panel;
    this.button = button;
    this.describe = describe;
    button.addEventListener('click', () => this.toggle());
    for (const target of [keyTarget, panel]) target.addEventListener('keydown', (event) => this.#onKey(event));
  }

  #onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.key.toLowerCase() !== 'i') return;
    event.preventDefault();
    this.toggle();
    if (this.panel.hidden && event.currentTarget === this.panel) this.button.focus();
  }

  /** A new connection: its sums begin anew. */
  watch(peer) {
    this.#figures = peer ? new StreamFigures(peer) : null;
  }

  toggle() {
    this.panel.hidden = !this.panel.hidden;
    this.button.setAttribute('aria-pressed', String(!this.panel.hidden));
    this.update();
  }

  /** About once a second. */
  async update() {
    if (this.panel.hidden) return;
    const read = await this.#figures?.read().catch(() => null) ?? [];
    const streams = read.map((stream) => ({ ...stream, ...this.describe(stream) }));
    this.panel.replaceChildren(streams.length > 0 ? this.#table(streams) : cell('p', t('stat.nothing')));
  }

  #table(streams) {
    const table = document.createElement('table');
    const head = table.createTHead().insertRow();
    head.append(cell('td', ''), ...streams.map((stream) => cell('th', stream.name, 'col')));
    const body = table.createTBody();
    for (const [id, valueOf] of ROWS) {
      const values = streams.map(valueOf);
      if (values.every((value) => value === null)) continue;
      body.insertRow().append(cell('th', t(id), 'row'), ...values.map((value) => cell('td', value ?? '–')));
    }
    return table;
  }
}
