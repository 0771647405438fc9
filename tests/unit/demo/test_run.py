"""How the demo starts, watches and ends programs; fake_program.py stands in for them."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
RUNNER = HERE.parents[2] / "configs/demo/run.py"
NAMES = ("signaling", "relay", "capture", "player")
LIMIT_SECONDS = 30


class Demo(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="duet-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        for name in NAMES:
            (self.folder / "build" / name).mkdir(parents=True)
            shutil.copy(HERE / "fake_program.py", self.folder / "build" / name / f"duet-{name}")
        self.runtime = self.folder / "runtime"
        self.runtime.mkdir()

    def start(self, *arguments, **faults):
        environment = {**os.environ, "FAKE_FOLDER": str(self.folder), "XDG_RUNTIME_DIR": str(self.runtime)}
        for name in ("DISPLAY", "WAYLAND_DISPLAY"):
            environment.pop(name, None)
        environment.update({f"FAKE_{name.upper()}": fault for name, fault in faults.items()})
        process = subprocess.Popen(
            [sys.executable, "-B", str(RUNNER), "--build", str(self.folder / "build"), *arguments],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        return process

    def finish(self, process):
        output, _ = process.communicate(timeout=LIMIT_SECONDS)
        return process.returncode, output

    def started(self, name):
        path = self.folder / f"{name}.started"
        if not path.exists():
            return []
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def wait_for(self, condition):
        deadline = time.monotonic() + LIMIT_SECONDS
        while not condition():
            self.assertLess(time.monotonic(), deadline, "waited too long")
            time.sleep(0.02)

    def assert_nothing_left(self):
        for name in NAMES:
            for start in self.started(name):
                self.assertFalse(os.path.exists(f"/proc/{start['pid']}"), f"{name} is still there")
        self.assertEqual(list(self.runtime.iterdir()), [])

    def check(self, *arguments, **faults):
        file = self.folder / "out.json"
        code, output = self.finish(self.start("--check", "--seconds", "3", "--json", str(file),
                                              *arguments, **faults))
        return code, output, json.loads(file.read_text(encoding="utf-8"))

    def test_a_check_writes_one_object_and_leaves_nothing(self):
        code, output, report = self.check()
        self.assertEqual(code, 0, output)
        self.assertTrue(report["ok"])
        self.assertGreater(report["frames_encoded"], 30)
        self.assertEqual(report["latency_ms"], {"p50": 40.0, "p95": 40.0, "p99": 40.0})
        self.assertEqual(report["programs"], {n: {"exit": 0, "restarts": 0, "refusals": 0} for n in NAMES})
        self.assert_nothing_left()

    def test_a_program_that_died_is_started_again_and_spoils_the_check(self):
        code, output, report = self.check(relay="dies")
        self.assertEqual(code, 1)
        self.assertIn("relay ended with 9: starting it again", output)
        self.assertEqual(len(self.started("relay")), 2)
        self.assertEqual(report["programs"]["relay"]["restarts"], 1)
        self.assert_nothing_left()

    def test_a_program_that_cannot_start_ends_the_check_with_its_words(self):
        code, output, report = self.check(capture="fails")
        self.assertEqual(code, 1)
        self.assertIn("nothing works", output)
        self.assertFalse(report["ok"])
        self.assertIn("capture ended with 1", report["problems"][0])
        self.assert_nothing_left()

    def test_a_program_that_ignores_the_end_is_killed(self):
        code, _, report = self.check(relay="stubborn")
        self.assertEqual(code, 1)
        self.assertEqual(report["programs"]["relay"]["exit"], -signal.SIGKILL)
        self.assert_nothing_left()

    def test_secrets_stand_in_private_files_and_on_no_command_line(self):
        self.check()
        modes = (self.folder / "modes").read_text(encoding="utf-8").splitlines()
        self.assertEqual(set(modes), {"600 700"})
        self.assertEqual(len(modes), 4)
        for name in NAMES:
            self.assertNotIn("password-of", json.dumps(self.started(name)))

    def test_capture_and_player_are_enrolled_boxes_of_the_lessons_rooms(self):
        process = self.start(player="closes")
        self.wait_for(lambda: self.started("player"))
        for name, room in (("capture", 7), ("player", 8)):
            arguments = self.started(name)[0]["arguments"]
            self.assertNotIn("--whip", arguments)
            self.assertNotIn("--whep", arguments)
            [folder] = [word.partition("=")[2] for word in arguments if word.startswith("device.folder=")]
            key = json.loads((pathlib.Path(folder) / "device.json").read_text(encoding="utf-8"))
            self.assertEqual(key["code"], f"{name}-{room}")
        self.finish(process)

    def test_what_is_not_plugged_in_is_drawn_and_what_is_there_is_used(self):
        self.finish(self.start(player="closes"))
        arguments = self.started("capture")[0]["arguments"]
        self.assertEqual(arguments[arguments.index("--camera") + 1], "sample")
        self.assertEqual(arguments[arguments.index("--microphone") + 1], "auto")

    def test_a_box_that_cannot_be_enrolled_ends_the_demo_with_its_words(self):
        code, output, report = self.check(player="unenrolled")
        self.assertEqual(code, 1)
        self.assertIn("the code is wrong", output)
        self.assertIn("player cannot be enrolled", report["problems"][0])
        self.assert_nothing_left()

    def test_a_lesson_that_was_begun_anew_spoils_the_check(self):
        code, _, report = self.check(player="refused")
        self.assertEqual(code, 1)
        self.assertEqual(report["problems"], ["player was refused 1 times"])

    def test_ctrl_c_ends_everything(self):
        process = self.start()
        self.wait_for(lambda: self.started("player"))
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        code, output = self.finish(process)
        self.assertEqual(code, 0, output)
        self.assertIn("Ending.", output)
        self.assert_nothing_left()

    def test_it_says_where_to_look_and_who_to_be(self):
        process = self.start(player="closes")
        code, output = self.finish(process)
        self.assertEqual(code, 0, output)
        self.assertRegex(output, r"Open +http://127\.0\.0\.1:\d+/")
        self.assertRegex(output, r"as 吴敏  password password-of-wu")
        self.assertRegex(output, r"as coordinator +password password-of-coordinator")
        self.assertRegex(output, r"as sysadmin +password password-of-sysadmin")
        self.assertIn("no display: the player runs headless", output)
        self.assertIn("The player was closed.", output)
        self.assert_nothing_left()

    def test_programs_end_when_the_runner_is_killed(self):
        process = self.start()
        self.wait_for(lambda: self.started("player"))
        time.sleep(0.3)
        process.kill()
        process.wait()
        pids = [start["pid"] for name in NAMES for start in self.started(name)]
        self.assertEqual(len(pids), 4)
        self.wait_for(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids))

    def test_the_next_port_is_taken_when_8080_is_not_free(self):
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what an earlier test left does not hold it
            try:
                taken.bind(("127.0.0.1", 8080))
                taken.listen()
            except OSError:
                pass  # somebody else has it: just as good
            _, output = self.finish(self.start(player="closes"))
        port = int(re.search(r"Open +http://127\.0\.0\.1:(\d+)/", output)[1])
        self.assertGreater(port, 8080)

    def test_a_wanted_port_that_is_taken_is_an_error(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            code, output = self.finish(self.start("--port", str(port)))
        self.assertEqual(code, 1)
        self.assertIn(f"port {port} is taken", output)
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
