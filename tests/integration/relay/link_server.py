"""Signaling's end of the relay link (docs/protocol-relay-link.md), for tests of the relay alone.

Python's own library only: a WebSocket server for one relay at a time, on a free loopback port.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import struct

GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


def mac(key, *parts):
    return hmac.new(key.encode(), b'\0'.join(p.encode() for p in parts), hashlib.sha256).hexdigest()


class RequestFailed(Exception):
    def __init__(self, error):
        super().__init__(error['detail'])
        self.status = error['status']
        self.code = error['code']
        self.detail = error['detail']


class Connection:
    """One accepted WebSocket, after the HTTP upgrade."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer

    async def upgrade(self):
        head = (await self.reader.readuntil(b'\r\n\r\n')).decode('latin-1')
        lines = head.split('\r\n')
        fields = {k.lower(): v.strip() for k, v in (x.split(':', 1) for x in lines[1:] if ':' in x)}
        accept = base64.b64encode(
            hashlib.sha1((fields['sec-websocket-key'] + GUID).encode()).digest()).decode()
        self.writer.write((
            'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
            f'Sec-WebSocket-Accept: {accept}\r\n'
            'Sec-WebSocket-Protocol: duet-relay-link\r\n\r\n').encode())
        return lines[0].split(' ')[1], fields

    async def frame(self):
        first, second = await self.reader.readexactly(2)
        size = second & 127
        if size == 126:
            size, = struct.unpack('!H', await self.reader.readexactly(2))
        elif size == 127:
            size, = struct.unpack('!Q', await self.reader.readexactly(8))
        mask = await self.reader.readexactly(4) if second & 128 else bytes(4)
        data = bytearray(await self.reader.readexactly(size))
        for i in range(size):
            data[i] ^= mask[i & 3]
        return first & 128, first & 15, bytes(data)

    async def receive(self):
        """The next whole text, answering pings on the way; None at the end."""
        text = b''
        while True:
            try:
                final, opcode, data = await self.frame()
            except (asyncio.IncompleteReadError, ConnectionError):
                return None
            if opcode == PING:
                self.write(PONG, data)
            elif opcode == CLOSE:
                return None
            elif opcode in (0, TEXT):
                text += data
                if final:
                    return text.decode()

    def write(self, opcode, data):
        head = bytes([0x80 | opcode])
        if len(data) < 126:
            head += bytes([len(data)])
        elif len(data) < 65536:
            head += bytes([126]) + struct.pack('!H', len(data))
        else:
            head += bytes([127]) + struct.pack('!Q', len(data))
        self.writer.write(head + data)

    def send(self, message):
        text = message if isinstance(message, str) else json.dumps(message)
        self.write(TEXT, text.encode())

    def close(self):
        self.writer.close()


class LinkServer:
    """Welcomes relays with the right key; request() asks the one that is connected."""

    def __init__(self, key, answer_key=None):
        self.key = key
        self.answer_key = answer_key or key
        self.events = []
        self.registers = []
        self.refused = 0
        self.connection = None
        self.registered = asyncio.Event()
        self.changed = asyncio.Condition()
        self.replies = {}
        self.next_id = 1
        self.other = []

    async def start(self, port=0):
        self.server = await asyncio.start_server(self.serve, '127.0.0.1', port)
        self.port = self.server.sockets[0].getsockname()[1]
        self.url = f'ws://127.0.0.1:{self.port}/relay-link'

    async def stop(self):
        self.server.close()
        if self.connection:
            self.connection.close()
        self.registered.clear()

    async def serve(self, reader, writer):
        connection = Connection(reader, writer)
        self.path, self.fields = await connection.upgrade()
        nonce = secrets.token_hex(16)
        connection.send({'type': 'hello', 'nonce': nonce})
        text = await connection.receive()
        register = json.loads(text) if text else {}
        relay = register.get('relay', '')
        if register.get('mac') != mac(self.key, 'relay', relay, nonce, register.get('nonce', '')):
            self.refused += 1
            connection.send({'type': 'refused', 'reason': 'the key is not ours'})
            connection.close()
            return
        connection.send({'type': 'welcome', 'mac': mac(
            self.answer_key, 'signaling', relay, register['nonce'], nonce)})
        self.connection = connection
        self.registers.append(register)
        self.registered.set()
        while (text := await connection.receive()) is not None:
            await self.take(json.loads(text))
        connection.close()
        if self.connection is connection:
            self.registered.clear()
            self.connection = None

    async def take(self, message):
        if message.get('type') == 'reply' and message.get('id') in self.replies:
            self.replies.pop(message['id']).set_result(message)
            return
        async with self.changed:
            (self.other if message.get('type') == 'reply' else self.events).append(message)
            self.changed.notify_all()

    async def request(self, what, **members):
        number = self.next_id
        self.next_id += 1
        future = asyncio.get_running_loop().create_future()
        self.replies[number] = future
        self.connection.send({'id': number, 'type': what, **members})
        reply = await asyncio.wait_for(future, 5)
        if not reply['ok']:
            raise RequestFailed(reply['error'])
        return reply

    async def event(self, timeout=10, **wanted):
        """Waits for an event that has all these members; takes it out of the list."""
        def found():
            return next((e for e in self.events
                         if all(e.get(k) == v for k, v in wanted.items())), None)
        async with self.changed:
            await asyncio.wait_for(self.changed.wait_for(found), timeout)
            event = found()
            self.events.remove(event)
            return event
