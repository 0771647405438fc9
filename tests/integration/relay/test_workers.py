#!/usr/bin/python3
"""duet-relay with several workers: which one carries what, and that it makes no difference.

    test_workers.py PATH_OF_DUET_RELAY [test …]
"""

import asyncio
import re
import secrets
import unittest

from link_server import LinkServer, RequestFailed
from relay_case import HAVE_AIORTC, KEY, LESSON, SOURCE, RelayTest

if HAVE_AIORTC:
    from aiortc import RTCPeerConnection
    from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack


class WorkersTest(RelayTest):
    """Sessions of a relay with so many workers."""
    count = 2

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.assertEqual(len(set(self.relay.ports)), self.count)
        self.offers = {}

    def worker_of(self, sdp):
        """By the port of the candidates, of which there is but one."""
        ports = set(re.findall(r'a=candidate:\S+ 1 \S+ \d+ \S+ (\d+) typ', sdp))
        self.assertEqual(len(ports), 1, sdp)
        return self.relay.ports.index(int(ports.pop()))

    async def offer(self, kind):
        if kind not in self.offers:
            peer = RTCPeerConnection()
            self.peers.append(peer)
            if kind == 'publish':
                peer.addTrack(AudioStreamTrack())
                peer.addTrack(VideoStreamTrack())
            else:
                peer.addTransceiver('audio', direction='recvonly')
                peer.addTransceiver('video', direction='recvonly')
            await peer.setLocalDescription(await peer.createOffer())
            self.offers[kind] = peer.localDescription.sdp
        return self.offers[kind]

    async def create(self, kind='watch', session=None, **what):
        """A session whose peer never comes. Returns its id and its worker."""
        session = session or secrets.token_hex(16)
        if kind == 'watch' and 'slots' not in what:
            what['slots'] = {'video': [''], 'audio': ['']}
        reply = await self.link.request(
            'session.create', session=session, kind=kind, lesson=LESSON, record={'session': session},
            offer=await self.offer(kind), **what)
        return session, self.worker_of(reply['answer'])

    async def create_viewers(self, each):
        return [await self.create() for _ in range(each * self.count)]

    async def close(self, session):
        await self.link.request('session.close', session=session, reason='test')
        await self.link.event(type='session.state', session=session, state='closed')

    async def assert_refused(self, status, code, request):
        with self.assertRaises(RequestFailed) as caught:
            await request
        self.assertEqual((caught.exception.status, caught.exception.code), (status, code))

    async def workers(self):
        return (await self.link.request('stats.get'))['stats']['workers']


class Workers:
    """The tests of any number of workers."""

    async def test_sessions_spread_and_answers_announce_the_port_of_their_worker(self):
        workers = [worker for _, worker in await self.create_viewers(3)]
        self.assertEqual([workers.count(i) for i in range(self.count)], [3] * self.count)
        stats = await self.workers()
        self.assertEqual([worker['index'] for worker in stats], list(range(self.count)))
        self.assertEqual([worker['sessions']['now'] for worker in stats], [3] * self.count)

    async def test_load_is_that_of_all_workers(self):
        await self.create_viewers(2)
        load = await self.link.event(type='load', sessions=2 * self.count, timeout=18)
        self.assertNotIn('worker', load)
        self.assertLess(load['cpu'], 1.0)

    async def test_sessions_of_all_workers_are_told_again_when_signaling_is_back(self):
        sessions = await self.create_viewers(2)
        await self.link.stop()
        again = LinkServer(KEY)
        await asyncio.sleep(0.5)
        await again.start(self.link.port)
        self.link = again
        await asyncio.wait_for(again.registered.wait(), 15)
        self.assertEqual(sorted(s['session'] for s in again.registers[0]['sessions']),
                         sorted(session for session, _ in sessions))
        # and they are still found
        for session, _ in sessions:
            await self.link.request('slots.set', session=session, slot=0, source=SOURCE)

    async def test_requests_reach_the_worker_of_their_session(self):
        for session, worker in await self.create_viewers(2):
            ufrag = re.search(r'a=ice-ufrag:(\S+)', await self.offer('watch'))[1]
            await self.link.request('session.trickle', session=session,
                                    fragment=f'a=ice-ufrag:{ufrag}\r\na=ice-pwd:{"p" * 24}\r\n')
            await self.link.request('slots.set', session=session, slot=1, source='room-1')
            reply = await self.link.request('session.restart', session=session, record={},
                                            fragment=f'a=ice-ufrag:{"u" * 8}\r\na=ice-pwd:{"p" * 24}\r\n')
            self.assertEqual(self.worker_of(reply['fragment']), worker)
            await self.close(session)
            await self.assert_refused(404, 'no_session', self.link.request(
                'session.trickle', session=session, fragment='a=mid:0\r\n'))
        self.assertEqual(sum(worker['sessions']['now'] for worker in await self.workers()), 0)

    async def test_an_id_that_is_in_use_is_refused_and_its_session_lives_on(self):
        for session, _ in await self.create_viewers(1):
            await self.assert_refused(400, 'bad_request', self.create(session=session))
            await self.link.request('slots.set', session=session, slot=1, source='room-1')
            await self.close(session)

    async def test_publishers_of_one_source_come_to_one_worker(self):
        await self.create()
        first, worker = await self.create('publish', source=SOURCE)
        self.assertNotEqual(worker, 0)
        await self.assert_refused(409, 'source_taken', self.create('publish', source=SOURCE))
        second, again = await self.create('publish', source=SOURCE, replace=first)
        self.assertEqual(again, worker)
        await self.link.event(type='session.state', session=first, state='closed', reason='replaced')
        _, other = await self.create('publish', source='room-1')
        self.assertNotEqual(other, worker)
        await self.close(second)

    async def test_refused_offers_leave_no_load_behind(self):
        for _ in range(3):
            with self.assertRaises(RequestFailed):
                await self.link.request('session.create', session=secrets.token_hex(16), kind='publish',
                                        lesson=LESSON, source=SOURCE, offer='v=0\r\nnonsense', record={})
        workers = [worker for _, worker in await self.create_viewers(1)]
        self.assertEqual(sorted(workers), list(range(self.count)))

    @staticmethod
    def media_packets(worker, way):
        return worker['sessions'][f'rtp_{way}_packets']

    async def test_one_publisher_is_seen_at_every_worker_and_so_is_its_successor(self):
        _, first = await self.publish()
        publishing = self.worker_of(self.reply['answer'])
        viewers = []
        for _ in range(self.count):
            _, session, tracks = await self.watch()
            viewers.append((session, tracks, self.worker_of(self.reply['answer'])))
        self.assertEqual({worker for _, _, worker in viewers}, set(range(self.count)))

        async def all_play(count):
            await asyncio.gather(*(self.frames(tracks[kind], count)
                                   for _, tracks, _ in viewers for kind in ('video', 'audio')))

        async def all_slots(state):
            for session, _, _ in viewers:
                for slot in (0, 1):
                    await self.link.event(type='slot.state', session=session, slot=slot, state=state)

        await all_play(20)
        await all_slots('playing')
        stats = await self.workers()
        self.assertTrue(all(self.media_packets(worker, 'out') > 20 for worker in stats))
        self.assertEqual([i for i, worker in enumerate(stats) if self.media_packets(worker, 'in') > 0],
                         [publishing])
        self.assertEqual(sum(worker['routing']['lessons'][0]['joins'] for worker in stats), self.count)

        self.link.events.clear()
        _, second = await self.publish(replace=first)
        self.assertEqual(self.worker_of(self.reply['answer']), publishing)
        await self.link.event(type='session.state', session=first, state='closed', reason='replaced')
        # frames of the first may still be queued in aiortc: only the slots' state tells its successor's
        await all_slots('playing')
        await all_play(20)
        self.link.events.clear()
        await self.close(second)
        await all_slots('empty')

    async def test_a_stop_in_the_middle_of_a_lesson_ends_all_workers(self):
        await self.publish()
        viewers = [await self.watch() for _ in range(self.count)]
        await asyncio.gather(*(self.frames(tracks['video'], 5) for _, _, tracks in viewers))
        self.assertEqual(await self.relay.stop(), 0)
        # each says goodbye to its peers; aiortc shows close_notify at the DTLS transport only
        transports = [peer.getReceivers()[0].transport for peer, _, _ in viewers]
        for _ in range(50):
            if all(transport.state == 'closed' for transport in transports):
                break
            await asyncio.sleep(0.1)
        self.assertEqual([transport.state for transport in transports], ['closed'] * self.count)


@unittest.skipUnless(HAVE_AIORTC, 'python3-aiortc is not installed')
class TwoWorkers(Workers, WorkersTest):
    settings = ['media.workers=2']


@unittest.skipUnless(HAVE_AIORTC, 'python3-aiortc is not installed')
class FourWorkers(Workers, WorkersTest):
    count = 4
    settings = ['media.workers=4']


@unittest.skipUnless(HAVE_AIORTC, 'python3-aiortc is not installed')
class Full(WorkersTest):
    settings = ['media.workers=2', 'media.max_sessions=5']

    async def test_the_limit_is_that_of_all_workers(self):
        sessions = [await self.create() for _ in range(5)]
        self.assertEqual({worker for _, worker in sessions}, {0, 1})
        await self.assert_refused(503, 'full', self.create())
        await self.close(sessions[2][0])
        await self.create()
        await self.assert_refused(503, 'full', self.create())


if __name__ == '__main__':
    unittest.main()
