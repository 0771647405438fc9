"""The demo's capture box and player, as a school has them: enrolled with codes that the coordinator makes."""
import json
import os
import subprocess
import urllib.error
import urllib.request

from processes import Failure

ANSWER_SECONDS = 20
NOTHING_THERE = "auto takes the sample lesson"  # as duet-capture --list-devices says it


class Console:
    """The pages' own API, for one person."""

    def __init__(self, url, name, password):
        self.url = url
        self.cookie = ""
        _, headers = self.post("login", {"name": name, "password": password})
        self.cookie = headers["Set-Cookie"].split(";")[0]

    def post(self, path, body):
        request = urllib.request.Request(
            f"{self.url}/api/v1/{path}", json.dumps(body).encode(),
            {"Content-Type": "application/json", **({"Cookie": self.cookie} if self.cookie else {})})
        try:
            # Without what the environment says of proxies: the server is on this machine.
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=ANSWER_SECONDS) as answer:
                return json.load(answer), answer.headers
        except (urllib.error.URLError, ValueError) as error:
            raise Failure(f"{self.url}/api/v1/{path}: {error}") from error


class Box:
    """A program of one room. Its key and its timetable stand in a folder of its own."""

    def __init__(self, program, binary, room, folder):
        self.program = program
        self.binary = binary
        self.room = room
        self.folder = folder
        self.setting = ["--set", f"device.folder={folder}"]
        self.enrolling = None

    def begin(self, console):
        """The program enrols itself and ends; finish() waits for that."""
        os.mkdir(self.folder, 0o700)
        code, _ = console.post("device-codes", {"room": self.room, "kind": self.program})
        self.enrolling = subprocess.Popen(
            [self.binary, "--enrol", code["code"], "--server", console.url, *self.setting],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def finish(self):
        words, _ = self.enrolling.communicate(timeout=ANSWER_SECONDS)
        if self.enrolling.returncode != 0:
            raise Failure(f"{self.program} cannot be enrolled:\n{words.strip()}")

    def abandon(self):
        if self.enrolling and self.enrolling.poll() is None:
            self.enrolling.kill()
            self.enrolling.wait()


def choose_sources(binary, camera, microphone):
    """What "auto" comes to. A box that looks for a camera where none is would tell of a fault."""
    if "auto" not in (camera, microphone):
        return camera, microphone
    listed = subprocess.run([binary, "--list-devices"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                            timeout=ANSWER_SECONDS).stdout
    cameras, _, microphones = listed.partition("Microphones")
    return ("sample" if camera == "auto" and NOTHING_THERE in cameras else camera,
            "sample" if microphone == "auto" and NOTHING_THERE in microphones else microphone)
