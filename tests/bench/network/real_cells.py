"""Cells of the grid on real sockets: signaling, a relay, capture with its sample sources and a headless
player whose media goes through the link emulator."""
import json
import pathlib
import re
import subprocess
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bench_stack import BUILD, LESSON, SOURCE, Cpus, Failure, Stack, binary, say

# (loss %, round trip ms, rate kbit/s)
REAL_CELLS = ((0, 20, 0), (5, 100, 0), (10, 100, 0), (10, 300, 500), (0, 100, 1000), (0, 100, 100))
EMULATOR = BUILD / "tests/support/link-emulator"
QUEUE_MS = 1000
START_SECONDS = 20


class Line:
    """The link emulator before the relay's port."""

    def __init__(self, media_port, loss, rtt, rate):
        words = [str(EMULATOR), "--to", f"127.0.0.1:{media_port}", "--loss", str(loss),
                 "--delay-ms", str(rtt // 2), "--rate-kbps", str(rate), "--queue-ms", str(QUEUE_MS)]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline()
        self.port = json.loads(ready.removeprefix("ready "))["port"]

    def stop(self):
        self.process.terminate()
        output, _ = self.process.communicate(timeout=10)
        return json.loads(output.strip().splitlines()[-1])


class Proxy:
    """Stands before signaling, and sends the media of whoever comes through it over the line."""

    def __init__(self, stack_url, media_port, line_port):
        forward = make_handler(stack_url, media_port, line_port)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), forward)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def over_the_line(body, media_port, line_port):
    lines = [text for text in body.split("\r\n") if not re.match(r"a=candidate:.* tcp ", text, re.I)]
    return "\r\n".join(re.sub(rf"^(a=candidate:.* udp .*) {media_port} typ", rf"\1 {line_port} typ", text,
                              flags=re.I) for text in lines)


def make_handler(stack_url, media_port, line_port):
    class Forward(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self):
            length = int(self.headers.get("content-length", 0))
            body = self.rfile.read(length) if length else None
            skipped = ("host", "connection", "content-length", "expect")
            headers = {key: value for key, value in self.headers.items() if key.lower() not in skipped}
            request = urllib.request.Request(stack_url + self.path, body, headers, method=self.command)
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    self.give(answer)
            except urllib.error.HTTPError as error:
                self.give(error)

        def give(self, answer):
            body = over_the_line(answer.read().decode(), media_port, line_port).encode()
            self.send_response(answer.status)
            for key, value in answer.headers.items():
                if key.lower() in ("content-length", "transfer-encoding", "connection"):
                    continue
                if key.lower() == "location":
                    value = value.replace(stack_url, f"http://{self.headers['host']}")
                self.send_header(key, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_DELETE = do_OPTIONS = forward

        def log_message(self, *words):
            pass

    return Forward


def program(stack, name, words):
    return stack.launch(name, [binary(name), *words, "--json-lines"])


def play(stack, url, seconds):
    """The player's figures after so many seconds of playing."""
    stats = stack.file("player.json")
    program(stack, "capture", ["--whip", f"{stack.url}/whip/{LESSON}/{SOURCE}", "--token-file",
                               stack.publish_token, "--camera", "sample", "--microphone", "sample"])
    player = program(stack, "player", ["--whep", f"{url}/whep/{LESSON}", "--token-file", stack.watch_token,
                                       "--headless", "--stats", stats])
    time.sleep(seconds)
    stack.check()
    player.stop()
    try:
        return json.loads(pathlib.Path(stats).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Failure(f"the player left no figures: {error}\n{player.last_words()}") from error


def run_real_cell(loss, rtt, rate, seconds):
    say(f"real sockets: {loss}% loss, {rtt} ms, {rate or 'unlimited'} kbit/s")
    with Stack(Cpus()) as stack:
        port = stack.relay.ready["media_port"]
        line = Line(port, loss, rtt, rate)
        proxy = Proxy(stack.url, port, line.port)
        try:
            figures = play(stack, proxy.url, seconds)
        finally:
            proxy.stop()
            counters = line.stop()
    return {"loss_percent": loss, "round_trip_ms": rtt, "rate_kbps": rate, "seconds": seconds,
            "freeze_percent": round(figures["frozen_ms"] / seconds / 10, 2), "freezes": figures["freezes"],
            "audio_concealed_percent": round(figures["audio_concealed_ms"] / seconds / 10, 2),
            "width": figures["width"], "height": figures["height"], "player": figures, "line": counters}
