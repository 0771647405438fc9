"""A duet-signaling of its own for a test class, and HTTP by hand: the tests look at bytes."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from relay_script import KEY, Relay

PROGRAM = os.environ["DUET_SIGNALING"]
OFFER = "\r\n".join([
    "v=0", "o=- 52 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0", "m=audio 9 UDP/TLS/RTP/SAVPF 111",
    "c=IN IP4 0.0.0.0", "a=ice-ufrag:EsAw", "a=ice-pwd:bP+XJMM09aR8AiX1jdukzR6Y", "a=mid:0", "a=sendonly",
    "a=rtcp-mux", "a=rtpmap:111 opus/48000/2", ""])
TRICKLE = "a=ice-ufrag:EsAw\r\na=ice-pwd:bP+XJMM09aR8AiX1jdukzR6Y\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
RESTART = TRICKLE.replace("EsAw", "NewU")
SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
JSON = "application/json"


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers  # list of (lower-case name, value)
        self.body = body

    def header(self, name):
        return next((v for n, v in self.headers if n == name.lower()), None)

    def all(self, name):
        return [v for n, v in self.headers if n == name.lower()]

    def json(self):
        return json.loads(self.body)


class Connection:
    """One TCP connection; requests go out as written, answers are read one by one."""

    def __init__(self, port, host="127.0.0.1", timeout=8):
        self.socket = socket.create_connection((host, port), timeout=timeout)
        self.port = port
        self.buffer = b""

    def send(self, data):
        try:
            self.socket.sendall(data if isinstance(data, bytes) else data.encode())
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server has answered before it had everything

    def request(self, method, path, body=None, headers=None):
        data = body.encode() if isinstance(body, str) else body
        lines = [f"{method} {path} HTTP/1.1"]
        headers = {"Host": f"127.0.0.1:{self.port}", **(headers or {})}
        if data is not None:
            headers.setdefault("Content-Length", len(data))
        lines += [f"{name}: {value}" for name, value in headers.items() if value is not None]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode() + (data or b""))

    def answer(self, head_only=False):
        """None when the server closed without one."""
        while b"\r\n\r\n" not in self.buffer:
            data = self.socket.recv(65536)
            if not data:
                return None
            self.buffer += data
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        headers = [(n.strip().lower(), v.strip()) for n, v in (line.split(":", 1) for line in lines[1:])]
        length = int(dict(headers).get("content-length", 0))
        if head_only or status in (100, 204, 304):
            return Answer(status, headers, b"")
        while len(self.buffer) < length:
            data = self.socket.recv(65536)
            if not data:
                break
            self.buffer += data
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return Answer(status, headers, body)

    def closed(self):
        """The server ends the connection and says nothing more."""
        try:
            return self.buffer == b"" and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def close(self):
        self.socket.close()


class Signaling(unittest.TestCase):
    settings = []
    lessons = ["music", "art"]
    prefix = []  # of the command line that serves

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="duet-signaling-"))
        cls.arguments = [
            "--set", f"store.path={cls.folder / 'duet.sqlite'}",
            "--set", f"token.key_file={cls.folder / 'token.key'}",
            "--set", f"relay.key={KEY}", "--set", "http.listen=[127.0.0.1]",
        ]
        for setting in cls.settings:
            cls.arguments += ["--set", setting.replace("FOLDER", str(cls.folder))]
        for lesson in cls.lessons:
            cls.run_command("lesson", "add", lesson, "--title", f"{lesson} 课")
        cls.process = None
        # also after a set-up that fails half way: a program that nobody ends holds up whoever reads its output
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.addClassCleanup(lambda: cls.stop())
        cls.start()

    @classmethod
    def run_command(cls, *args, check=True):
        done = subprocess.run([PROGRAM, *args, *cls.arguments], capture_output=True, text=True,
                              timeout=30, check=False)
        if check and done.returncode != 0:
            raise AssertionError(done.stderr)
        return done.stdout.strip() if check else done

    @classmethod
    def start(cls, port=0):
        cls.process = subprocess.Popen([*cls.prefix, PROGRAM, *cls.arguments, "--set", f"http.port={port}"],
                                       stdout=subprocess.PIPE, text=True)
        line = cls.process.stdout.readline()
        assert line.startswith("ready "), line
        cls.url = json.loads(line[6:])["url"]
        cls.port = int(cls.url.rstrip("/").rsplit(":", 1)[1])

    @classmethod
    def stop(cls, how=signal.SIGTERM):
        """Ends the program, which must not have ended by itself."""
        if cls.process is None:
            return
        assert cls.process.poll() is None, f"ended with {cls.process.returncode}"
        cls.process.send_signal(how)
        status = cls.process.wait(20)
        cls.process.stdout.close()
        cls.process = None
        assert status == (0 if how == signal.SIGTERM else -how), f"exit status {status}"

    @classmethod
    def token(cls, lesson="music", publish="teacher-camera,teacher-content", watch="*", *more):
        rights = (["--publish", publish] if publish else []) + (["--watch", watch] if watch else [])
        return cls.run_command("token", "--lesson", lesson, *rights, *more)

    def relay(self, **options):
        relay = Relay(self.port, **options)
        self.addCleanup(relay.close)
        return relay

    def connect(self):
        connection = Connection(self.port)
        self.addCleanup(connection.close)
        return connection

    def call(self, method, path, body=None, token=None, kind=None, headers=None):
        """One request on a connection of its own."""
        path = path.removeprefix(self.url.rstrip("/"))
        connection = Connection(self.port)
        try:
            headers = dict(headers or {})
            if token:
                headers["Authorization"] = f"Bearer {token}"
            if kind:
                headers["Content-Type"] = kind
            connection.request(method, path, body, headers)
            return connection.answer(head_only=method == "HEAD")
        finally:
            connection.close()

    def publish(self, token, lesson="music", source="teacher-camera"):
        return self.call("POST", f"/whip/{lesson}/{source}", OFFER, token, SDP)

    def assert_problem(self, answer, status, word=""):
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.header("content-type"), "application/problem+json")
        problem = answer.json()
        self.assertEqual(problem["status"], status)
        self.assertTrue(problem["title"])
        self.assertIn(word, problem["detail"])
        self.assertTrue(problem["detail"].endswith("."), problem["detail"])
