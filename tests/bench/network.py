"""What a viewer sees and hears over bad lines: a grid of loss, round trip and rate in virtual time, the
step from 2.5 to 1 Mbit/s and back, and some cells of the grid again on real sockets.
docs/benchmarks.md says how to read it."""
import argparse
import concurrent.futures
import json
import os
import pathlib
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "network"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "load"))

from bench_stack import BUILD, Failure, bounded, machine, run_bench, say  # noqa: E402
from real_cells import REAL_CELLS, run_real_cell  # noqa: E402

CELL = BUILD / "tests/bench/network/network-cell"
LOSSES = (0, 1, 5, 10, 20)
ROUND_TRIPS = (20, 100, 300)
RATES = (0, 2000, 1000, 500, 100)  # kbit/s; 0 = unlimited
SETTLE_SECONDS = 5
UP_SECONDS = 20
DOWN_SECONDS = 12
STEP = (15, 2500, 30, 1000, 20, 2500)
STEP_QUEUE_FROM = 1


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=bounded(int, 5, 600), default=60,
                        help="measured in each cell, after 5 s (default 60)")
    parser.add_argument("--seeds", type=bounded(int, 1, 20), default=3, help="runs of each cell (default 3)")
    parser.add_argument("--cells", metavar="LOSS/RTT/RATE,…",
                        help="only these cells of the grid, for example 10/100/0 (rate in kbit/s, 0 = unlimited)")
    parser.add_argument("--virtual-only", action="store_true", help="no real sockets")
    parser.add_argument("--real-seconds", type=bounded(int, 10, 600), default=30,
                        help="of each cell on real sockets (default 30)")
    parser.add_argument("--json", metavar="FILE", help="write the object there, too")
    options = parser.parse_args()
    try:
        options.grid = grid_of(options.cells)
    except ValueError:
        parser.error(f"--cells {options.cells}: LOSS/RTT/RATE, separated by commas")
    return options


def grid_of(text):
    if text is None:
        return [(loss, rtt, rate) for loss in LOSSES for rtt in ROUND_TRIPS for rate in RATES]
    cells = []
    for word in text.split(","):
        loss, rtt, rate = word.split("/")
        cells.append((float(loss), int(rtt), int(rate)))
    return cells


# ---- virtual time ---------------------------------------------------------------------------------

def run_cell(loss, rtt, seed, segments):
    words = [CELL, "--loss", loss, "--rtt-ms", rtt, "--seed", seed]
    for seconds, rate in segments:
        words += ["--segment", f"{seconds}:{rate}"]
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Failure(f"network-cell failed ({result.returncode}): {result.stderr.strip()}")
    return json.loads(result.stdout)


def mean(values, digits=2):
    return round(statistics.fmean(values), digits)


def worst_of(values):
    """Of times until something happened, of which −1 is never."""
    values = list(values)
    return None if any(value < 0 for value in values) else max(values)


def steady_figures(runs):
    first = runs[0]
    return {
        "freeze_percent": mean(run["video"]["frozen_ms"] / run["seconds"] / 10 for run in runs),
        "longest_freeze_ms": max(run["video"]["longest_freeze_ms"] for run in runs),
        "audio_lost_percent": mean((100 * run["audio"]["missed"] / run["audio"]["frames"] for run in runs), 3),
        "audio_buffer_ms": max(run["audio"]["buffer_ms"] for run in runs),
        "layer_percent": {name: mean((100 * run["layers"][name]["share"] for run in runs), 1)
                          for name in first["layers"]},
        "sent_kbps": mean((run["sent_kbps"] for run in runs), 0),
        "queue_p95_ms": max(run["queue"]["p95_ms"] for run in runs),
        "queue_max_ms": max(run["queue"]["max_ms"] for run in runs),
    }


def start_figures(runs):
    """The first seconds, in which nobody knows the line."""
    return {
        "start_freeze_ms": mean((run["video"]["frozen_ms"] for run in runs), 0),
        "start_audio_missed": mean((run["audio"]["missed"] for run in runs), 1),
    }


def measure_cell(cell, options):
    loss, rtt, rate = cell
    segments = [(SETTLE_SECONDS, rate), (options.seconds, rate)]
    if rate > 0:
        segments += [(UP_SECONDS, 0), (DOWN_SECONDS, rate)]
    runs = [run_cell(loss, rtt, seed + 1, segments) for seed in range(options.seeds)]
    figures = {"loss_percent": loss, "round_trip_ms": rtt, "rate_kbps": rate,
               **start_figures([run[0] for run in runs]), **steady_figures([run[1] for run in runs])}
    if rate > 0:
        figures["up_s"] = worst_of(run[2]["layers"]["h"]["after_s"] for run in runs)
        figures["down_s"] = worst_of(run[3]["fits_after_s"] for run in runs)
    return figures


def measure_step(loss, rtt, options):
    """2.5 → 1 → 2.5 Mbit/s."""
    segments = list(zip(STEP[::2], STEP[1::2]))
    runs = [run_cell(loss, rtt, seed + 1, segments) for seed in range(options.seeds)]
    return {
        "loss_percent": loss, "round_trip_ms": rtt,
        "down_s": worst_of(run[1]["fits_after_s"] for run in runs),
        "queue_p95_ms": max(run[1]["queue"]["p95_ms"] for run in runs),
        "queue_max_ms": max(run[1]["queue"]["max_ms"] for run in runs),
        "freeze_percent": mean(run[1]["video"]["frozen_ms"] / run[1]["seconds"] / 10 for run in runs),
        "audio_lost_percent": mean(
            (100 * run[1]["audio"]["missed"] / run[1]["audio"]["frames"] for run in runs), 3),
        "up_s": worst_of(run[2]["layers"]["h"]["after_s"] for run in runs),
    }


# ---- goals ----------------------------------------------------------------------------------------

def goal(name, value, most):
    return {"goal": name, "value": value, "at_most": most, "met": value is not None and value <= most}


def goals_of(grid, steps):
    found = {(cell["loss_percent"], cell["round_trip_ms"], cell["rate_kbps"]): cell for cell in grid}
    goals = []

    def add(name, cell, key, most):
        if cell in found:
            goals.append(goal(name, found[cell][key], most))

    add("freezes at 5% loss, 100 ms (%)", (5, 100, 0), "freeze_percent", 1)
    add("freezes at 10% loss, 100 ms (%)", (10, 100, 0), "freeze_percent", 3)
    for rtt in ROUND_TRIPS:
        add(f"lost sound at 10% loss, {rtt} ms (%)", (10, rtt, 0), "audio_lost_percent", 0.5)
    for step in steps:
        where = f"2.5 → 1 Mbit/s, {step['loss_percent']}% loss, {step['round_trip_ms']} ms"
        if step["loss_percent"] == 0:
            goals.append(goal(f"{where}: adapted (s)", step["down_s"], 1))
            goals.append(goal(f"{where}: queue p95 (ms)", step["queue_p95_ms"], 200))
    for rtt in ROUND_TRIPS:
        add(f"lost sound at 0.1 Mbit/s, {rtt} ms (%)", (0, rtt, 100), "audio_lost_percent", 0.1)
    return goals


# ---- for people -----------------------------------------------------------------------------------

HEAD = ("loss   rtt    rate | start | freezes longest |  sound buffer | layers h/m/l/none (%)   sent |"
        " queue p95   max |    up  down")


def seconds_text(value):
    return "never" if value is None else f"{value:.1f}"


def row(cell):
    layers = cell["layer_percent"]
    shares = "/".join(f"{layers[name]:.0f}" for name in ("h", "m", "l", "paused"))
    times = (f"{seconds_text(cell['up_s']):>5} {seconds_text(cell['down_s']):>5}" if "up_s" in cell else "")
    return (f"{cell['loss_percent']:>3.0f}% {cell['round_trip_ms']:>5} {cell['rate_kbps'] or '∞':>7} |"
            f" {cell['start_freeze_ms']:>5.0f} | {cell['freeze_percent']:>6.2f}% {cell['longest_freeze_ms']:>7} |"
            f" {cell['audio_lost_percent']:>5.2f}% {cell['audio_buffer_ms']:>6} |"
            f" {shares:<21} {cell['sent_kbps']:>6.0f} |"
            f" {cell['queue_p95_ms']:>9} {cell['queue_max_ms']:>5} | {times}").rstrip()


def print_tables(result):
    say(HEAD)
    for cell in result["grid"]:
        say(row(cell))
    for step in result["steps"]:
        say(f"2.5 → 1 → 2.5 Mbit/s at {step['loss_percent']}%, {step['round_trip_ms']} ms: down after "
            f"{seconds_text(step['down_s'])} s, queue p95 {step['queue_p95_ms']} max {step['queue_max_ms']} ms, "
            f"freezes {step['freeze_percent']}%, sound lost {step['audio_lost_percent']}%, up after "
            f"{seconds_text(step['up_s'])} s")
    for cell in result.get("real", []):
        say(f"real sockets, {cell['loss_percent']}% {cell['round_trip_ms']} ms {cell['rate_kbps'] or '∞'}: "
            f"freezes {cell['freeze_percent']}%, sound concealed {cell['audio_concealed_percent']}%, "
            f"{cell['width']}×{cell['height']}")
    for one in result["goals"]:
        say(f"{'met    ' if one['met'] else 'NOT met'} {one['goal']}: {one['value']} (at most {one['at_most']})")


def measure(options):
    if not CELL.is_file():
        raise Failure(f"{CELL} is missing; ./duet build makes it")
    result = {"bench": "network", **machine(), "seconds": options.seconds, "seeds": options.seeds}
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        result["grid"] = list(pool.map(lambda cell: measure_cell(cell, options), options.grid))
        steps = [(loss, rtt) for loss in (0, 5) for rtt in ROUND_TRIPS]
        result["steps"] = list(pool.map(lambda step: measure_step(*step, options), steps))
    if not options.virtual_only:
        result["real"] = [run_real_cell(*cell, options.real_seconds) for cell in REAL_CELLS
                          if options.cells is None or cell in options.grid]
    result["goals"] = goals_of(result["grid"], result["steps"])
    print_tables(result)
    return result


if __name__ == "__main__":
    arguments = parse_arguments()
    sys.exit(run_bench(measure, arguments))
