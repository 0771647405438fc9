"""One lesson with so many participants that the list of them is longer than what may wait for a slow reader."""
import base64
import contextlib
import hashlib
import hmac
import json
import os
import selectors
import signal
import sqlite3
import struct
import time
import unittest

from harness import JSON, Signaling
from socket_client import CLOSE, PONG, TEXT, Socket, frame

CROWD, WAVE = 1500, 300  # more of them in a wave than messages may wait
LONGEST = 256 * 1024  # of what may wait
MOST_WAIT = 200  # messages, whatever they are
TOKEN_SOURCES = 16
MOST_MB = 48  # with one list for all who come together 21, with one for each 73 and more


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Reader:
    """A socket whose messages are counted as they come, and of how many it knows."""

    def __init__(self, opened, subject):
        self.socket, self.subject = opened, subject
        self.counts, self.knows, self.list, self.stage, self.token = {}, 0, b"", None, None
        self.closed = None

    def take(self):
        """What has come. False when the socket has ended."""
        try:
            data = self.socket.socket.recv(1 << 20)
        except ConnectionResetError:
            data = b""
        buffer, at = self.socket.buffer + data, 0
        while len(buffer) - at >= 2:
            length, head = buffer[at + 1], 2
            if length >= 126:
                head = 4 if length == 126 else 10
                if len(buffer) - at < head:
                    break
                length, = struct.unpack_from("!H" if head == 4 else "!Q", buffer, at + 2)
            if len(buffer) - at < head + length:
                break
            self.note(buffer[at] & 0x0f, buffer[at + head:at + head + length])
            at += head + length
        self.socket.buffer = buffer[at:]
        return bool(data)

    def note(self, opcode, payload):
        if opcode == CLOSE:
            self.closed = struct.unpack("!H", payload[:2])[0]
        if opcode != TEXT:
            return
        head, _, rest = payload.partition(b',"presence":')
        message = json.loads(head + b"}" if rest else head)
        kind = message["type"]
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if rest:  # half a gigabyte of lists: they are counted, and one of them is read
            self.knows, self.list = rest.count(b'"participant":'), rest
            self.token, self.stage = message.get("token", self.token), message["lesson"]["stage"]
        elif kind == "presence":
            self.knows += 1 if message["here"] else -1
        elif kind == "stage":
            self.stage = message["source"]


class Crowd(Signaling):
    lessons = ["music"]
    settings = [f"limits.connections={CROWD + 20}", f"limits.address_connections={CROWD + 20}",
                f"limits.address_burst={CROWD + 20}", "limits.address_per_second=1000"]

    def token(self, subject, **rights):
        """As duet-signaling makes them; a program that is started for each of so many takes minutes."""
        now = int(time.time())
        claims = {"lesson": "music", "role": "r" * 64, "publish": [], "watch": ["*"],
                  "sub": subject, "jti": "0" * 32, "iat": now, "exp": now + 3600, **rights}
        key = bytes.fromhex((self.folder / "token.key").read_text(encoding="ascii"))
        text = encode(b'{"alg":"HS256","typ":"JWT"}') + "." + encode(json.dumps(claims).encode())
        return text + "." + encode(hmac.digest(key, text.encode(), hashlib.sha256))

    def open_all(self, name, count):
        """So many sockets of subjects whose names are as long as they may be."""
        crowd = []
        for i in range(count):
            subject = f"{name}-{i}-".ljust(64, "p")
            opened = Socket(self.port, {"Authorization": f"Bearer {self.token(subject)}"})
            self.addCleanup(opened.close)
            crowd.append(Reader(opened, subject))
        return crowd

    def memory_mb(self):
        """What the server has in memory, and the most that it ever had."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            rows = dict(line.split(":", 1) for line in status)
        return tuple(int(rows[name].split()[0]) // 1024 for name in ("VmRSS", "VmHWM"))

    def read_until(self, readers, done):
        """Reads all of them until done() holds, and lets none of them fall silent."""
        timeout = 300 if os.environ.get("DUET_SANITIZED") else 75
        deadline, said = time.monotonic() + timeout, time.monotonic()
        with selectors.DefaultSelector() as selector:
            for reader in readers:
                selector.register(reader.socket.socket, selectors.EVENT_READ, reader)
            while not done():
                self.assertLess(time.monotonic(), deadline, "somebody does not know where things stand")
                for key, _ in selector.select(0.2):
                    self.assertTrue(key.data.take(), f"{key.data.subject} was sent away: {key.data.closed}, {key.data.counts}")
                    if time.monotonic() - said > 2:
                        said = time.monotonic()
                        for reader in readers:
                            reader.socket.send_bytes(frame(PONG))

    def stage(self, source):
        answer = self.call("PUT", "/api/v1/lessons/music/stage", json.dumps({"source": source}), self.token("setter", publish=["teacher-camera"]), JSON)
        self.assertEqual(answer.status, 200, answer.body)

    def come(self, crowd):
        """All joins wait for the server at the same time: each who is there misses more than its queue holds."""
        self.process.send_signal(signal.SIGSTOP)
        for reader in crowd:
            reader.socket.send({"type": "join", "lesson": "music"})
        self.process.send_signal(signal.SIGCONT)

    def read_until_they_know(self, crowd):
        """Of all of them, by a list that is whole, or by one and what came after it."""
        before, began = self.memory_mb()[0], time.monotonic()
        self.read_until(crowd, lambda: all(reader.knows == len(crowd) for reader in crowd))
        after, most = self.memory_mb()
        print(f"{len(crowd)} in one lesson know of each other after {time.monotonic() - began:.1f} s, memory {before} -> {after} MB, at most {most} MB")

    def test_where_a_lesson_of_1500_stands_is_heard_once_by_whoever_falls_behind(self):
        crowd = []
        while len(crowd) < CROWD:
            before = [reader.counts.get("snapshot", 0) for reader in crowd]
            wave = self.open_all(f"wave-{len(crowd)}", WAVE)
            self.come(wave)
            crowd += wave
            self.read_until_they_know(crowd)
            self.assertEqual({reader.counts["joined"] for reader in crowd}, {1})
            self.assertEqual([reader.subject for reader in crowd if not reader.token], [])
            more = {reader.counts.get("snapshot", 0) - count for reader, count in zip(crowd, before + WAVE * [0])}
            self.assertLessEqual(more, {0, 1})
        self.assertGreaterEqual(max(reader.counts.get("snapshot", 0) for reader in crowd), 1, "nobody fell behind")
        whole = crowd[0].list
        self.assertGreater(len(whole), LONGEST)
        self.assertEqual({row["participant"] for row in json.loads(whole[:-1])}, {reader.subject for reader in crowd})

        if not os.environ.get("DUET_SANITIZED"):
            self.assertLess(self.memory_mb()[1], MOST_MB, "each has a list of its own")
        self.stage("room-1")
        self.read_until(crowd, lambda: all(reader.stage == "room-1" for reader in crowd))

    @unittest.skipUnless(os.environ.get("DUET_TEST_LONG"), "as slow as tokens may be asked for: a minute")
    def test_who_asks_for_tokens_and_reads_none_of_them_is_sent_away(self):
        """Tokens are kept for a slow reader, however much waits already; so many of them are not."""
        watch = [f"{i}-".ljust(64, "w") for i in range(TOKEN_SOURCES)]  # the longer each is, the fewer the kernel takes
        self.run_command("person", "add", "asks", "--role", "master_teacher", "--lesson", "music")  # whose tokens are renewed
        with contextlib.closing(sqlite3.connect(self.folder / "duet.sqlite")) as database:
            asks, = database.execute("SELECT 'person-' || id FROM people WHERE name = 'asks'").fetchone()
        opened = Socket(self.port, {"Authorization": "Bearer " + self.token(asks, watch=watch)}, receive_buffer=4096)
        self.addCleanup(opened.close)
        opened.join("music")
        asked, before = 0, self.memory_mb()[0]
        with self.assertRaises(OSError, msg=f"{asked} tokens wait for who does not read"):
            while asked < 2 * MOST_WAIT:
                opened.socket.sendall(frame(TEXT, b'{"type":"token"}'))
                asked += 1
                time.sleep(0.21)  # faster than five in a second is another fault, with a code
        self.assertGreater(asked, MOST_WAIT)
        print(f"sent away after {asked} tokens, memory {before} -> {self.memory_mb()[0]} MB")
        other = Socket(self.port, {"Authorization": "Bearer " + self.token("reads")})
        self.addCleanup(other.close)
        self.assertEqual([row["participant"] for row in other.join("music")["presence"] if row["participant"] == asks], [])


if __name__ == "__main__":
    unittest.main()
