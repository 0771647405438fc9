"""A County whose server's clock a test moves, while it runs, with Debian's faketime. Its monotonic clock goes on by itself.
The whole test may be run at another time, too: `LD_PRELOAD=…/libfaketime.so.1 FAKETIME=+175000s python3 test_bell.py`."""
import os
import pathlib
import subprocess
import tempfile
import time

from county import County


MOVED_S = int(os.environ.get("FAKETIME", "0").strip("+s"))  # of this process before the real clock


def real_environment():
    """Without what says that this process is at another time."""
    return {name: value for name, value in os.environ.items() if name != "LD_PRELOAD" and not name.startswith("FAKETIME")}


def preload():
    shown = subprocess.run(["faketime", "-f", "+0s", "env"], capture_output=True, text=True, check=True, env=real_environment()).stdout
    return next(line for line in shown.splitlines() if line.startswith("LD_PRELOAD="))


class MovedClock(County):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="duet-clock-")
        cls.addClassCleanup(folder.cleanup)
        cls.clock_file = pathlib.Path(folder.name) / "clock"
        cls.ahead = 0
        cls.move(0)
        cls.prefix = ["env", "-u", "FAKETIME", "-u", "FAKETIME_SHARED", preload(), f"FAKETIME_TIMESTAMP_FILE={cls.clock_file}", "FAKETIME_NO_CACHE=1",
                      "FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1",
                      "FAKETIME_FORCE_MONOTONIC_FIX=0",  # else who waits by the monotonic clock does not wait at all
                      f"ASAN_OPTIONS={os.environ.get('ASAN_OPTIONS', '')}:verify_asan_link_order=0"]
        super().setUpClass()

    @classmethod
    def move(cls, ahead):
        """The server's clock is so many seconds ahead of this test's."""
        cls.ahead = ahead
        fresh = cls.clock_file.with_suffix(".new")
        fresh.write_text(f"{MOVED_S + ahead:+.3f}s\n")
        fresh.rename(cls.clock_file)

    @classmethod
    def set_clock(cls, seconds):
        """The server's clock shows this, in seconds since 1970."""
        cls.move(seconds - time.time())
        cls.cookies = {}  # a login does not outlive that

    @classmethod
    def restart_at(cls, seconds, **how):
        port = cls.port
        cls.stop(**how)
        cls.set_clock(seconds)
        cls.start(port)

    @classmethod
    def now(cls):
        return time.time() + cls.ahead
