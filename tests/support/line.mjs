/*
 * A bad line for one client: a link emulator stands before each UDP port of the relay (the client's session is
 * at one of them), and an HTTP proxy before signaling rewrites the candidates of the answers so that this
 * client's media takes the line.
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import path from 'node:path';
import { build, waitFor } from './stack.mjs';

export class Line {
  /** options: those of link-emulator, e.g. ['--loss', '2', '--delay-ms', '10']. With keepTcp the
   * relay's TCP candidates stay in the answers, past the line. */
  static async to(stack, options, { keepTcp = false } = {}) {
    const line = new Line();
    line.stack = stack;
    line.keepTcp = keepTcp;
    line.emulators = await Promise.all(stack.mediaPorts.map((port) => emulate(port, options)));
    line.server = createServer((request, response) => line.#forward(request, response));
    await new Promise((resolve) => { line.server.listen(0, '127.0.0.1', resolve); });
    line.url = `http://127.0.0.1:${line.server.address().port}`;
    return line;
  }

  /** Changes the line while packets flow. */
  set(options) {
    for (const emulator of this.emulators) emulator.child.stdin.write(`${options.join(' ')}\n`);
  }

  async #forward(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const headers = { ...request.headers };
    for (const name of ['host', 'connection', 'content-length', 'expect']) delete headers[name];
    try {
      const answer = await fetch(this.stack.url + request.url, {
        method: request.method, headers, body: chunks.length > 0 ? Buffer.concat(chunks) : undefined,
      });
      const body = this.#throughLine(await answer.text());
      const answerHeaders = Object.fromEntries(answer.headers);
      for (const name of ['content-length', 'content-encoding', 'transfer-encoding', 'connection']) {
        delete answerHeaders[name];
      }
      if (answerHeaders.location) answerHeaders.location = answerHeaders.location.replace(this.stack.url, this.url);
      response.writeHead(answer.status, answerHeaders);
      response.end(body);
    } catch {
      response.writeHead(502);
      response.end();
    }
  }

  #throughLine(body) {
    return body.split('\r\n')
      .filter((text) => this.keepTcp || !/^a=candidate:.* tcp /i.test(text))
      .map((text) => (/^a=candidate:.* udp /i.test(text) ? this.#candidateThroughLine(text) : text))
      .join('\r\n');
  }

  #candidateThroughLine(candidate) {
    const port = / (\d+) typ /.exec(candidate)[1];
    const emulator = this.emulators.find((one) => one.to === Number(port));
    if (!emulator) throw new Error(`no line to port ${port}`);
    return candidate.replace(` ${port} typ `, ` ${emulator.port} typ `);
  }

  /** Ends the line; gives its counters {to_server, to_client: {sent, lost, overflowed}}. */
  async stop() {
    const counters = await Promise.all(this.emulators.map(end));
    this.server.closeAllConnections();
    this.server.close();
    return counters.reduce(sum);
  }
}

async function emulate(mediaPort, options) {
  const emulator = { to: mediaPort, output: '' };
  emulator.child = spawn(path.join(build, 'tests/support/link-emulator'),
    ['--to', `127.0.0.1:${mediaPort}`, ...options], { stdio: ['pipe', 'pipe', 'inherit'] });
  emulator.child.stdout.on('data', (data) => { emulator.output += data; });
  emulator.port = await waitFor('the line', () => /"port":(\d+)/.exec(emulator.output)?.[1]);
  return emulator;
}

async function end(emulator) {
  const ended = new Promise((resolve) => { emulator.child.on('close', resolve); }); // its output is whole
  emulator.child.kill('SIGTERM');
  await ended;
  return JSON.parse(emulator.output.trim().split('\n').at(-1));
}

/** Of objects of one shape, whose leaves are numbers. */
function sum(one, other) {
  if (typeof one === 'number') return one + other;
  return Object.fromEntries(Object.keys(one).map((key) => [key, sum(one[key], other[key])]));
}
