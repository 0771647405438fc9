"""What joining costs everyone: N viewers within one second, into a lesson that already has some. From
POST to the last packet of the first picture that can be decoded. docs/benchmarks.md says how to read it."""
import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "load"))

from bench_stack import (Cpus, Part, Stack, bounded, ending, machine, parse_run, percentiles,  # noqa: E402
                         profiles_of, run_bench, say)

WINDOW_SECONDS = 1
SETTLE_SECONDS = 3
SPARE_SECONDS = 120


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./duet bench join", description=__doc__)
    parser.add_argument("--viewers", type=bounded(int, 1, 1800), default=300, help="that join at once (300)")
    parser.add_argument("--within", type=bounded(float, 0, 60), default=1.0, help="seconds (1)")
    parser.add_argument("--early", type=bounded(int, 1, 100), default=20, help="viewers already there (20)")
    parser.add_argument("--alone", type=bounded(int, 1, 100), default=11,
                        help="viewers that join one by one before (11)")
    parser.add_argument("--bitrate", type=bounded(int, 100, 50000), default=2000, help="kbit/s (2000)")
    parser.add_argument("--profile", choices=("gcm", "cm", "both"), default="gcm")
    return parse_run(parser)


def run_join(options, cpus, profile):
    with Stack(cpus, options.workers, options.set) as stack:
        with ending(stack.publisher(options.bitrate, options.within + SPARE_SECONDS)) as publisher:
            words = [*stack.watch_words(), "--viewers", options.viewers, "--early", options.early,
                     "--alone", options.alone, "--join-seconds", options.within, "--profile", profile,
                     "--seconds", WINDOW_SECONDS, "--settle", SETTLE_SECONDS]
            with ending(Part("viewers", words)) as viewers:
                figures = viewers.figures()
            stack.check()
            figures["publisher"] = publisher.stop().figures()
    return figures


def summarise(figures):
    requests = [time for time in figures["publisher"]["keyframe_request_times_us"]
                if figures["mass_start_us"] <= time <= figures["mass_end_us"]]
    gaps = [later - earlier for earlier, later in zip(requests, requests[1:])]
    mass, alone = figures["join"], figures["join_alone"]
    return {
        "viewers": mass["viewers"], "without_picture": mass["without_picture"],
        "first_error": figures["first_error"],
        "first_frame_ms": percentiles(mass["first_frame_ms"], 2),
        "answer_ms": percentiles(mass["answer_ms"], 2),
        "alone_first_frame_ms": percentiles(alone["first_frame_ms"], 2),
        "alone_answer_ms": percentiles(alone["answer_ms"], 2),
        "keyframe_requests": len(requests),
        "shortest_between_requests_ms": round(min(gaps) / 1000, 1) if gaps else None,
        "keyframe_requests_in_all": figures["publisher"]["keyframe_requests"],
        "longest_gap_of_others_ms": round(figures["early_gap_ms"], 1),
        "longest_gap_of_others_before_ms": round(figures["early_gap_before_ms"], 1),
        "handshakes_per_s": round(mass["handshakes_per_s"]),
        "figures": figures,
    }


def show(profile, result):
    def pair(name):
        return "–" if result[name] is None else "{p50:g} / {p99:g}".format(**result[name])

    say(f"{profile.upper():4} {result['viewers']} at once, {result['without_picture']} without a picture "
        f"{result['first_error']}")
    say(f"     first picture p50 / p99: {pair('first_frame_ms')} ms, alone {pair('alone_first_frame_ms')} ms; "
        f"{result['handshakes_per_s']} handshakes/s")
    between = result["shortest_between_requests_ms"]
    say(f"     keyframe requests {result['keyframe_requests']}"
        + (f", {between} ms apart at least" if between is not None else "")
        + f"; longest gap of the others {result['longest_gap_of_others_ms']} ms, "
        f"{result['longest_gap_of_others_before_ms']} ms before")


def measure(options):
    cpus = Cpus(options.workers)
    cpus.claim()
    result = {"bench": "join", **machine(), "bitrate_kbps": options.bitrate, "within_seconds": options.within,
              "workers": options.workers, "relay_cpus": cpus.relay, "profiles": {}}
    for profile in profiles_of(options):
        say(f"{profile}: {options.viewers} viewers join within {options.within:g} s")
        result["profiles"][profile] = summarise(run_join(options, cpus, profile))
    for profile, figures in result["profiles"].items():
        show(profile, figures)
    return result


if __name__ == "__main__":
    arguments = parse_arguments()
    sys.exit(run_bench(measure, arguments))
