"""A WebSocket client by hand, so that tests can also send what a good one never would."""
import base64
import hashlib
import json
import os
import socket
import struct
import time

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Refused(Exception):
    def __init__(self, status, head):
        super().__init__(head)
        self.status = status


class Closed(Exception):
    def __init__(self, code, reason=""):
        super().__init__(f"{code} {reason}")
        self.code = code


def frame(opcode, payload=b"", final=True, mask=b"\x12\x34\x56\x78"):
    head = bytes([(0x80 if final else 0) | opcode])
    if len(payload) < 126:
        head += bytes([0x80 | len(payload)])
    elif len(payload) < 65536:
        head += struct.pack("!BH", 0x80 | 126, len(payload))
    else:
        head += struct.pack("!BQ", 0x80 | 127, len(payload))
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


class Socket:
    def __init__(self, port, headers=None, protocol="duet-lesson", path="/ws", receive_buffer=0, timeout=8):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self.buffer = b""
        self.pongs = 0
        self.answer_pings = True
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Protocol: {protocol}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        head = head.decode("latin-1")
        status = int(head.split(" ")[1])
        if status != 101:
            self.socket.close()
            raise Refused(status, head)
        accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        assert f"Sec-WebSocket-Accept: {accept}" in head, head
        assert "Sec-WebSocket-Protocol: duet-lesson" in head, head

    def fill(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        if not data:
            raise Closed(1006, "without a word")
        self.buffer += data

    def take(self, count):
        while len(self.buffer) < count:
            self.fill()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def frame(self):
        """(opcode, payload) of the next frame, whatever it is."""
        first, second = self.take(2)
        assert first & 0xf0 == 0x80 and second & 0x80 == 0, "a server's frames are whole and without a mask"
        length = second & 0x7f
        if length == 126:
            length, = struct.unpack("!H", self.take(2))
        elif length == 127:
            length, = struct.unpack("!Q", self.take(8))
        return first & 0x0f, self.take(length)

    def message(self, timeout=8):
        """The next text message; pings are answered, a close is raised."""
        deadline = time.monotonic() + timeout
        while True:
            # pings come all the time: each of them is no new patience
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.socket.settimeout(left)
            opcode, payload = self.frame()
            if opcode == TEXT:
                return json.loads(payload)
            if opcode == PING and self.answer_pings:
                self.send_bytes(frame(PONG, payload))
            elif opcode == PONG:
                self.pongs += 1
            elif opcode == CLOSE:
                code = struct.unpack("!H", payload[:2])[0] if payload else 1005
                self.send_bytes(frame(CLOSE, payload))
                raise Closed(code, payload[2:].decode())

    def until(self, kind, timeout=8, **members):
        """The next message of that type with these members."""
        deadline = time.monotonic() + timeout
        while True:
            message = self.message(max(0.05, deadline - time.monotonic()))
            if message["type"] == kind and all(message.get(name) == value for name, value in members.items()):
                return message

    def heard(self, seconds, kind=None):
        """The messages (of that type) that come for so long."""
        deadline = time.monotonic() + seconds
        found = []
        try:
            while (left := deadline - time.monotonic()) > 0:
                message = self.message(left)
                if kind is None or message["type"] == kind:
                    found.append(message)
        except TimeoutError:
            pass
        return found

    def quiet(self, seconds, kind=None):
        return not self.heard(seconds, kind)

    def closed(self, timeout=8):
        """The code with which the server closes."""
        try:
            while True:
                self.message(timeout)
        except Closed as closed:
            return closed.code

    def send(self, message):
        self.send_bytes(frame(TEXT, message.encode() if isinstance(message, str) else json.dumps(message).encode()))

    def send_bytes(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def join(self, lesson, **members):
        self.send({"type": "join", "lesson": lesson, **members})
        self.last = self.until("joined")
        return self.last

    def close(self):
        self.socket.close()
