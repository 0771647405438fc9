/* An X display of a test's own, with keys and pixels. */
import { execFile, spawn } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from './stack.mjs';

const run = promisify(execFile);

export class Display {
  static async start(size) {
    const display = new Display();
    let output = '';
    display.child = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', `${size}x24`, '-nolisten', 'tcp'],
      { stdio: ['ignore', 'pipe', 'ignore'] });
    display.child.stdout.on('data', (data) => { output += data; });
    display.name = `:${await waitFor('Xvfb', () => /(\d+)\n/.exec(output)?.[1])}`;
    return display;
  }

  key(name) {
    return run('xdotool', ['key', name], { env: { ...process.env, DISPLAY: this.name } });
  }

  /** Grey pixels of a part of the screen, scaled to 64 by 36. */
  async pixels(area) {
    const { stdout } = await run('import', ['-display', this.name, '-window', 'root', '-crop', area,
      '+repage', '-resize', '64x36!', '-depth', '8', 'gray:-'], { encoding: 'buffer', maxBuffer: 1e7 });
    return stdout;
  }

  stop() {
    this.child.kill();
  }
}

/** For people to look at when DUET_SCREENSHOTS names a folder. */
export async function keep(display, name) {
  if (!process.env.DUET_SCREENSHOTS) return;
  await run('import', ['-display', display.name, '-window', 'root',
    path.join(process.env.DUET_SCREENSHOTS, `${name}.png`)]);
}
