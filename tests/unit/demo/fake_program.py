#!/usr/bin/env python3
"""Stands in for the four programs when the demo's runner is tested: the same command lines, files and
lines on stdout, no media. FAKE_FOLDER receives what each was started with; FAKE_<NAME> picks a fault:
"dies" (once, after a moment), "never-ready", "fails", "closes" (exit 0 by itself), "stubborn", "unenrolled" (its code is
refused), "refused" (in mid-lesson)."""
import http.server
import json
import os
import pathlib
import signal
import sys
import threading
import time

NAME = pathlib.Path(sys.argv[0]).name.removeprefix("duet-")
FOLDER = pathlib.Path(os.environ["FAKE_FOLDER"])
FAULT = os.environ.get(f"FAKE_{NAME.upper()}", "")
FRAME_US = 33_333


def option(name):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else None


def setting(name):
    for word in sys.argv:
        if word.startswith(name + "="):
            return word.partition("=")[2]
    return None


def note_start():
    with open(FOLDER / f"{NAME}.started", "a", encoding="utf-8") as file:
        file.write(json.dumps({"pid": os.getpid(), "arguments": sys.argv[1:]}) + "\n")


def note_secrets():
    """The modes of the files that the runner handed over."""
    key = setting("device.folder") and os.path.join(setting("device.folder"), "device.json")
    for path in filter(None, (key, setting("relay.key_file"))):
        info = os.stat(path)
        with open(FOLDER / "modes", "a", encoding="utf-8") as file:
            file.write(f"{info.st_mode & 0o777:o} {os.stat(os.path.dirname(path)).st_mode & 0o777:o}\n")


def now_us():
    return time.monotonic_ns() // 1000


def write_stats(start_us):
    frames = [[n, start_us + n * FRAME_US] for n in range((now_us() - start_us) // FRAME_US)]
    figures = {"frames_encoded": {"h": len(frames)}, "top_layer": "h", "frame_log": frames}
    if NAME == "player":
        # Without counters: what was shown is compared by time.
        figures = {"frames_decoded": len(frames), "freezes": 0, "audio_rms_db": -20.0,
                   "first_frame_us": start_us, "end_us": now_us(),
                   "frame_log": [[-1, at, at - 40_000] for _, at in frames]}
    pathlib.Path(option("--stats")).write_text(json.dumps(figures), encoding="utf-8")


def say_ready():
    if NAME == "signaling":
        line = 'ready {"url":"http://127.0.0.1:%s/"}' % setting("http.port")
    elif NAME == "relay":
        line = 'ready {"media_port":40000}'
    else:
        line = '{"type":"stats","state":"live","fps":30.0}'
    print(line, flush=True)
    if FAULT == "refused":
        print('{"type":"event","t_us":1,"event":"refused","text":"the token is too old"}', flush=True)


def command():
    """The words after the options, as duet-signaling takes them."""
    words = sys.argv[1:]
    while words[:1] == ["--set"]:
        words = words[2:]
    return words if NAME == "signaling" else []


def answer_command(words):
    if words[0] == "seed":
        print("coordinator\tcoordinator\tpassword-of-coordinator\nsysadmin\tsystem_admin\tpassword-of-sysadmin\n"
              "刘洋\tmaster_teacher\tpassword-of-liu\n吴敏\tlocal_teacher\tpassword-of-wu\n"
              "lesson\te11-2026-11-27\t音乐\t7\t8\t刘洋\t吴敏")


class Api(http.server.BaseHTTPRequestHandler):
    """Makes codes for whoever came in as the coordinator: the kind and the room."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/api/v1/login":
            good, answer = body == {"name": "coordinator", "password": "password-of-coordinator"}, {}
        else:
            good = self.path == "/api/v1/device-codes" and self.headers["Cookie"] == "duet=1"
            answer = {"code": f"{body['kind']}-{body['room']}"}
        data = json.dumps(answer).encode()
        self.send_response(200 if good else 401)
        self.send_header("Set-Cookie", "duet=1; HttpOnly")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def serve_api():
    if NAME == "signaling":
        server = http.server.ThreadingHTTPServer(("127.0.0.1", int(setting("http.port"))), Api)
        threading.Thread(target=server.serve_forever, daemon=True).start()


def enrol():
    if FAULT == "unenrolled":
        sys.exit("the code is wrong")
    key = pathlib.Path(setting("device.folder")) / "device.json"
    with open(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump({"server": option("--server"), "code": option("--enrol")}, file)


def serve():
    start_us = now_us()
    signal.signal(signal.SIGTERM, signal.SIG_IGN if FAULT == "stubborn" else lambda *_: sys.exit(0))
    if FAULT == "fails":
        sys.exit("nothing works")
    if FAULT == "never-ready":
        time.sleep(600)
    serve_api()
    say_ready()
    first = len((FOLDER / f"{NAME}.started").read_text(encoding="utf-8").splitlines()) == 1
    try:
        time.sleep(0.5 if FAULT == "closes" or (FAULT == "dies" and first) else 600)
    finally:
        if option("--stats"):
            write_stats(start_us)
    if FAULT == "dies" and first:
        sys.exit(9)


if command():
    answer_command(command())
elif "--list-devices" in sys.argv:
    print("Cameras (--camera PATH or NAME):\n  none; auto takes the sample lesson\n"
          "Microphones (--microphone NAME):\n  Webcam: Built-in\nAlso: sample")
elif option("--enrol"):
    enrol()
else:
    note_start()
    note_secrets()
    serve()
