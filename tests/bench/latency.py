"""Glass-to-glass delay of the whole path: sample lesson → capture → relay → player, on this machine.

Each run is one ./duet demo --check. Prints one JSON object: the median run's figures, and all runs.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = os.environ.get("DUET_BUILD", str(ROOT / "build"))


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./duet bench latency")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each run (20)")
    parser.add_argument("--runs", type=int, default=3, help="how many (3)")
    parser.add_argument("--camera", default="sample")
    parser.add_argument("--microphone", default="sample")
    parser.add_argument("--json", metavar="FILE", help="write the object there too")
    return parser.parse_args()


def run_once(options, folder):
    path = pathlib.Path(folder) / "check.json"
    path.unlink(missing_ok=True)
    command = [sys.executable, "-B", str(ROOT / "configs/demo/run.py"), "--build", BUILD, "--check",
               "--seconds", str(options.seconds), "--json", str(path),
               "--camera", options.camera, "--microphone", options.microphone]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
    if not path.is_file():
        sys.exit(f"bench: the lesson could not be run (exit {result.returncode})")
    check = json.loads(path.read_text(encoding="utf-8"))
    return {
        **check["latency_ms"],
        "frames_sent": check["frames_encoded"], "frames_decoded": check["frames_decoded"],
        "frames_frozen": check["frames_frozen"], "freezes": check["freezes"],
        "first_picture_ms": check["first_picture_ms"], "ok": check["ok"], "problems": check["problems"],
    }


def median_of(runs):
    return {name: statistics.median_low(values) if (values := [run[name] for run in runs
                                                               if run[name] is not None]) else None
            for name in runs[0] if name not in ("ok", "problems")}


def main():
    options = parse_arguments()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        runs = [run_once(options, folder) for _ in range(max(options.runs, 1))]
    text = json.dumps({"bench": "latency", "unit": "ms", "seconds": options.seconds,
                       "cores": os.cpu_count(), "load_before": load,
                       "median": median_of(runs), "runs": runs}, indent=2) + "\n"
    sys.stdout.write(text)
    if options.json:
        pathlib.Path(options.json).write_text(text, encoding="utf-8")


main()
