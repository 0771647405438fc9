"""The whole system on one machine. Called by ./duet demo, which builds first; docs/demo.md says how
the programs and this runner work together."""
import argparse
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from boxes import Box, Console, choose_sources
from processes import Failure, Program
from report import make_report

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIRST_PORT = 8080
PORTS_TRIED = 50
START_SECONDS = 20


class Stopped(Exception):
    """Ctrl-C, SIGTERM or a closed terminal."""


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./duet demo", description="Runs Duet on this machine.")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build", help=argparse.SUPPRESS)
    parser.add_argument("--check", action="store_true",
                        help="no display, no input: measure whether picture and sound arrive")
    parser.add_argument("--seconds", type=float, help="end by itself (--check: 20)")
    parser.add_argument("--json", metavar="FILE", help="where --check writes its object (else stdout)")
    parser.add_argument("--camera", help="auto, sample, file:PATH, /dev/videoN or screen")
    parser.add_argument("--microphone", help="auto, sample, file:PATH, none or a device's name")
    parser.add_argument("--port", type=int, help="of the pages; 8080 or the next free one without it")
    parser.add_argument("--windowed", action="store_true", help="the player in a window, not full screen")
    parser.add_argument("--headless", action="store_true", help="no window even where there is a display")
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and the database")
    options = parser.parse_args()
    # A check is measured on the same picture everywhere, whatever is plugged in.
    device = "sample" if options.check else "auto"
    options.camera = absolute_source(options.camera or device)
    options.microphone = absolute_source(options.microphone or device)
    if options.check and options.seconds is None:
        options.seconds = 20.0
    if options.json and not options.check:
        parser.error("--json belongs to --check")
    if options.seconds is not None and options.seconds < (3 if options.check else 0):
        parser.error("--seconds must be at least 3 with --check")
    return options


def absolute_source(source):
    kind, colon, path = source.partition(":")
    return f"file:{os.path.abspath(path)}" if kind == "file" and colon else source


def find_port(wanted):
    """wanted, or the first free one from 8080 on."""
    for port in [wanted] if wanted else range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise Failure(f"port {wanted} is taken" if wanted else
                  f"ports {FIRST_PORT} to {FIRST_PORT + PORTS_TRIED - 1} are all taken; try --port")


class Demo:
    def __init__(self, options):
        self.options = options
        self.out = sys.stderr if options.check else sys.stdout
        base = os.environ.get("XDG_RUNTIME_DIR")
        base = base if base and os.access(base, os.W_OK) else None
        self.folder = tempfile.mkdtemp(prefix="duet-demo-", dir=base)
        self.programs = []  # in the order of their start
        self.logins = {}  # by name: name, role, password
        self.rooms = {}  # of the lesson, by the program that stands there
        self.teachers = ()  # of the lesson: in front of the camera, in the classroom
        self.subject = ""
        self.line_open = False

    # ---- words ------------------------------------------------------------------------------

    def say(self, text):
        if self.line_open:
            self.out.write("\n")
            self.line_open = False
        print(text, file=self.out, flush=True)

    def show_status(self):
        """One line, rewritten on a terminal."""
        text = "   ".join(filter(None, [describe(program) for program in self.programs[2:]]))
        if self.out.isatty():
            width = shutil.get_terminal_size().columns - 1
            self.out.write("\r" + text[:width].ljust(width))
            self.out.flush()
            self.line_open = True
        else:
            self.say(text)

    # ---- files and commands -------------------------------------------------------------------

    def file(self, name):
        return os.path.join(self.folder, name)

    def write_secret(self, name, text):
        handle = os.open(self.file(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(text)
        return self.file(name)

    def binary(self, name):
        return str(self.options.build / name / f"duet-{name}")

    def signaling_settings(self):
        settings = {
            "http.port": self.port, "http.listen": "[127.0.0.1]", "http.web_root": ROOT / "web",
            "store.path": self.file("duet.db"), "token.key_file": self.file("token.key"),
            "relay.key_file": self.file("relay.key"),
        }
        return [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]

    def ask_signaling(self, *words):
        """A command of duet-signaling; what it prints."""
        result = subprocess.run([self.binary("signaling"), *self.signaling_settings(), *words],
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
        if result.returncode != 0:
            raise Failure(f"duet-signaling {' '.join(words[:2])} failed:\n{result.stderr.strip()}")
        return result.stdout.strip()

    # ---- the four programs --------------------------------------------------------------------

    def start_program(self, name, arguments):
        program = Program(name, [self.binary(name), *arguments], self.folder)
        self.programs.append(program)
        program.start()
        return program

    def prepare(self):
        self.port = find_port(self.options.port)
        self.write_secret("relay.key", secrets.token_urlsafe(32))
        self.seed_county()

    def seed_county(self):
        """Schools, rooms, teachers and a term's timetable, with the lesson that is on now: its line comes last, and names
        its two rooms and teachers."""
        *people, lesson = [line.split("\t") for line in self.ask_signaling("seed", "--demo").splitlines()]
        _, _, self.subject, master, receiving, teacher, local = lesson
        self.rooms = {"capture": int(master), "player": int(receiving)}
        self.logins = {row[0]: row for row in people}
        self.teachers = (teacher, local)

    def start_servers(self):
        signaling = self.start_program("signaling", self.signaling_settings())
        signaling.wait(signaling.live, START_SECONDS, "ready")
        self.url = signaling.ready["url"].rstrip("/")
        self.say(f"[1/4] signaling  {self.url}/")
        relay = self.start_program("relay", [
            "--set", f"signaling.url=ws{self.url.removeprefix('http')}/relay-link",
            "--set", f"relay.key_file={self.file('relay.key')}",
            "--set", "relay.id=demo", "--set", "media.port=0",
            "--set", "media.announce=[127.0.0.1]"])
        boxes = self.enrol_boxes()
        relay.wait(relay.live, START_SECONDS, "ready")
        self.say(f"[2/4] relay      media on 127.0.0.1:{relay.ready['media_port']}")
        return boxes

    def enrol_boxes(self):
        """As the coordinator does it, while the relay starts."""
        name, _, password = self.logins["coordinator"]
        console = Console(self.url, name, password)
        boxes = [Box(kind, self.binary(kind), room, self.file(kind)) for kind, room in self.rooms.items()]
        try:
            for box in boxes:
                box.begin(console)
            for box in boxes:
                box.finish()
        finally:
            for box in boxes:
                box.abandon()
        return boxes

    def start_ends(self, boxes):
        """Both know from here on by themselves that the bell has rung."""
        capture_box, player_box = boxes
        stripe = ["--stripe"] if self.options.check else []
        camera, microphone = choose_sources(capture_box.binary, self.options.camera, self.options.microphone)
        capture = self.start_program("capture", [
            *capture_box.setting, "--camera", camera, "--microphone", microphone, "--json-lines",
            "--stats", self.file("capture.json"), *stripe])
        capture.wait(capture.live, START_SECONDS, "live")
        self.say(f"[3/4] capture    live from {camera}")
        window = self.window_arguments()
        player = self.start_program("player", [
            *player_box.setting, "--json-lines", "--stats", self.file("player.json"), *window, *stripe])
        player.wait(player.live, START_SECONDS, "live")
        self.say("[4/4] player     " + ("headless, the picture arrives" if "--headless" in window
                                        else "window open"))

    def window_arguments(self):
        display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
        if self.options.check or self.options.headless or not display:
            if not self.options.check and not self.options.headless:
                self.say("      no display: the player runs headless, watch the lesson in a browser")
            return ["--headless"]
        return ["--windowed"] if self.options.windowed else []

    def introduce(self):
        teacher, local = self.teachers
        self.say("")
        self.say(f"  Open    {self.url}/     {self.subject} is on: {teacher} teaches, {local}'s classroom watches")
        for what, name in (("Watch", local), ("Teach", teacher), ("Plan", "coordinator"), ("Run it", "sysadmin")):
            name, role, password = self.logins[name]
            self.say(f"  {what:<7} as {name}  password {password}  ({role})")
        self.say("  What to look at: docs/demo.md. Everybody's passwords: " + self.write_logins())
        self.say("  Ctrl-C ends the demo.")
        self.say("")

    def write_logins(self):
        return self.write_secret("logins.txt", "".join("\t".join(row) + "\n" for row in self.logins.values()))

    def supervise(self):
        """Until the time is over or the player's window is closed."""
        player = self.programs[-1]
        end = player.started_us / 1e6 + self.options.seconds if self.options.seconds else None
        next_status = 0.0
        while end is None or time.monotonic() < end:
            for program in self.programs:
                if program.running():
                    continue
                if program is player and program.exit == 0:
                    self.say("The player was closed.")
                    return
                self.say(f"{program.name} ended with {program.exit}: starting it again")
                program.restart()
            if time.monotonic() >= next_status and not self.options.check:
                self.show_status()
                next_status = time.monotonic() + (1 if self.out.isatty() else 10)
            time.sleep(0.05)

    # ---- end ----------------------------------------------------------------------------------

    def stop(self):
        """The last started first: a source must outlive those who watch it."""
        for program in reversed(self.programs):
            program.stop()

    def final_figures(self, name):
        try:
            with open(self.file(f"{name}.json"), encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError):
            return {}

    def report(self):
        programs = {p.name: {"exit": p.exit, "restarts": p.restarts, "refusals": p.refusals} for p in self.programs}
        player_started_us = self.programs[-1].started_us if self.programs else 0
        return make_report(self.final_figures("capture"), self.final_figures("player"), programs,
                           self.options.seconds, player_started_us)

    def clean(self):
        if self.options.keep:
            self.say(f"Logs and database are in {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


def describe(program):
    """"capture live 1280×720 30 fps 1500 kbit/s": what is known of it."""
    stats = program.stats
    words = [program.name, stats.get("state", "starting")]
    if stats.get("width"):
        words.append(f"{stats['width']}×{stats['height']}")
    for key, unit in (("fps", "fps"), ("kbps", "kbit/s"), ("latency_ms", "ms")):
        if isinstance(stats.get(key), (int, float)):
            words.append(f"{stats[key]:.0f} {unit}")
    return " ".join(words)


def write_report(options, report, say):
    text = json.dumps(report, ensure_ascii=False, indent=2) + "\n"
    if options.json and options.json != "-":
        pathlib.Path(options.json).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    latency = report["latency_ms"]
    say(f"decoded {report['frames_decoded']} of {report['frames_encoded']} frames, "
        f"sound {report['audio_rms_db']} dB, delay p50 {latency['p50']} ms, p99 {latency['p99']} ms")
    for problem in report["problems"]:
        say(f"problem: {problem}")
    say("check passed" if report["ok"] else "check failed")


def run(demo, options):
    """The demo's exit code."""
    failure = None
    try:
        demo.prepare()
        demo.start_ends(demo.start_servers())
        if not options.check:
            demo.introduce()
        demo.supervise()
    except Stopped:
        demo.say("Ending.")
        if options.check:
            return 130
    except (Failure, OSError, subprocess.TimeoutExpired) as error:
        failure = str(error)
        demo.say(f"The demo cannot go on: {failure}")
    finally:
        ignore_signals()
        demo.stop()
    if not options.check:
        return 1 if failure else 0
    report = demo.report()
    if failure:
        report = {**report, "ok": False, "problems": [failure.splitlines()[0], *report["problems"]]}
    write_report(options, report, demo.say)
    return 0 if report["ok"] else 1


def raise_stopped(number, frame):
    raise Stopped


def ignore_signals():
    """While programs are ended, a second Ctrl-C must not leave half of them behind."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def main():
    options = parse_arguments()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, raise_stopped)
    demo = Demo(options)
    try:
        return run(demo, options)
    finally:
        demo.clean()


sys.exit(main())
