"""What forwarding costs and how well it is done: one publisher, N viewers, against the least that
encrypting and sending the same packets can cost on this machine. docs/benchmarks.md says how to read it."""
import argparse
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "load"))

from bench_stack import (Cpus, Failure, Part, Stack, bounded, ending, listed, machine,  # noqa: E402
                         parse_run, percentiles, profiles_of, run_bench, say, warn_if_disturbed)

SETTLE_SECONDS = 3
SPARE_SECONDS = 120  # that a publisher outlives what is planned


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./duet bench relay", description=__doc__)
    parser.add_argument("--viewers", type=bounded(int, 1, 2000), default=300, help="(300)")
    parser.add_argument("--bitrate", type=bounded(int, 100, 50000), default=2000, help="kbit/s (2000)")
    parser.add_argument("--seconds", type=bounded(float, 1, 3600), default=20.0,
                        help="measured, of relay and limit each (20)")
    parser.add_argument("--profile", choices=("gcm", "cm", "both"), default="both")
    parser.add_argument("--runs", type=bounded(int, 1, 20), default=1,
                        help="relay and limit in turn, the medians count (1)")
    return parse_run(parser)


def run_relay(options, cpus, profile):
    with Stack(cpus, options.workers, options.set) as stack:
        planned = options.viewers / 100 + SETTLE_SECONDS + options.seconds + SPARE_SECONDS
        with ending(stack.publisher(options.bitrate, planned)) as publisher:
            words = [*stack.watch_words(), "--viewers", options.viewers, "--profile", profile,
                     "--seconds", options.seconds, "--settle", SETTLE_SECONDS]
            with ending(Part("viewers", words)) as viewers:
                figures = viewers.figures()
            stack.check()
            figures["publisher"] = publisher.stop().figures()
    if figures["watching"] < options.viewers:
        raise Failure(f"only {figures['watching']} of {options.viewers} viewers were served: "
                      f"{figures['first_error'] or 'no reason given'}")
    return figures


def run_limit(options, cpus, profile, header_bytes, openssl=False):
    words = ["limit", "--viewers", options.viewers, "--bitrate", options.bitrate, "--profile", profile,
             "--seconds", options.seconds, "--settle", 1, "--header-bytes", header_bytes,
             "--openssl", int(openssl),
             "--cpus", listed(cpus.relay[:1])]
    with ending(Part("limit", words)) as limit:
        return limit.figures()


def by_openssl(limits, relay_us):
    """The limit without the faster AES-GCM that this machine has: what it is on other machines."""
    if not limits:
        return {}
    cost = statistics.median_low([run["cpu"]["us_per_packet"] for run in limits])
    return {"limit_openssl_us_per_packet": round(cost, 3), "efficiency_openssl": round(cost / relay_us, 3)}


def summarise(relays, limits, openssl_limits):
    """One profile: medians of the runs, the rest from the median relay run."""
    costs = [run["cpu"]["us_per_packet"] for run in relays]
    relay = relays[costs.index(statistics.median_low(costs))]
    limit_costs = [run["cpu"]["us_per_packet"] for run in limits]
    limit = limits[limit_costs.index(statistics.median_low(limit_costs))]
    relay_us, limit_us = relay["cpu"]["us_per_packet"], limit["cpu"]["us_per_packet"]
    traffic, joins = relay["traffic"], relay["join"]
    return {
        "viewers": relay["viewers"], "packets_per_s": round(traffic["packets_per_s"]),
        "mbit_per_s": round(traffic["mbit_per_s"], 1),
        "relay_us_per_packet": round(relay_us, 3), "limit_us_per_packet": round(limit_us, 3),
        "efficiency": round(limit_us / relay_us, 3),
        **by_openssl(openssl_limits, relay_us),
        "relay_us_per_packet_runs": [round(cost, 3) for cost in costs],
        "limit_us_per_packet_runs": [round(cost, 3) for cost in limit_costs],
        "lost": traffic["lost"], "loss_percent": round(traffic["loss_percent"], 4),
        "limit_loss_percent": round(limit["loss_percent"], 4),
        "video_delay_us": percentiles(relay["video_delay_us"]),
        "audio_delay_us": percentiles(relay["audio_delay_us"]),
        "limit_video_delay_us": percentiles(limit["video_delay_us"]),
        "limit_audio_delay_us": percentiles(limit["audio_delay_us"]),
        "join_ms": percentiles(joins["first_frame_ms"], 2),
        "longest_gap_ms": round(relay["longest_gap_ms"], 1),
        "relay": relay, "limit": limit,
    }


def show(profile, figures):
    def pair(name):
        return "–" if figures[name] is None else "{p50:g} / {p99:g}".format(**figures[name])

    say(f"{profile.upper():4} {figures['viewers']} viewers, {figures['packets_per_s']} packets/s, "
        f"lost {figures['loss_percent']} %")
    say(f"     relay {figures['relay_us_per_packet']} µs/packet, limit {figures['limit_us_per_packet']}, "
        f"efficiency {figures['efficiency']}")
    if "efficiency_openssl" in figures:
        say(f"     limit by OpenSSL {figures['limit_openssl_us_per_packet']}, "
            f"efficiency {figures['efficiency_openssl']}")
    say(f"     delay p50 / p99: video {pair('video_delay_us')} µs, audio {pair('audio_delay_us')} µs; "
        f"join {pair('join_ms')} ms")


def measure(options):
    cpus = Cpus(options.workers)
    cpus.claim()
    result = {"bench": "relay", **machine(), "bitrate_kbps": options.bitrate, "seconds": options.seconds,
              "workers": options.workers, "relay_cpus": cpus.relay, "profiles": {}}
    for profile in profiles_of(options):
        relays, limits, openssl_limits = [], [], []
        for run in range(options.runs):
            say(f"{profile}: relay, run {run + 1} of {options.runs}")
            relays.append(run_relay(options, cpus, profile))
            say(f"{profile}: limit, run {run + 1} of {options.runs}")
            limits.append(run_limit(options, cpus, profile, relays[-1]["header_bytes"]))
            if profile == "gcm":
                openssl_limits.append(
                    run_limit(options, cpus, profile, relays[-1]["header_bytes"], openssl=True))
            warn_if_disturbed("relay", relays[-1], options.seconds, options.workers, cpus)
            warn_if_disturbed("limit", limits[-1], options.seconds, 1, cpus)
        result["profiles"][profile] = summarise(relays, limits, openssl_limits)
    for profile, figures in result["profiles"].items():
        show(profile, figures)
    return result


if __name__ == "__main__":
    arguments = parse_arguments()
    sys.exit(run_bench(measure, arguments))
