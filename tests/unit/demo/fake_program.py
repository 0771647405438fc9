#!/usr/bin/env python3
"""Stands in for the four programs when the demo's runner is tested: the same command lines, files and
lines on stdout, no media. FAKE_FOLDER receives what each was started with; FAKE_<NAME> picks a fault:
"dies" (once, after a moment), "never-ready", "fails", "closes" (exit 0 by itself), "stubborn"."""
import json
import os
import pathlib
import signal
import sys
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
    for path in filter(None, (option("--token-file"), setting("relay.key_file"))):
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


def command():
    """The words after the options, as duet-signaling takes them."""
    words = sys.argv[1:]
    while words[:1] == ["--set"]:
        words = words[2:]
    return words if NAME == "signaling" else []


def answer_command(words):
    if words[0] == "person":
        print("password-of-" + words[2])
    elif words[0] == "seed":
        print("coordinator\tcoordinator\tpassword-of-coordinator\n刘洋\tmaster_teacher\tpassword-of-liu\n吴敏\tlocal_teacher\tpassword-of-wu\n"
              "lesson\te11-2026-11-27\t音乐")
    elif words[0] == "token":
        print("secret-token")


def serve():
    start_us = now_us()
    signal.signal(signal.SIGTERM, signal.SIG_IGN if FAULT == "stubborn" else lambda *_: sys.exit(0))
    if FAULT == "fails":
        sys.exit("nothing works")
    if FAULT == "never-ready":
        time.sleep(600)
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
else:
    note_start()
    note_secrets()
    serve()
