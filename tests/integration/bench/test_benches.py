"""The benches of a whole relay, short: they end by themselves, leave nothing behind, and their figures
are there and add up. Nothing here depends on how fast the machine is."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
PACKETS_PER_S = 160  # per viewer at 1 Mbit/s; 178 on average, fewer between two keyframes


def command(name, *words):
    return [sys.executable, "-B", str(ROOT / f"tests/bench/{name}.py"), *words]


def run(name, *words):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "bench.json"
        subprocess.run([*command(name, *words), "--json", str(path)], stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, check=True, timeout=120)
        return json.loads(path.read_text(encoding="utf-8"))


def programs_of(folder_part):
    """Command lines that name something of a bench's temporary folder."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if folder_part in line:
            found.append(line)
    return found


class Benches(unittest.TestCase):
    def test_relay_counts_every_packet_of_both_profiles(self):
        result = run("relay", "--viewers", "4", "--bitrate", "1000", "--seconds", "2")
        self.assertEqual(sorted(result["profiles"]), ["cm", "gcm"])
        for figures in result["profiles"].values():
            self.assertEqual(figures["viewers"], 4)
            self.assertGreater(figures["packets_per_s"], 4 * PACKETS_PER_S)
            self.assertEqual(figures["lost"], 0)
            self.assertEqual(figures["relay"]["traffic"]["unreadable"], 0)
            self.assertAlmostEqual(
                figures["efficiency"],
                figures["limit_us_per_packet"] / figures["relay_us_per_packet"], places=2)
            for delay in ("video_delay_us", "audio_delay_us", "limit_video_delay_us"):
                self.assertGreater(figures[delay]["p50"], 1)
                self.assertLess(figures[delay]["p50"], 1e6)
            self.assertGreater(figures["join_ms"]["p50"], 0)

    def test_signaling_tells_everybody_of_every_change(self):
        result = run("signaling", "--participants", "50", "--slow", "2", "--rounds", "5")
        for name in ("alone", "with_slow"):
            self.assertEqual((result[name]["heard"], result[name]["missed"]), (250, 0))
            self.assertLessEqual(result[name]["p50"], result[name]["p99"])
        self.assertGreater(result["memory_per_participant_bytes"], 0)
        self.assertEqual(len(result["goals"]), 4)

    def test_join_brings_everyone_a_picture(self):
        figures = run("join", "--viewers", "6", "--early", "2", "--alone", "2", "--bitrate", "1000")
        figures = figures["profiles"]["gcm"]
        self.assertEqual((figures["viewers"], figures["without_picture"]), (6, 0))
        self.assertEqual(figures["figures"]["join_alone"]["viewers"], 2)
        self.assertEqual(figures["figures"]["join_early"]["viewers"], 2)
        self.assertGreaterEqual(figures["longest_gap_of_others_ms"], 30)
        self.assertGreater(figures["handshakes_per_s"], 0)

    def test_soak_follows_viewers_that_come_and_go(self):
        result = run("soak", "--minutes", "0.5", "--viewers", "6", "--stay", "4", "--restart", "5")
        self.assertGreater(result["viewers_left"], 5)
        self.assertGreater(result["publisher_restarts"], 2)
        self.assertEqual(sum(figures["failed"] for figures in result["figures"].values()), 0)
        self.assertGreater(result["drift"]["rss_kib"]["first_quarter"], 1000)
        self.assertEqual(result["drift"]["descriptors"]["per_hour"], 0)
        self.assertIsNotNone(result["drift"]["video_delay_p50_us"])

    def test_stopped_in_the_middle_it_leaves_nothing_behind(self):
        with tempfile.TemporaryDirectory(prefix="bench-stop-") as folder:
            bench = subprocess.Popen(command("relay", "--viewers", "2", "--seconds", "60"),
                                     stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL, env={**os.environ, "TMPDIR": folder})
            while len(programs_of(folder)) < 4 and bench.poll() is None:
                time.sleep(0.1)
            bench.send_signal(signal.SIGTERM)
            self.assertEqual(bench.wait(30), 130)
            self.assertEqual(programs_of(folder), [])
            self.assertEqual(list(pathlib.Path(folder).iterdir()), [])

    def test_what_is_missing_is_named(self):
        result = subprocess.run(command("relay", "--viewers", "2"), stdin=subprocess.DEVNULL,
                                capture_output=True, text=True, check=False, timeout=30,
                                env={**os.environ, "DUET_BUILD": "/nowhere"})
        self.assertEqual(result.returncode, 1)
        self.assertIn("/nowhere/tests/bench/load/duet-bench is missing", result.stderr)


if __name__ == "__main__":
    unittest.main()
