#!/usr/bin/python3
"""duet-relay alone: signaling's end of the link is played by LinkServer, its peers by python3-aiortc.

    test_relay.py PATH_OF_DUET_RELAY [test …]
"""

import asyncio
import json
import os
import random
import re
import socket
import struct
import tempfile
import time
import unittest

from link_server import LinkServer, RequestFailed
from relay_case import HAVE_AIORTC, KEY, LESSON, RELAY, SOURCE, Relay, RelayTest

if HAVE_AIORTC:
    from aiortc import RTCPeerConnection


class Link(RelayTest):
    async def test_registers_with_subprotocol_capacity_and_no_sessions(self):
        self.assertEqual(self.link.path, '/relay-link')
        self.assertEqual(self.link.fields['sec-websocket-protocol'], 'duet-relay-link')
        register = self.link.registers[0]
        self.assertEqual(register['relay'], 'test')
        self.assertEqual(register['capacity'], {'sessions': 2000})
        self.assertEqual(register['sessions'], [])

    async def test_says_its_load_every_five_seconds(self):
        load = await self.link.event(type='load', timeout=12)
        self.assertEqual(load['sessions'], 0)
        self.assertLess(load['cpu'], 0.5)

    async def test_comes_back_when_signaling_does(self):
        await self.link.stop()
        again = LinkServer(KEY)
        await asyncio.sleep(0.5)
        await again.start(self.link.port)
        self.link = again
        await asyncio.wait_for(again.registered.wait(), 10)
        self.assertIn('sessions', await self.stats())

    async def test_broken_messages_are_refused_or_ignored(self):
        for text in ('nonsense', '[]', '{"type":"unheard.of"}', '{"type":"welcome","mac":"x"}',
                     '{"type":"hello","nonce":"' + '0' * 32 + '"}', '[' * 5000, '"' + 'x' * 300000 + '"'):
            self.link.connection.send(text)
        with self.assertRaises(RequestFailed) as caught:
            await self.link.request('session.create', session='short')
        self.assertEqual((caught.exception.status, caught.exception.code), (400, 'bad_request'))
        self.assertIn('session', caught.exception.detail)
        self.assertEqual((await self.stats())['sessions']['now'], 0)

    async def test_message_over_the_limit_ends_the_connection_and_it_returns(self):
        self.link.registered.clear()
        self.link.connection.send('"' + 'x' * 600000 + '"')
        await asyncio.wait_for(self.link.registered.wait(), 10)
        self.assertIn('sessions', await self.stats())

    async def test_broken_offer_is_told_to_the_client(self):
        with self.assertRaises(RequestFailed) as caught:
            await self.link.request('session.create', session='0' * 32, kind='publish', lesson=LESSON,
                                    source=SOURCE, offer='v=0\r\nnonsense', record={})
        self.assertEqual((caught.exception.status, caught.exception.code), (400, 'bad_sdp'))

    async def test_unknown_session_is_404_but_closing_it_is_fine(self):
        await self.link.request('session.close', session='0' * 32, reason='test')
        with self.assertRaises(RequestFailed) as caught:
            await self.link.request('session.trickle', session='0' * 32, fragment='a=x\r\n')
        self.assertEqual((caught.exception.status, caught.exception.code), (404, 'no_session'))


class Statistics(RelayTest):
    async def run_stats(self, *arguments):
        process = await asyncio.create_subprocess_exec(
            RELAY, '--set', f'control.socket={self.relay.socket}', '--stats', *arguments,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        out, errors = await asyncio.wait_for(process.communicate(), 10)
        return process.returncode, out.decode(), errors.decode()

    async def ask(self, line):
        reader, writer = await asyncio.open_unix_connection(self.relay.socket)
        writer.write(line)
        reply = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        return json.loads(reply) if reply else None

    async def test_table_names_the_worker_and_the_drops(self):
        stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for _ in range(20):
            stranger.sendto(b'\x80' + bytes(100), ('127.0.0.1', self.relay.port))
        stranger.close()
        code, table, errors = await self.run_stats()
        self.assertEqual((code, errors), (0, ''))
        self.assertRegex(table, r'(?m)^worker +sessions')
        self.assertRegex(table, r'(?m)^0 +0 ')
        self.assertRegex(table, r'dropped on worker 0: unknown_peer 20')

    async def test_json_is_what_signaling_gets(self):
        code, text, _ = await self.run_stats('--json')
        told = (await self.link.request('stats.get'))['stats']
        printed = json.loads(text)
        self.assertEqual(code, 0)
        self.assertEqual(set(printed), set(told))
        self.assertEqual(set(printed['workers'][0]), set(told['workers'][0]))
        self.assertGreater(printed['process']['resident_bytes'], 1000000)
        self.assertGreater(printed['workers'][0]['loop']['count'], 0)

    async def test_answers_while_signaling_is_away(self):
        await self.link.stop()
        code, text, _ = await self.run_stats('--json')
        self.assertEqual(code, 0)
        self.assertEqual(json.loads(text)['workers'][0]['sessions']['now'], 0)

    async def test_only_the_owner_may_open_the_socket(self):
        self.assertEqual(os.stat(self.relay.socket).st_mode & 0o777, 0o600)

    async def test_nonsense_is_refused_and_silence_ends(self):
        self.assertFalse((await self.ask(b'nonsense\n'))['ok'])
        self.assertFalse((await self.ask(b'{"id":1,"type":"session.close","session":"' + b'0' * 32 + b'"}\n'))['ok'])
        self.assertIsNone(await self.ask(b'no end of line'))
        try:
            self.assertIsNone(await self.ask(b'x' * 100000))
        except ConnectionResetError:
            pass
        self.assertTrue((await self.ask(b'{"id":1,"type":"stats.get"}\n'))['ok'])

    async def test_what_a_killed_relay_left_is_replaced(self):
        left = os.path.join(self.relay.folder.name, 'left.sock')
        old = socket.socket(socket.AF_UNIX)
        old.bind(left)
        old.close()
        relay = await Relay(f'signaling.url={self.link.url}', 'media.port=0', 'relay.id=second',
                            f'control.socket={left}').start()
        await asyncio.wait_for(relay.ready.wait(), 10)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(left)
        self.assertEqual(await relay.stop(), 0)
        self.assertFalse(os.path.exists(left))

    async def test_a_socket_in_use_is_left_alone(self):
        relay = await Relay(f'signaling.url={self.link.url}', 'media.port=0', 'relay.id=second',
                            f'control.socket={self.relay.socket}').start()
        self.addAsyncCleanup(relay.stop)
        self.assertNotEqual(await asyncio.wait_for(relay.process.wait(), 10), 0)
        await relay.reader
        self.assertIn('control.socket: ' + self.relay.socket, relay.output)
        self.assertEqual((await self.run_stats('--json'))[0], 0)

    async def test_errors_name_socket_and_setting(self):
        code, _, errors = await self.run_stats('--set', 'control.socket=/nonexistent/relay.sock')
        self.assertNotEqual(code, 0)
        self.assertIn('/nonexistent/relay.sock', errors)
        self.assertIn('control.socket', errors)
        code, _, errors = await self.run_stats('--set', 'control.socket=none')
        self.assertIn('none', errors)
        code, _, errors = await self.run_stats('--set', 'control.socket=', '--set', 'media.port=0')
        self.assertIn('media.port', errors)


class Strangers(RelayTest):
    async def test_garbage_on_udp_is_counted_and_costs_no_memory(self):
        before = self.relay.memory_kib()
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        random.seed(1)
        for i in range(30000):
            first = random.choice((0, 1, 20, 22, 25, 128, 144, 200, random.randrange(256)))
            sender.sendto(bytes([first]) + random.randbytes(random.randrange(1, 1400)),
                          ('127.0.0.1', self.relay.port))
            if i % 100 == 0:
                await asyncio.sleep(0)
        sender.sendto(b'', ('127.0.0.1', self.relay.port))
        sender.sendto(bytes(9000), ('127.0.0.1', self.relay.port))
        sender.close()
        stats = await self.stats()
        self.assertGreater(sum(stats['drops'].values()), 10000)
        self.assertEqual(stats['udp']['sent_packets'], 0)
        self.assertLess(self.relay.memory_kib() - before, 5120)

    async def test_garbage_on_tcp_ends_only_its_own_connection(self):
        for _ in range(50):
            _, writer = await asyncio.open_connection('127.0.0.1', self.relay.port)
            writer.write(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n' + random.randbytes(5000))
            writer.close()
        reader, writer = await asyncio.open_connection('127.0.0.1', self.relay.port)
        writer.write(struct.pack('!H', 65535))
        self.assertEqual(await asyncio.wait_for(reader.read(), 5), b'')
        writer.close()
        self.assertGreaterEqual((await self.stats())['tcp']['broken_frames'], 1)

    async def test_silent_tcp_connections_are_closed_after_ten_seconds(self):
        before = self.relay.descriptors()
        connections = [await asyncio.open_connection('127.0.0.1', self.relay.port) for _ in range(20)]
        start = time.monotonic()
        for reader, writer in connections:
            self.assertEqual(await asyncio.wait_for(reader.read(), 15), b'')
            writer.close()
        self.assertGreater(time.monotonic() - start, 8)
        self.assertEqual(self.relay.descriptors(), before)


@unittest.skipUnless(HAVE_AIORTC, 'python3-aiortc is not installed')
class Media(RelayTest):
    async def test_viewer_plays_what_the_publisher_sends(self):
        _, publishing = await self.publish()
        await self.link.event(type='source.state', lesson=LESSON, source=SOURCE, active=True)
        _, watching, tracks = await self.watch()
        await self.frames(tracks['video'], 30)
        await self.frames(tracks['audio'], 50)
        for slot in (0, 1):
            await self.link.event(type='slot.state', session=watching, slot=slot, state='playing')
        await self.link.request('session.close', session=publishing, reason='test')
        await self.link.event(type='session.state', session=publishing, state='closed', reason='requested')
        await self.link.event(type='source.state', source=SOURCE, active=False)

    async def test_single_sessions_are_listed_only_for_the_lesson_that_is_asked_for(self):
        _, publishing = await self.publish()
        _, watching, tracks = await self.watch()
        await self.frames(tracks['video'], 30)
        stats = await self.stats()
        self.assertNotIn('detail', stats)
        lesson = stats['routing']['lessons'][0]
        self.assertEqual((lesson['lesson'], lesson['viewers'], lesson['joins']), (LESSON, 1, 1))
        worker = (await self.link.request('stats.get', detail=True, lesson=LESSON))['stats']['workers'][0]
        self.assertEqual(worker['detail']['publishers'][0]['session'], publishing[:8])
        viewer = worker['detail']['viewers'][0]
        self.assertEqual(viewer['session'], watching[:8])
        self.assertGreater(viewer['packets'], 30)
        self.assertNotIn(watching, json.dumps(worker))
        other = (await self.link.request('stats.get', detail=True, lesson='other'))['stats']['workers'][0]
        self.assertEqual(other['detail'], {'publishers': [], 'viewers': [], 'left_out': 0})

    async def test_viewer_may_come_before_the_publisher(self):
        _, _, tracks = await self.watch()
        await asyncio.sleep(0.5)
        await self.publish()
        await self.frames(tracks['video'], 10)

    async def test_media_flows_on_while_signaling_is_away_and_sessions_are_told_again(self):
        _, publishing = await self.publish()
        _, watching, tracks = await self.watch()
        await self.frames(tracks['video'], 10)
        await self.link.stop()
        await self.frames(tracks['video'], 60)
        self.link = LinkServer(KEY)
        await self.link.start(int(re.search(r':(\d+)/', self.relay.settings[2])[1]))
        await asyncio.wait_for(self.link.registered.wait(), 10)
        records = {r['session']: r for r in self.link.registers[0]['sessions']}
        self.assertEqual(set(records), {publishing, watching})
        self.assertEqual(records[publishing]['owner'], 'wang')
        self.assertEqual(records[watching]['state'], 'connected')
        await self.link.event(type='source.state', source=SOURCE, active=True)
        await self.link.request('session.close', session=watching, reason='test')
        await self.link.event(type='session.state', session=watching, state='closed')

    async def test_owner_replaces_its_own_publisher_and_the_viewer_sees_both(self):
        _, first = await self.publish()
        _, _, tracks = await self.watch()
        await self.frames(tracks['video'], 10)
        with self.assertRaises(RequestFailed) as caught:
            await self.publish()
        self.assertEqual((caught.exception.status, caught.exception.code), (409, 'source_taken'))
        await self.publish(replace=first)
        await self.link.event(type='session.state', session=first, state='closed', reason='replaced')
        await self.frames(tracks['video'], 30)

    async def test_peer_that_leaves_is_told_to_signaling(self):
        peer, session, _ = await self.watch()
        await peer.close()
        await self.link.event(type='session.state', session=session, state='closed', reason='peer')

    async def test_stop_says_goodbye_to_peers(self):
        peer, _, tracks = await self.watch()
        await self.publish()
        await self.frames(tracks['video'], 5)
        self.assertEqual(await self.relay.stop(), 0)
        # aiortc shows close_notify at the DTLS transport only.
        transport = peer.getReceivers()[0].transport
        for _ in range(50):
            if transport.state == 'closed':
                break
            await asyncio.sleep(0.1)
        self.assertEqual(transport.state, 'closed')

    async def test_garbage_and_forged_packets_do_not_disturb_a_lesson(self):
        await self.publish()
        _, _, tracks = await self.watch()
        await self.frames(tracks['video'], 10)
        stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

        async def spray():
            for i in range(20000):
                first = random.choice((0, 22, 128, 129))
                stranger.sendto(bytes([first]) + random.randbytes(random.randrange(1, 1300)),
                                ('127.0.0.1', self.relay.port))
                if i % 20 == 0:
                    await asyncio.sleep(0.002)
        spraying = asyncio.create_task(spray())
        await self.frames(tracks['video'], 60)
        await spraying
        stranger.setblocking(False)
        self.assertRaises(BlockingIOError, stranger.recv, 2000)
        stranger.close()


@unittest.skipUnless(HAVE_AIORTC, 'python3-aiortc is not installed')
class Slots(RelayTest):
    async def open_slots(self, slots):
        peer = RTCPeerConnection()
        self.peers.append(peer)
        tracks = {}
        peer.on('track', lambda track: tracks.update({track.kind: track}))
        peer.addTransceiver('audio', direction='recvonly')
        peer.addTransceiver('video', direction='recvonly')
        session = await self.open(peer, 'watch', slots=slots)
        await self.link.event(type='session.state', session=session, state='connected')
        return session, tracks

    async def set(self, session, slot, source):
        await self.link.request('slots.set', session=session, slot=slot, source=source)

    async def state(self, session, slot, state):
        await self.link.event(type='slot.state', session=session, slot=slot, state=state)

    async def test_slots_are_told_and_filled_and_emptied_over_the_link(self):
        await self.publish(source='room-1')
        session, tracks = await self.open_slots({'video': [''], 'audio': ['']})
        self.assertEqual(self.reply['slots'], [[0, 'audio', 0, '', 'empty'], [1, 'video', 0, '', 'empty']])
        await self.set(session, 0, 'room-1')
        await self.set(session, 1, 'room-1')
        for slot in (0, 1):
            await self.state(session, slot, 'playing')
        await self.frames(tracks['video'], 10)
        await self.frames(tracks['audio'], 10)
        await self.set(session, 1, '')
        await self.state(session, 1, 'empty')
        await self.publish(source='room-2')
        await self.set(session, 1, 'room-2')
        await self.state(session, 1, 'playing')
        with self.assertRaises(RequestFailed) as caught:
            await self.set(session, 2, 'room-1')
        self.assertEqual((caught.exception.status, caught.exception.code), (400, 'bad_request'))

    async def test_what_slots_show_is_told_again_when_signaling_is_back(self):
        await self.publish(source='room-1')
        session, _ = await self.open_slots({'video': [SOURCE], 'audio': ['']})
        await self.set(session, 0, 'room-1')
        await self.state(session, 0, 'playing')
        await self.link.stop()
        again = LinkServer(KEY)
        await asyncio.sleep(0.5)
        await again.start(self.link.port)
        self.link = again
        await asyncio.wait_for(again.registered.wait(), 15)
        told = {s['session']: s for s in again.registers[0]['sessions']}
        self.assertEqual(told[session]['slots'],
                         [[0, 'audio', 0, 'room-1', 'playing'], [1, 'video', 0, SOURCE, 'empty']])
        self.assertEqual(['slots' in s for s in told.values() if s['session'] != session], [False])


class Start(unittest.IsolatedAsyncioTestCase):
    async def fails(self, *arguments, key=KEY):
        words = [word for s in (f'relay.key={key}', *arguments) for word in ('--set', s)]
        process = await asyncio.create_subprocess_exec(
            RELAY, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        _, errors = await asyncio.wait_for(process.communicate(), 10)
        self.assertNotEqual(process.returncode, 0)
        return errors.decode()

    async def test_port_in_use_names_the_setting_and_a_way_out(self):
        taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        taken.bind(('127.0.0.1', 0))
        port = taken.getsockname()[1]
        error = await self.fails(f'media.port={port}')
        self.assertIn(f'media.port: UDP port {port} is already in use', error)
        self.assertIn('--set media.port=', error)
        taken.close()

    async def test_unknown_key_in_the_file_names_file_and_line(self):
        with tempfile.NamedTemporaryFile('w', suffix='.yaml') as file:
            file.write('media:\n  prot: 3478\n')
            file.flush()
            process = await asyncio.create_subprocess_exec(
                RELAY, '--config', file.name, stderr=asyncio.subprocess.PIPE)
            _, errors = await process.communicate()
            self.assertNotEqual(process.returncode, 0)
            self.assertIn(f'{file.name}:2', errors.decode())
            self.assertIn('media.prot', errors.decode())

    async def test_unencrypted_link_to_another_machine_is_refused(self):
        self.assertIn('wss://', await self.fails('signaling.url=ws://192.0.2.1/'))

    async def test_wrong_key_is_refused_and_tried_again(self):
        link = LinkServer(KEY)
        await link.start()
        relay = await Relay(f'signaling.url={link.url}', 'media.port=0', key='another-key-entirely').start()
        while link.refused < 2:
            await asyncio.sleep(0.1)
        self.assertFalse(relay.ready.is_set())
        self.assertEqual(await relay.stop(), 0)
        self.assertIn('refused', relay.output)
        self.assertNotIn(KEY, relay.output)
        await link.stop()

    async def test_signaling_that_cannot_prove_the_key_gets_no_obedience(self):
        link = LinkServer(KEY, answer_key='somebody-else-entirely')
        await link.start()
        relay = await Relay(f'signaling.url={link.url}', 'media.port=0').start()
        await asyncio.wait_for(link.registered.wait(), 10)
        await asyncio.sleep(0.5)
        self.assertFalse(relay.ready.is_set())
        self.assertIn('wrong_proof', relay.output)
        self.assertEqual(await relay.stop(), 0)
        await link.stop()


if __name__ == '__main__':
    unittest.main()
