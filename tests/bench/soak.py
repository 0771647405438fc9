"""Whether a relay that has run for long is the relay that was started: viewers come and go, one of two
publishers is replaced again and again, and memory, descriptors and delays are followed over time.
docs/benchmarks.md says how to read it."""
import argparse
import os
import pathlib
import random
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "load"))

from bench_stack import (Cpus, Failure, Part, Stack, bounded, machine, parse_run, percentiles,  # noqa: E402
                         run_bench, say)
from drift import drift_of  # noqa: E402

STEADY, RESTARTED = "teacher-camera", "teacher-content"
SAMPLES_PER_INTERVAL = 6
SETTLE_SECONDS = 3
SPARE_SECONDS = 300


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./duet bench soak", description=__doc__)
    parser.add_argument("--minutes", type=bounded(float, 0.5, 1440), default=30.0, help="(30)")
    parser.add_argument("--viewers", type=bounded(int, 2, 2000), default=100, help="in all (100)")
    parser.add_argument("--bitrate", type=bounded(int, 100, 50000), default=1000, help="kbit/s (1000)")
    parser.add_argument("--stay", type=bounded(float, 1, 86400), default=60.0,
                        help="seconds that a viewer stays on average (60)")
    parser.add_argument("--restart", type=bounded(float, 2, 86400), default=45.0,
                        help="seconds between restarts of a publisher on average (45)")
    return parse_run(parser)


class Crowd:
    """The viewers of one source: a duet-bench whose lines are taken as they come."""

    def __init__(self, stack, source, viewers, options, interval):
        self.source = source
        self.intervals = []
        self.result = None
        self.error = None
        self.part = Part(source, [*stack.watch_words(source), "--viewers", viewers,
                                  "--seconds", options.minutes * 60, "--settle", SETTLE_SECONDS,
                                  "--churn", options.stay, "--report", interval],
                         on_line=self.take)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            self.result = self.part.figures()
        except (Failure, ValueError) as error:
            self.error = str(error)

    def take(self, line):
        self.intervals.append(line)
        delay = percentiles(line["video_delay_us"], 0)
        say(f"{self.source}: {line['watching']} watching, {line['left']} left so far, "
            f"lost {line['traffic']['lost']}, video delay µs {delay}")


def sample_relay(pid, seconds):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        pages = int(file.read().split()[1])
    return {"seconds": round(seconds, 1), "rss_kib": pages * os.sysconf("SC_PAGE_SIZE") // 1024,
            "descriptors": len(os.listdir(f"/proc/{pid}/fd"))}


class Soak:
    def __init__(self, options, stack):
        self.options = options
        self.stack = stack
        self.interval = max(min(60.0, options.minutes * 60 / 8), 3.0)
        self.steady = None
        self.restarted = None
        self.restarts = 0
        self.crowds = []
        self.samples = []

    def publish(self, source):
        return self.stack.publisher(self.options.bitrate, self.options.minutes * 60 + SPARE_SECONDS, source)

    def restart_publisher(self):
        self.restarted.stop().figures()
        self.restarted = self.publish(RESTARTED)
        self.restarts += 1

    def run(self):
        self.steady = self.publish(STEADY)
        self.restarted = self.publish(RESTARTED)
        half = self.options.viewers // 2
        self.crowds = [Crowd(self.stack, STEADY, self.options.viewers - half, self.options, self.interval),
                       Crowd(self.stack, RESTARTED, half, self.options, self.interval)]
        started = time.monotonic()
        next_sample = started + SETTLE_SECONDS
        next_restart = started + self.options.restart
        while any(crowd.thread.is_alive() for crowd in self.crowds):
            now = time.monotonic()
            self.stack.check()
            if now >= next_sample:
                self.samples.append(sample_relay(self.stack.relay_pid(), now - started))
                next_sample += self.interval / SAMPLES_PER_INTERVAL
            if now >= next_restart:
                self.restart_publisher()
                next_restart = now + random.uniform(0.5, 1.5) * self.options.restart
            time.sleep(0.1)
        errors = [crowd.error for crowd in self.crowds if crowd.error]
        if errors:
            raise Failure(errors[0])

    def end(self):
        for part in [self.steady, self.restarted, *(crowd.part for crowd in self.crowds)]:
            if part is not None:
                part.kill()

    def summarise(self):
        """Samples in which the viewers were still joining tell nothing of drift."""
        settled = [sample for sample in self.samples
                   if sample["seconds"] > self.options.viewers / 200 + 2 * SETTLE_SECONDS]
        hours = [sample["seconds"] / 3600 for sample in settled]
        drifts = {name: drift_of(hours, [sample[name] for sample in settled])
                  for name in ("rss_kib", "descriptors")}
        for kind in ("video", "audio"):
            points = [((i + 1) * self.interval / 3600, line[f"{kind}_delay_us"])
                      for i, line in enumerate(self.crowds[0].intervals) if line[f"{kind}_delay_us"]]
            for which in ("p50", "p99"):
                drifts[f"{kind}_delay_{which}_us"] = drift_of(
                    [hour for hour, _ in points], [delay[which] for _, delay in points])
        return {
            "drift": drifts, "publisher_restarts": self.restarts,
            "viewers_left": sum(crowd.result["left"] for crowd in self.crowds),
            "lost": sum(crowd.result["traffic"]["lost"] for crowd in self.crowds),
            "rejoin_ms": {crowd.source: percentiles(crowd.result["rejoin_ms"], 2) for crowd in self.crowds},
            "samples": self.samples,
            "intervals": {crowd.source: crowd.intervals for crowd in self.crowds},
            "figures": {crowd.source: crowd.result for crowd in self.crowds},
        }


def measure(options):
    cpus = Cpus(options.workers)
    cpus.claim()
    result = {"bench": "soak", **machine(), "minutes": options.minutes, "viewers": options.viewers,
              "bitrate_kbps": options.bitrate, "workers": options.workers}
    with Stack(cpus, options.workers, options.set) as stack:
        soak = Soak(options, stack)
        try:
            soak.run()
        finally:
            soak.end()
    result.update(soak.summarise())
    say(f"{result['viewers_left']} departures, {result['publisher_restarts']} restarts of a publisher, "
        f"lost {result['lost']}")
    for name, drift in result["drift"].items():
        if drift:
            say(f"{name}: {drift['first_quarter']:g} at first, {drift['last_quarter']:g} at last, "
                f"{drift['per_hour']:+g} per hour")
    return result


if __name__ == "__main__":
    arguments = parse_arguments()
    sys.exit(run_bench(measure, arguments))
