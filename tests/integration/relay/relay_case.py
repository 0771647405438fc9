"""A relay under test with signaling's end of its link, for the tests of the relay alone.

The program's path is the test's first argument.
"""

import asyncio
import json
import os
import re
import secrets
import signal
import sys
import tempfile
import unittest

from link_server import LinkServer

try:
    from aiortc import RTCPeerConnection, RTCSessionDescription
    from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack
    HAVE_AIORTC = True
except ImportError:
    HAVE_AIORTC = False

RELAY = os.path.abspath(sys.argv.pop(1))
KEY = secrets.token_hex(16)
LESSON, SOURCE = 'music', 'teacher-camera'


class Relay:
    """The program under test; its output is kept."""

    def __init__(self, *settings, key=KEY):
        self.folder = tempfile.TemporaryDirectory()
        self.socket = os.path.join(self.folder.name, 'relay.sock')
        self.settings = [f'relay.key={key}', f'control.socket={self.socket}', *settings]
        self.output = ''
        self.ready = asyncio.Event()
        self.ports = []

    @property
    def port(self):
        return self.ports[0]

    async def start(self):
        arguments = [word for setting in self.settings for word in ('--set', setting)]
        self.process = await asyncio.create_subprocess_exec(
            RELAY, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
        self.reader = asyncio.create_task(self.read())
        return self

    async def read(self):
        while line := (await self.process.stdout.readline()).decode():
            self.output += line
            if line.startswith('ready '):
                self.ports = json.loads(line.removeprefix('ready '))['media_ports']
                self.ready.set()

    async def stop(self, how=signal.SIGTERM):
        if self.process.returncode is None:
            self.process.send_signal(how)
        code = await asyncio.wait_for(self.process.wait(), 10)
        await self.reader
        self.folder.cleanup()
        return code

    def memory_kib(self):
        with open(f'/proc/{self.process.pid}/status', encoding='ascii') as status:
            return int(re.search(r'VmRSS:\s+(\d+)', status.read())[1])

    def descriptors(self):
        return len(os.listdir(f'/proc/{self.process.pid}/fd'))


class RelayTest(unittest.IsolatedAsyncioTestCase):
    settings = ['media.workers=1']

    async def asyncSetUp(self):
        self.link = LinkServer(KEY)
        await self.link.start()
        self.relay = await Relay(
            f'signaling.url={self.link.url}', 'media.port=0', 'media.announce=[127.0.0.1]',
            'relay.id=test', *self.settings).start()
        await asyncio.wait_for(self.relay.ready.wait(), 10)
        self.peers = []

    async def asyncTearDown(self):
        for peer in self.peers:
            await peer.close()
        code = await self.relay.stop()
        await self.link.stop()
        self.assertEqual(code, 0, self.relay.output)
        self.assertNotRegex(self.relay.output, r'runtime error|AddressSanitizer|LeakSanitizer')

    async def stats(self):
        return (await self.link.request('stats.get'))['stats']['workers'][0]

    async def open(self, peer, kind, replace=None, **what):
        await peer.setLocalDescription(await peer.createOffer())
        session = secrets.token_hex(16)
        members = {'replace': replace} if replace else {}
        reply = await self.link.request(
            'session.create', session=session, kind=kind, lesson=LESSON,
            offer=peer.localDescription.sdp, record={'session': session, 'owner': 'wang', 'etag': '1'},
            **members, **what)
        await peer.setRemoteDescription(RTCSessionDescription(reply['answer'], 'answer'))
        self.reply = reply
        return session

    async def publish(self, replace=None, source=SOURCE):
        peer = RTCPeerConnection()
        self.peers.append(peer)
        peer.addTrack(AudioStreamTrack())
        peer.addTrack(VideoStreamTrack())
        session = await self.open(peer, 'publish', replace, source=source)
        await self.link.event(type='session.state', session=session, state='connected')
        return peer, session

    async def watch(self):
        peer = RTCPeerConnection()
        self.peers.append(peer)
        tracks = {}
        peer.on('track', lambda track: tracks.update({track.kind: track}))
        peer.addTransceiver('audio', direction='recvonly')
        peer.addTransceiver('video', direction='recvonly')
        session = await self.open(peer, 'watch', source=SOURCE)
        await self.link.event(type='session.state', session=session, state='connected')
        return peer, session, tracks

    async def frames(self, track, count, timeout=20):
        async def take():
            for _ in range(count):
                await track.recv()
        await asyncio.wait_for(take(), timeout)
