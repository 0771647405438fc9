"""How long a change takes to reach everybody on /ws: thousands of participants of one signaling process, all in one
lesson, without and with slow readers among them. docs/benchmarks.md says how to read it."""
import argparse
import contextlib
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "load"))

from bench_stack import (BUILD, LESSON, Cpus, Failure, Stack, binary, bounded, die_with_parent, give_way_to,  # noqa: E402
                         listed, machine, run_bench, say)

SOCKETS = BUILD / "tests/bench/sockets/duet-bench-sockets"
SUBJECTS = 40  # people of the lesson: each has many sockets, so that their coming is not told to all others
GOAL_P99_MS = 100
GOAL_SLOW_MS = 10


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./duet bench signaling", description=__doc__)
    parser.add_argument("--participants", type=bounded(int, 1, 20000), default=2000, help="(2000)")
    parser.add_argument("--slow", type=bounded(int, 0, 1000), default=20, help="readers that stand still, beside them (20)")
    parser.add_argument("--rounds", type=bounded(int, 1, 10000), default=100, help="changes, without and with them each (100)")
    parser.add_argument("--json", metavar="FILE", help="write the object there too")
    return parser.parse_args()


class Signaling(Stack):
    """Signaling alone, on a CPU of its own."""

    def __init__(self, cpus, participants):
        super().__init__(cpus)
        self.participants = participants

    def signaling_settings(self):
        limits = {"connections": self.participants + 200, "address_connections": self.participants + 200}
        return super().signaling_settings() + [
            word for name, value in limits.items() for word in ("--set", f"limits.{name}={value}")]

    def start(self):
        self.write_secret("relay.key", "no relay comes, but there is a key")
        self.ask_signaling("lesson", "add", LESSON, "--title", "Bench")
        self.server = self.launch("signaling", ["taskset", "-c", listed(self.cpus.relay), binary("signaling"),
                                                *self.signaling_settings()])
        self.url = self.server.ready["url"].rstrip("/")

    def resident_bytes(self):
        for line in pathlib.Path(f"/proc/{self.server.process.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise Failure("signaling has no VmRSS")


def run_sockets(options, stack):
    tokens = [stack.ask_signaling("token", "--lesson", LESSON, "--watch", "*", "--subject", f"participant-{i}")
              for i in range(SUBJECTS)]
    words = [SOCKETS, "--port", stack.url.rsplit(":", 1)[1], "--lesson", LESSON,
             "--tokens", stack.write_secret("tokens", "\n".join(tokens) + "\n"),
             "--setter", stack.token_file("setter", "--publish", "teacher-camera"),
             "--sockets", options.participants, "--slow", options.slow, "--rounds", options.rounds]
    before = stack.resident_bytes()
    with subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                          start_new_session=True, preexec_fn=die_with_parent) as process:
        give_way_to(process.pid)
        with contextlib.ExitStack() as ending:
            ending.callback(process.kill)
            joined = json.loads(process.stdout.readline() or "{}")
            if joined.get("joined") != options.participants:
                raise Failure(f"only {joined.get('joined')} of {options.participants} joined")
            memory = (stack.resident_bytes() - before) / options.participants
            process.stdin.write("\n")
            process.stdin.flush()
            figures = json.loads(process.stdout.readline() or "{}")
            if process.wait(30) != 0:
                raise Failure("duet-bench-sockets failed")
    stack.check()
    return {"join_seconds": round(joined["join_seconds"], 2), "memory_per_participant_bytes": round(memory), **figures}


def goal(name, value, most):
    return {"goal": name, "value": value, "at_most": most, "met": value <= most}


def measure(options):
    cpus = Cpus()
    cpus.claim()
    with Signaling(cpus, options.participants + options.slow) as stack:
        found = run_sockets(options, stack)
    for name in ("alone", "with_slow"):
        found[name] = {key: round(value, 2) for key, value in found[name].items()}
    more = round(max(0, found["with_slow"]["p99"] - found["alone"]["p99"]), 2)
    result = {"bench": "signaling", **machine(), "participants": options.participants, "slow_readers": options.slow,
              "rounds": options.rounds, **found,
              "goals": [goal("a change reaches all: p99 (ms)", found["alone"]["p99"], GOAL_P99_MS),
                        goal("with slow readers: p99 (ms)", found["with_slow"]["p99"], GOAL_P99_MS),
                        goal("slow readers add to the p99 (ms)", more, GOAL_SLOW_MS),
                        goal("not heard of", found["alone"]["missed"] + found["with_slow"]["missed"], 0)]}
    for name, what in (("alone", "all read"), ("with_slow", f"{options.slow} more that do not")):
        say("{}: p50 {p50} ms, p99 {p99} ms, max {max} ms".format(what, **found[name]))
    say(f"{options.participants} joined in {found['join_seconds']} s, "
        f"{found['memory_per_participant_bytes']} bytes of memory for each")
    for one in result["goals"]:
        say(f"{'met    ' if one['met'] else 'NOT met'} {one['goal']}: {one['value']} (at most {one['at_most']})")
    return result


if __name__ == "__main__":
    sys.exit(run_bench(measure, parse_arguments()))
