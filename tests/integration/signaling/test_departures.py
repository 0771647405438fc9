"""Clients that leave at any moment, strangers who fill places, and a certificate that is renewed."""
import os
import pathlib
import random
import socket
import ssl
import struct
import subprocess
import time
import unittest

from harness import OFFER, PROGRAM, SDP, Connection, Signaling
from relay_script import Relay, WebSocket


def reset(connection):
    """Ends it with a TCP reset: whatever the server still does with it fails."""
    raw = socket.socket(fileno=os.dup(connection.fileno()))
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    raw.close()


class Departures(Signaling):
    settings = ["limits.publish_burst=100000", "limits.address_burst=100000", "http.certificate=FOLDER/duet.pem",
                "http.key=FOLDER/duet.key"]

    @classmethod
    def renew(cls):
        subprocess.run([PROGRAM, "cert", "--out", str(cls.folder), "--host", "127.0.0.1"], check=True,
                       capture_output=True)

    @classmethod
    def start(cls, port=0):
        cls.renew()
        super().start(port)
        cls.tls = ssl.create_default_context(cafile=str(cls.folder / "duet-ca.pem"))

    def open(self):
        connection = Connection(self.port)
        connection.socket = self.tls.wrap_socket(connection.socket, server_hostname="127.0.0.1")
        self.addCleanup(connection.close)
        return connection

    def assert_serves(self):
        connection = self.open()
        connection.request("GET", "/healthz")
        self.assertEqual(connection.answer().status, 200)

    def test_clients_may_leave_at_any_moment(self):
        relay = self.relay(tls=self.tls, answers={
            "session.create": lambda _: time.sleep(random.choice([0, 0, 0.02])) or {"answer": "v=0\r\n"}})
        post = (f"POST /whip/music/teacher-camera HTTP/1.1\r\nHost: x\r\nContent-Type: {SDP}\r\n"
                f"Authorization: Bearer {self.token()}\r\nContent-Length: {len(OFFER)}\r\n\r\n{OFFER}")
        link = ("GET /relay-link HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Protocol: duet-relay-link\r\n\r\n")
        chance = random.Random(1)
        for i in range(300):
            if i % 5 == 0:  # in the middle of the handshake
                raw = socket.create_connection(("127.0.0.1", self.port))
                raw.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[:chance.randrange(12)])
                reset(raw)
                continue
            connection = self.open()
            text = (link if i % 5 == 1 else post * chance.choice([1, 3])).encode()
            connection.send(text[:chance.choice([len(text), chance.randrange(len(text))])])
            time.sleep(chance.choice([0, 0, 0.001, 0.01]))
            reset(connection.socket)
        self.assert_serves()
        self.assertGreater(len(relay.wait_for("session.create")), 20)
        self.assertTrue(relay.wait_for("session.close"), "nobody left before the answer")

    def test_strangers_cannot_fill_the_places_of_relays(self):
        held = [WebSocket("127.0.0.1", self.port, tls=self.tls) for _ in range(40)]
        relay = Relay(self.port, tls=self.tls)
        self.assertEqual(relay.welcome["type"], "welcome")
        relay.close()
        for link in held:
            link.close()

    def test_a_host_that_is_none_is_told_before_a_relay_is_asked(self):
        relay = self.relay(tls=self.tls)
        for host in ["a b", "a/b", "evil\"", "", None]:
            with self.subTest(host):
                connection = self.open()
                connection.request("POST", "/whip/music/teacher-camera", OFFER, {
                    "Host": host, "Authorization": f"Bearer {self.token()}", "Content-Type": SDP,
                    "Connection": "close"})
                self.assertEqual(connection.answer().status, 400)
        self.assertEqual(relay.requests, [])

    def test_a_refusal_that_ends_the_connection_says_so(self):
        for headers in [{"Expect": "100-continue", "Content-Length": 10}, {"Content-Length": 1 << 30}]:
            with self.subTest(headers):
                connection = self.open()
                connection.request("POST", "/whip/music/teacher-camera", headers=headers)
                answer = connection.answer()
                self.assertEqual((answer.status, answer.header("connection")), (401, "close"))

    def test_a_renewed_certificate_is_used_without_a_restart(self):
        relay = self.relay(tls=self.tls)
        before = self.open()
        before.request("GET", "/healthz")
        self.assertEqual(before.answer().status, 200)
        old = before.socket.getpeercert(True)
        (self.folder / "duet.pem").write_text("not a certificate")
        time.sleep(5)
        self.assertEqual(self.open().socket.getpeercert(True), old)
        self.renew()
        deadline = time.monotonic() + 10
        while self.open().socket.getpeercert(True) == old:
            self.assertLess(time.monotonic(), deadline, "the old certificate is still served")
            time.sleep(0.2)
        # Neither waiting nor the renewal ended what was open: keep-alive and the link to a relay.
        before.request("POST", "/whip/music/teacher-camera", OFFER,
                       {"Authorization": f"Bearer {self.token()}", "Content-Type": SDP})
        self.assertEqual(before.answer().status, 201)
        self.assertEqual(len(relay.wait_for("session.create")), 1)


class FewDescriptors(Signaling):
    prefix = ["sh", "-c", "ulimit -n 300; exec \"$@\"", "sh"]

    def spent_s(self):
        fields = (pathlib.Path("/proc") / str(self.process.pid) / "stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def test_more_clients_than_descriptors_do_not_make_the_loop_spin(self):
        held = [Connection(self.port) for _ in range(400)]
        before = self.spent_s()
        time.sleep(1)
        self.assertLess(self.spent_s() - before, 0.3)
        for connection in held:
            connection.close()
        time.sleep(0.3)
        self.assertEqual(self.call("GET", "/healthz").status, 200)


if __name__ == "__main__":
    unittest.main()
