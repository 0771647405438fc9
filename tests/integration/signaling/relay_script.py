"""A relay played by a script: speaks the relay link (docs/protocol-relay-link.md) over a WebSocket of
its own and answers each request as the test says."""
import base64
import hashlib
import hmac
import json
import os
import socket
import struct
import threading

KEY = "test-relay-key-0123456789"
ANSWER = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-lite\r\n"
FRAGMENT = "a=ice-lite\r\na=ice-ufrag:newf\r\na=ice-pwd:newnewnewnewnewnewnewnew\r\n"


def proof(key, *parts):
    return hmac.new(key.encode(), b"\0".join(p.encode() for p in parts), hashlib.sha256).hexdigest()


class WebSocket:
    """Just enough of RFC 6455 for one client."""

    def __init__(self, host, port, path="/relay-link", protocol="duet-relay-link", tls=None):
        self.socket = socket.create_connection((host, port), timeout=10)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=host)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((
            f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: {protocol}\r\n\r\n").encode())
        self.lock = threading.Lock()
        self.close_code = None
        self.buffer = b""
        head = self.read_until(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            self.socket.close()
            raise ConnectionError(head.split(b"\r\n")[0].decode() or "closed")

    def read_until(self, end):
        while end not in self.buffer:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("closed")
            self.buffer += data
        head, self.buffer = self.buffer.split(end, 1)
        return head

    def read(self, count):
        while len(self.buffer) < count:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("closed")
            self.buffer += data
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def send_frame(self, opcode, data, final=True):
        head = bytes([(0x80 if final else 0) | opcode])
        if len(data) < 126:
            head += bytes([0x80 | len(data)])
        elif len(data) < 65536:
            head += bytes([0x80 | 126]) + struct.pack(">H", len(data))
        else:
            head += bytes([0x80 | 127]) + struct.pack(">Q", len(data))
        mask = os.urandom(4)
        body = (int.from_bytes(data, "big") ^
                int.from_bytes((mask * (len(data) // 4 + 1))[:len(data)], "big")
                ).to_bytes(len(data), "big") if data else b""
        with self.lock:
            self.socket.sendall(head + mask + body)

    def send(self, message):
        text = message if isinstance(message, str) else json.dumps(message)
        self.send_frame(1, text.encode())

    def receive(self):
        """The next text message, decoded; None once the server has closed. Answers pings."""
        text = b""
        while True:
            try:
                first, second = self.read(2)
                size = second & 0x7F
                if size == 126:
                    size = struct.unpack(">H", self.read(2))[0]
                elif size == 127:
                    size = struct.unpack(">Q", self.read(8))[0]
                data = self.read(size)
            except (ConnectionError, OSError):
                return None
            opcode = first & 0x0F
            if opcode == 9:
                self.send_frame(10, data)
            elif opcode == 8:
                self.close_code = struct.unpack(">H", data[:2])[0] if len(data) >= 2 else 1005
                return None
            elif opcode in (0, 1):
                text += data
                if first & 0x80:
                    return json.loads(text)

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()


def slots_of(request):
    """What a relay tells of a viewer's slots: [m-line, kind, place, source, state]."""
    slots, places = [], {"audio": 0, "video": 0}
    names = request.get("slots") or {kind: [request.get("source", "")] for kind in places}
    lines = [line.split() for line in request["offer"].splitlines() if line.startswith("m=")]
    for index, (kind, port, *_) in enumerate(lines):
        kind = kind[2:]
        place = places[kind]
        places[kind] += 1
        if port != "0" and place < len(names[kind]):
            slots.append([index, kind, place, names[kind][place], "empty"])
    return slots


class Relay:
    """Registers and serves until close(). answers maps a request type to a function of the request
    that returns the members of the reply, or None to stay silent."""

    def __init__(self, port, name="script", sessions=None, answers=None, capacity=100, key=KEY, tls=None):
        self.requests = []
        self.arrived = threading.Condition()
        self.sessions = {s["session"]: s for s in sessions or []}
        self.answers = {
            "session.create": lambda request: {"answer": ANSWER, **(
                {"slots": slots_of(request)} if request["kind"] == "watch" else {})},
            "session.trickle": lambda request: {},
            "session.restart": lambda request: {"fragment": FRAGMENT},
            "session.close": lambda request: {},
            "slots.set": lambda request: {},
            **(answers or {}),
        }
        self.link = WebSocket("127.0.0.1", port, tls=tls)
        hello = self.link.receive()
        nonce = os.urandom(16).hex()
        self.link.send({
            "type": "register", "relay": name, "version": "test", "nonce": nonce,
            "mac": proof(key, "relay", name, hello["nonce"], nonce),
            "capacity": {"sessions": capacity}, "sessions": list(self.sessions.values()),
        })
        self.welcome = self.link.receive()
        if self.welcome is None or self.welcome["type"] != "welcome":
            raise ConnectionRefusedError(self.welcome)
        assert self.welcome["mac"] == proof(key, "signaling", name, nonce, hello["nonce"])
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while (message := self.link.receive()) is not None:
            with self.arrived:
                self.requests.append(message)
                self.arrived.notify_all()
            members = self.answers[message["type"]](message)
            if members is None:
                continue
            if message["type"] == "session.create" and members.get("ok", True):
                self.sessions[message["session"]] = {
                    **message["record"], "state": "new", "slots": members.get("slots", [])}
            if message["type"] == "session.restart" and members.get("ok", True):
                self.sessions[message["session"]].update(message["record"])
            if message["type"] == "slots.set" and members.get("ok", True):
                for slot in self.sessions[message["session"]]["slots"]:
                    if slot[0] == message["slot"]:
                        slot[3] = message["source"]
            if message["type"] == "session.close":
                self.sessions.pop(message["session"], None)
            try:
                self.link.send({"id": message["id"], "type": "reply", "ok": True, **members})
            except OSError:
                break

    def event(self, **members):
        self.link.send(members)

    def wait_for(self, kind, count=1, timeout=8):
        """The requests of this type once there are count of them."""
        def found():
            return [r for r in self.requests if r["type"] == kind]
        with self.arrived:
            if not self.arrived.wait_for(lambda: len(found()) >= count, timeout):
                raise AssertionError(f"{kind}: {len(found())} of {count} came")
            return found()

    def close(self):
        self.link.close()
        self.thread.join(5)


def refusal(status, code, detail):
    return {"ok": False, "error": {"status": status, "code": code, "detail": detail}}
