/*
 * The seeded county on a stack: its people over HTTP, its devices, and its clock. Bells ring by the server's time, so a
 * test moves that (of signaling alone, with libfaketime) instead of waiting for one.
 */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { environmentAhead } from './clock.mjs';
import { Program, Stack, program } from './stack.mjs';

const run = promisify(execFile);

export class County {
  static async start(options) {
    const county = new County();
    county.aheadS = 0;
    county.stack = await Stack.start(options);
    const seeded = await county.stack.command('seed', '--demo');
    county.passwords = Object.fromEntries(seeded.split('\n').map((line) => line.split('\t')).map(([name, , password]) => [name, password]));
    county.cookies = {};
    return county;
  }

  stop() {
    return this.stack.stop();
  }

  async logIn(name) {
    const response = await fetch(`${this.stack.url}/api/v1/login`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name, password: this.passwords[name] }),
    });
    if (!response.ok) throw new Error(`login: ${response.status} ${await response.text()}`);
    this.cookies[name] = response.headers.get('set-cookie').split(';')[0];
  }

  /** A request of somebody of the county; the answer's JSON. */
  async ask(name, method, target, body) {
    if (!this.cookies[name]) await this.logIn(name);
    const response = await fetch(`${this.stack.url}/api/v1${target}`, {
      method,
      headers: { Cookie: this.cookies[name], ...(body ? { 'Content-Type': 'application/json' } : {}) },
      body: body && JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${target}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  async idOf(kind, name) {
    return (await this.ask('coordinator', 'GET', `/${kind}`))[kind].find((row) => row.name === name).id;
  }

  /** Seconds since 1970 by the server's clock. */
  nowS() {
    return Date.now() / 1000 + this.aheadS;
  }

  /** Signaling starts again, its clock so many seconds ahead of this machine's. */
  async restartAhead(seconds) {
    const port = Number(new URL(this.stack.url).port);
    await this.stack.signaling.stop();
    this.aheadS = seconds;
    this.cookies = {}; /* a login does not outlive half a day without use */
    await this.stack.startSignaling(port, { env: environmentAhead(seconds) });
  }

  /** A seeded lesson of both rooms that is still to come, as the week has it. */
  async nextLesson(master, receiving) {
    const [room, other] = [await this.idOf('rooms', master), await this.idOf('rooms', receiving)];
    for (const days of [0, 7]) {
      const day = new Date((this.nowS() + days * 86400) * 1000).toISOString().slice(0, 10);
      const { lessons } = await this.ask('coordinator', 'GET', `/organisations/1/weeks/${day}`);
      const found = lessons.find((lesson) => lesson.room === room && lesson.start > this.nowS() + 1200
        && lesson.receiving.some((id) => (id.room ?? id) === other));
      if (found) return found;
    }
    throw new Error(`no lesson of ${master} and ${receiving} in two weeks`);
  }

  /** Enrols a program of this machine for a room, with a folder of its own; gives the arguments it follows the bell with. */
  async enrol(kind, room) {
    const { code } = await this.ask('coordinator', 'POST', '/device-codes', { room: await this.idOf('rooms', room), kind });
    return this.enrolWith(kind, code);
  }

  /** The same with a code that somebody has seen on a page. */
  async enrolWith(kind, code) {
    const folder = path.join(this.stack.folder, `${kind}-${Math.random().toString(36).slice(2)}`);
    await mkdir(folder, { mode: 0o700 });
    const { stdout } = await run(program(`duet-${kind}`), [
      '--enrol', code, '--server', this.stack.url, '--set', `device.folder=${folder}`,
    ]);
    return { folder, place: stdout.trim(), args: ['--set', `device.folder=${folder}`] };
  }

  /** A program that follows the bell. */
  follow(name, device, args, options) {
    const started = new Program(`duet-${name}`, [...device.args, ...args], options);
    this.stack.programs.push(started);
    return started;
  }
}
