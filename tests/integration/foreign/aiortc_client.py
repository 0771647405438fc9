#!/usr/bin/python3
"""A WHIP publisher and WHEP viewer on Debian's python3-aiortc, a WebRTC stack nobody here wrote.

    aiortc_client.py publish URL TOKEN_FILE SECONDS
    aiortc_client.py watch URL TOKEN_FILE SECONDS

Prints one JSON object: for watch the frames decoded, their size and the sound's root mean square.
"""
import asyncio
import json
import math
import sys
import urllib.request

import numpy
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack
from av import AudioFrame, VideoFrame


class MovingPicture(VideoStreamTrack):
    """A bar that wanders over a grey picture, 30 times a second."""

    count = 0

    async def recv(self):
        pts, time_base = await self.next_timestamp()
        picture = numpy.full((360, 640, 3), 96, numpy.uint8)
        left = (self.count * 7) % 600
        picture[:, left:left + 40] = (40, 200, 250)
        self.count += 1
        frame = VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


class Tone(AudioStreamTrack):
    """440 Hz at a quarter of full scale."""

    phase = 0

    async def recv(self):
        silent = await super().recv()
        n = silent.samples
        t = (numpy.arange(n) + self.phase) / silent.sample_rate
        self.phase += n
        samples = (8192 * numpy.sin(2 * math.pi * 440 * t)).astype(numpy.int16)
        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.pts, frame.time_base, frame.sample_rate = silent.pts, silent.time_base, silent.sample_rate
        return frame


def request(method, url, token, body=None):
    headers = {"Authorization": f"Bearer {token}"}
    if body is not None:
        headers["Content-Type"] = "application/sdp"
    call = urllib.request.Request(url, data=body and body.encode(), method=method, headers=headers)
    with urllib.request.urlopen(call, timeout=10) as response:
        return response.status, response.headers, response.read().decode()


async def connect(peer, url, token):
    await peer.setLocalDescription(await peer.createOffer())
    loop = asyncio.get_running_loop()
    status, headers, answer = await loop.run_in_executor(
        None, request, "POST", url, token, peer.localDescription.sdp)
    assert status == 201, status
    await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    return headers["Location"]


async def close(peer, session, token):
    await asyncio.get_running_loop().run_in_executor(None, request, "DELETE", session, token)
    await peer.close()


async def publish(url, token, seconds):
    peer = RTCPeerConnection()
    peer.addTrack(Tone())
    peer.addTrack(MovingPicture())
    session = await connect(peer, url, token)
    await asyncio.sleep(seconds)
    state = peer.connectionState
    await close(peer, session, token)
    return {"state": state}


async def count_video(track, result):
    while True:
        frame = await track.recv()
        result["frames"] += 1
        result["width"], result["height"] = frame.width, frame.height


async def measure_audio(track, result):
    while True:
        frame = await track.recv()
        samples = frame.to_ndarray().astype(numpy.float64) / 32768
        result["square"] += float((samples ** 2).mean())
        result["blocks"] += 1


async def watch(url, token, seconds):
    peer = RTCPeerConnection()
    peer.addTransceiver("video", direction="recvonly")
    peer.addTransceiver("audio", direction="recvonly")
    result = {"frames": 0, "width": 0, "height": 0, "square": 0.0, "blocks": 0}
    tasks = []

    @peer.on("track")
    def on_track(track):
        reader = count_video if track.kind == "video" else measure_audio
        tasks.append(asyncio.ensure_future(reader(track, result)))

    session = await connect(peer, url, token)
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await close(peer, session, token)
    blocks = result.pop("blocks") or 1
    result["rms"] = math.sqrt(result.pop("square") / blocks)
    return result


def main():
    mode, url, token_file, seconds = sys.argv[1:5]
    with open(token_file, encoding="ascii") as file:
        token = file.read().strip()
    job = {"publish": publish, "watch": watch}[mode]
    print(json.dumps(asyncio.run(job(url, token, float(seconds)))))


main()
