"""One program of the demo: started, watched, started again when it dies, ended with nothing left over."""
import collections
import ctypes
import json
import os
import signal
import subprocess
import threading
import time

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)
STOP_SECONDS = 8.0
DEATHS_MAX = 5  # within DEATHS_SECONDS the program is not started again
DEATHS_SECONDS = 10.0
REFUSED = ("refused", "unauthorised")  # events of capture and player; each then begins the lesson anew


def die_with_parent():
    """Runs in the child: the kernel ends it when the runner is gone, however that came about."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


class Failure(Exception):
    """Something the user must read; the demo ends."""


class Program:
    """Main thread only, but for read_lines()."""

    def __init__(self, name, command, folder):
        self.name = name
        self.command = command
        self.log_path = os.path.join(folder, f"{name}.log")
        self.process = None
        self.reader = None
        self.ready = None  # the object of the "ready" line
        self.stats = {}  # the newest JSON line of type "stats"
        self.exit = None
        self.restarts = 0
        self.refusals = 0  # of a lesson: what it measured until then is gone
        self.deaths = collections.deque(maxlen=DEATHS_MAX)
        self.started_us = 0

    def start(self):
        self.ready = None
        self.stats = {}
        self.exit = None
        self.started_us = time.monotonic_ns() // 1000
        with open(self.log_path, "ab") as log:
            # A session of its own: Ctrl-C is for the runner, which ends the programs in order.
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                start_new_session=True, preexec_fn=die_with_parent)
        self.reader = threading.Thread(target=self.read_lines, args=[self.process], daemon=True)
        self.reader.start()

    def read_lines(self, process):
        with open(self.log_path, "ab") as log:
            for raw in process.stdout:
                log.write(raw)
                log.flush()
                self.take_line(raw.decode("utf-8", "replace").strip())

    def take_line(self, line):
        word, _, rest = line.partition(" ")
        try:
            if word == "ready":
                self.ready = json.loads(rest)
            elif line.startswith("{"):
                value = json.loads(line)
                if value.get("type") == "stats":
                    self.stats = value
                elif value.get("event") in REFUSED:
                    self.refusals += 1
        except (ValueError, AttributeError):
            pass  # a line for people; it stands in the log

    def running(self):
        """False once the program has ended; exit then says how (negative: by a signal)."""
        if self.process is None:
            return False
        self.exit = self.process.poll()
        return self.exit is None

    def live(self):
        return self.ready is not None or self.stats.get("state") == "live"

    def wait(self, condition, seconds, what):
        deadline = time.monotonic() + seconds
        while not condition():
            if not self.running():
                self.reader.join(1.0)
                if condition():
                    return
                raise Failure(f"{self.name} ended with {self.exit}:\n{self.last_words()}")
            if time.monotonic() > deadline:
                raise Failure(f"{self.name} was not {what} after {seconds:.0f} s:\n{self.last_words()}")
            time.sleep(0.02)

    def restart(self):
        """After a death: once more, unless it keeps dying."""
        now = time.monotonic()
        self.deaths.append(now)
        if len(self.deaths) == DEATHS_MAX and now - self.deaths[0] < DEATHS_SECONDS:
            raise Failure(f"{self.name} keeps ending (last with {self.exit}):\n{self.last_words()}")
        self.restarts += 1
        self.start()

    def last_words(self, lines=15):
        """The end of its log, without the figures of each second."""
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as log:
                tail = collections.deque((line for line in log if '"type":"stats"' not in line), lines)
        except OSError:
            return ""
        return "".join("    " + line for line in tail).rstrip()

    def stop(self):
        """Asks, waits, then kills the whole group: nothing of it may stay."""
        if self.process is None:
            return
        if self.running():
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.exit = self.process.wait()
        self.reader.join(1.0)
