"""What the benches of a whole relay share: signaling and relay on free loopback ports, duet-bench in its
parts, and which CPU everything runs on. Nothing stays behind: a bench that ends ends its programs."""
import contextlib
import json
import os
import pathlib
import platform
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "configs/demo"))

from processes import Failure, Program, die_with_parent  # noqa: E402

BUILD = pathlib.Path(os.environ.get("DUET_BUILD", ROOT / "build"))
BENCH = BUILD / "tests/bench/load/duet-bench"
LESSON = "bench"
SOURCE = "teacher-camera"
START_SECONDS = 20
NICE = -10
DISTURBED_SHARE = 0.02  # of the time that a process waited for its CPU
RATES = ("address_burst", "address_per_second", "publish_burst", "publish_per_second", "watch_burst",
         "watch_per_second")


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


# ---- CPUs -----------------------------------------------------------------------------------------

class Cpus:
    """The relay has its own, one per worker while one is left for everything else."""

    def __init__(self, workers=1):
        allowed = sorted(os.sched_getaffinity(0))
        count = max(1, min(workers, len(allowed) - 1))
        self.relay = allowed[:count]
        self.rest = allowed[count:] or allowed

    def claim(self):
        """For this process and what it starts from now on."""
        os.sched_setaffinity(0, self.rest)
        give_way_to(os.getpid())


def give_way_to(pid):
    """What else runs on the machine disturbs less, where that is allowed. Sessions are scheduled as
    groups where the kernel has autogroups; then their own nice value counts."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, NICE)
    with contextlib.suppress(OSError), open(f"/proc/{pid}/autogroup", "w", encoding="ascii") as file:
        file.write(str(NICE))


def listed(cpus):
    return ",".join(str(cpu) for cpu in cpus)


def machine():
    model = ""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "")
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(),
            "load_before": os.getloadavg()[0]}


def warn_if_disturbed(name, figures, seconds, threads, cpus):
    """More threads than CPUs wait for each other; that says nothing of others."""
    if threads > len(cpus.relay):
        return
    share = figures["cpu"]["waited_ms"] / 1000 / seconds
    if share > DISTURBED_SHARE:
        say(f"the {name} waited {share:.0%} of the time for a CPU that others used: "
            "its figures are not to be trusted")


# ---- programs -------------------------------------------------------------------------------------

class Stack:
    """Signaling and a relay with keys and a database of their own."""

    def __init__(self, cpus, workers=1, relay_settings=()):
        self.cpus = cpus
        self.workers = workers
        self.relay_settings = list(relay_settings)
        self.folder = tempfile.mkdtemp(prefix="duet-bench-")
        self.programs = []
        self.relay = None
        self.url = ""

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *error):
        self.stop()

    def file(self, name):
        return os.path.join(self.folder, name)

    def write_secret(self, name, text):
        with open(os.open(self.file(name), os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        return self.file(name)

    def signaling_settings(self):
        settings = {
            "http.port": 0, "http.listen": "[127.0.0.1]", "store.path": self.file("duet.db"),
            "token.key_file": self.file("token.key"), "relay.key_file": self.file("relay.key"),
            **{f"limits.{rate}": 100000 for rate in RATES},
        }
        return [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]

    def ask_signaling(self, *words):
        result = subprocess.run([binary("signaling"), *self.signaling_settings(), *words],
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                                check=False)
        if result.returncode != 0:
            raise Failure(f"duet-signaling {' '.join(words[:2])} failed:\n{result.stderr.strip()}")
        return result.stdout.strip()

    def token_file(self, name, *rights):
        return self.write_secret(
            name, self.ask_signaling("token", "--lesson", LESSON, *rights, "--ttl", "24h"))

    def launch(self, name, command):
        program = Program(name, command, self.folder)
        self.programs.append(program)
        program.start()
        give_way_to(program.process.pid)
        program.wait(program.live, START_SECONDS, "ready")
        return program

    def start(self):
        self.write_secret("relay.key", secrets.token_urlsafe(32))
        self.ask_signaling("lesson", "add", LESSON, "--title", "Bench")
        signaling = self.launch("signaling", [binary("signaling"), *self.signaling_settings()])
        self.url = signaling.ready["url"].rstrip("/")
        settings = [f"signaling.url=ws{self.url.removeprefix('http')}/relay-link",
                    f"relay.key_file={self.file('relay.key')}", "relay.id=bench", "media.port=0",
                    "media.announce=[127.0.0.1]", "media.max_sessions=4000", *self.relay_settings]
        settings.append(f"media.workers={self.workers}")
        self.relay = self.launch("relay", [
            "taskset", "-c", listed(self.cpus.relay), binary("relay"),
            *(word for setting in settings for word in ("--set", setting))])
        self.publish_token = self.token_file("publish.token", "--publish", "*")
        self.watch_token = self.token_file("watch.token", "--watch", "*")

    def relay_pid(self):
        return self.relay.process.pid

    def check(self):
        for program in self.programs:
            if not program.running():
                raise Failure(f"{program.name} ended with {program.exit}:\n{program.last_words()}")

    def stop(self):
        for program in reversed(self.programs):
            program.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- duet-bench ---------------------------------------------------------------------------

    def publisher(self, kbps, seconds, source=SOURCE):
        return Part("publisher", ["publish", "--url", f"{self.url}/whip/{LESSON}/{source}",
                                  "--token-file", self.publish_token, "--bitrate", str(kbps),
                                  "--seconds", str(seconds)], ready=True)

    def watch_words(self, source=SOURCE):
        return ["watch", "--url", f"{self.url}/whep/{LESSON}/{source}", "--token-file", self.watch_token,
                "--cpu-of", str(self.relay_pid()), "--cpus", listed(self.cpus.relay)]


def binary(name):
    return str(BUILD / name / f"duet-{name}")


class Part:
    """One duet-bench; its last line is its figures."""

    def __init__(self, name, words, ready=False, on_line=None):
        self.name = name
        self.on_line = on_line
        self.process = subprocess.Popen([str(BENCH), *map(str, words)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, text=True, start_new_session=True,
                                        preexec_fn=die_with_parent)
        give_way_to(self.process.pid)
        if ready and not self.process.stdout.readline().startswith("ready"):
            raise Failure(f"the {name} could not start (exit {self.process.wait()})")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        return self

    def figures(self):
        """Waits for the end."""
        last = None
        for line in self.process.stdout:
            if last is not None and self.on_line is not None:
                self.on_line(json.loads(last))
            last = line
        if self.process.wait() != 0 or last is None:
            raise Failure(f"duet-bench {self.name} failed (exit {self.process.returncode})")
        return json.loads(last)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def ending(part):
    """Whatever happens, it does not outlive the block."""
    try:
        yield part
    finally:
        part.kill()


# ---- the end ----------------------------------------------------------------------------------------

class Stopped(Exception):
    """Ctrl-C or SIGTERM."""


def raise_stopped(number, frame):
    raise Stopped


def check_programs():
    for path in (BENCH, pathlib.Path(binary("signaling")), pathlib.Path(binary("relay"))):
        if not path.is_file():
            raise Failure(f"{path} is missing; ./duet build makes it")
    if shutil.which("taskset") is None:
        raise Failure("taskset is missing; the package util-linux has it")


def run_bench(measure, options):
    """Runs a bench, prints its object, and returns the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, raise_stopped)
    started = time.monotonic()
    try:
        check_programs()
        result = measure(options)
    except Stopped:
        say("ended before it was done")
        return 130
    except (Failure, OSError, subprocess.TimeoutExpired) as error:
        say(f"cannot go on: {error}")
        return 1
    result["took_seconds"] = round(time.monotonic() - started, 1)
    text = json.dumps(result, indent=2) + "\n"
    sys.stdout.write(text)
    if options.json:
        pathlib.Path(options.json).write_text(text, encoding="utf-8")
    return 0


def profiles_of(options):
    return ["gcm", "cm"] if options.profile == "both" else [options.profile]


def bounded(kind, least, most):
    """A type for argparse."""
    def read(text):
        value = kind(text)
        if not least <= value <= most:
            raise ValueError(text)
        return value
    read.__name__ = f"number from {least} to {most}"
    return read


def parse_run(parser):
    """Adds what every bench of a running relay takes, and parses."""
    parser.add_argument("--workers", type=bounded(int, 1, 64), default=1, help="threads of the relay (1)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                        help="another setting of the relay")
    parser.add_argument("--json", metavar="FILE", help="write the object there too")
    return parser.parse_args()


def percentiles(histogram, digits=1):
    """{"p50", "p99"} of what duet-bench gave, or None."""
    return histogram and {key: round(histogram[key], digits) for key in ("p50", "p99")}
