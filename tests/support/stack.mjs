/*
 * A whole Duet on loopback for one test file: signaling and relay on free ports with keys and a
 * database of their own, and capture or player when asked. Everything ends with stop().
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';

const run = promisify(execFile);
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const build = path.resolve(process.env.DUET_BUILD ?? path.join(root, 'build'));

export const program = (name) => path.join(build, name.replace('duet-', ''), name);
export const media = (name) =>
  path.join(process.env.DUET_TEST_MEDIA ?? path.join(root, '../shared/media'), name);
/* Figures are a promise of the release build. Under sanitizers, which make everything several times
 * slower, the same tests look for errors, not for figures. */
export const measured = !process.env.DUET_SANITIZED;
export const delay = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Polls until check() gives something true; the error names what was waited for. */
export async function waitFor(what, check, usualLimitMs = 15000) {
  const limitMs = usualLimitMs * (measured ? 1 : 3);
  const end = Date.now() + limitMs;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms for ${what}`);
    await delay(100);
  }
}

/** A program under test; its output is kept and shown when something fails. */
export class Program {
  constructor(name, args, options = {}) {
    this.name = name;
    this.output = '';
    this.child = spawn(program(name), args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.on('data', (data) => { this.output += data; });
    }
    this.ended = new Promise((resolve) => {
      this.child.on('exit', (code, signal) => resolve({ code, signal }));
    });
  }

  /** The object of the program's ready line. */
  async ready() {
    const line = await waitFor(`${this.name} to be ready\n${this.output}`, () => {
      if (this.child.exitCode !== null) throw new Error(`${this.name} ended:\n${this.output}`);
      return /^ready (\{.*\})$/m.exec(this.output)?.[1];
    });
    return JSON.parse(line);
  }

  async stop(signal = 'SIGTERM') {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    const kill = setTimeout(() => this.child.kill('SIGKILL'), 8000);
    const end = await this.ended;
    clearTimeout(kill);
    return end;
  }
}

export class Stack {
  /** tap: LinkTap puts one between relay and signaling, as stack.tap. */
  static async start({ signaling = [], relay = [], lesson = 'demo', announce = ['127.0.0.1'], tap } = {}) {
    const stack = new Stack();
    stack.folder = await mkdtemp(path.join(tmpdir(), 'duet-test-'));
    stack.lesson = lesson;
    stack.programs = [];
    const file = (name) => path.join(stack.folder, name);
    await writeFile(file('relay.key'), `test-${'0123456789abcdef'.repeat(2)}`, { mode: 0o600 });
    stack.signalingArgs = [
      '--set', 'http.port=0', '--set', 'http.listen=[127.0.0.1]',
      '--set', `http.web_root=${path.join(root, 'web')}`,
      '--set', `store.path=${file('duet.db')}`, '--set', `token.key_file=${file('token.key')}`,
      '--set', `relay.key_file=${file('relay.key')}`, ...signaling.flatMap((s) => ['--set', s]),
    ];
    stack.relaySettings = [
      '--set', `relay.key_file=${file('relay.key')}`, '--set', 'relay.id=test',
      '--set', 'media.port=0', '--set', `control.socket=${file('relay.sock')}`,
      '--set', `media.announce=[${announce.join(', ')}]`, ...relay.flatMap((s) => ['--set', s]),
    ];
    try {
      await stack.command('lesson', 'add', lesson, '--title', '三年级 音乐');
      await stack.startSignaling();
      stack.tap = await tap?.before(stack.url);
      await stack.startRelay(0, stack.tap?.url);
    } catch (error) {
      await stack.stop();
      throw error;
    }
    return stack;
  }

  /** A local authority and a certificate for loopback, as a school makes them. */
  static async certificates() {
    const folder = await mkdtemp(path.join(tmpdir(), 'duet-cert-'));
    await run(program('duet-signaling'), ['cert', '--out', folder, '--host', '127.0.0.1', '--host', 'localhost']);
    return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
  }

  async startSignaling(port = 0, options = {}) {
    this.signaling = new Program('duet-signaling', [...this.signalingArgs, '--set', `http.port=${port}`], options);
    this.programs.push(this.signaling);
    this.url = (await this.signaling.ready()).url.replace(/\/$/, '');
  }

  /** linkUrl: where the relay dials, when that is not signaling itself. */
  async startRelay(port = 0, linkUrl = undefined) {
    const url = linkUrl ?? `${this.url.replace(/^http/, 'ws')}/relay-link`;
    this.relay = new Program('duet-relay', [
      ...this.relaySettings, '--set', `media.port=${port}`, '--set', `signaling.url=${url}`,
    ]);
    this.programs.push(this.relay);
    ({ media_port: this.mediaPort, media_ports: this.mediaPorts } = await this.relay.ready());
  }

  /** Runs a duet-signaling command on this stack's files; returns its standard output. */
  async command(...args) {
    const { stdout } = await run(program('duet-signaling'), [...this.signalingArgs, ...args]);
    return stdout.trim();
  }

  token({ publish = '', watch = '', ttl = '1h', lesson = this.lesson } = {}) {
    const rights = [...(publish ? ['--publish', publish] : []), ...(watch ? ['--watch', watch] : [])];
    return this.command('token', '--lesson', lesson, ...rights, '--ttl', ttl);
  }

  person(name, role) {
    return this.command('person', 'add', name, '--role', role, '--lesson', this.lesson);
  }

  async tokenFile(rights) {
    const name = path.join(this.folder, `token-${Math.random().toString(36).slice(2)}`);
    await writeFile(name, await this.token(rights), { mode: 0o600 });
    return name;
  }

  async capture(args = [], { url = this.url } = {}) {
    /* One token for all: the same owner, started again, takes its source back. */
    this.captureToken ??= await this.tokenFile({ publish: 'teacher-camera' });
    const token = this.captureToken;
    const capture = new Program('duet-capture', [
      '--whip', `${url}/whip/${this.lesson}/teacher-camera`, '--token-file', token,
      '--camera', 'sample', '--microphone', 'sample', '--json-lines', ...args,
    ]);
    this.programs.push(capture);
    return capture;
  }

  /** A headless player; finish() stops it and gives its final figures. */
  async player(args = [], { url = this.url } = {}) {
    const token = await this.tokenFile({ watch: '*' });
    const stats = path.join(this.folder, `player-${Math.random().toString(36).slice(2)}.json`);
    const player = new Program('duet-player', [
      '--whep', `${url}/whep/${this.lesson}`, '--token-file', token, '--headless', '--json-lines',
      '--stats', stats, ...args,
    ]);
    this.programs.push(player);
    player.finish = async () => {
      const end = await player.stop('SIGINT');
      return { ...JSON.parse(await readFile(stats, 'utf8')), end };
    };
    return player;
  }

  async stop() {
    for (const program of this.programs.reverse()) await program.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
