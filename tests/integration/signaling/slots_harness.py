"""What the tests of slots and of the stage have in common: offers with many m-lines, and a scripted
relay whose slots they look at."""
import json
import time

from harness import JSON, OFFER, SDP, Signaling

#: As our pages offer a lesson, but mixed: camera, teacher's sound, content, stage, stage's sound.
LESSON = ("video", "audio", "video", "video", "audio")
STAGE = {"video": 3, "audio": 4}  # m-lines of the stage in it


def offer(*kinds):
    """An offer with these m-lines; "-video" is one that the offer itself has rejected."""
    head, media = OFFER.split("m=audio", 1)
    lines = []
    for kind in kinds:
        line = "m=" + kind.strip("-") + media.replace("sendonly", "recvonly")
        lines.append(line.replace(" 9 ", " 0 ", 1) if kind.startswith("-") else line)
    return head + "".join(lines)


class SlotsCase(Signaling):
    settings = ["limits.watch_burst=1000", "limits.publish_burst=1000", "limits.address_burst=10000"]

    def watch(self, token, path="/whep/music", kinds=LESSON):
        """The URL of a new session and its id."""
        answer = self.call("POST", path, offer(*kinds), token, SDP)
        self.assertEqual(answer.status, 201, answer.body)
        url = answer.header("location")
        return url, url.rsplit("/", 1)[1]

    def slots(self, url, token):
        answer = self.call("GET", url + "/slots", token=token)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.header("cache-control"), "no-store")
        return answer.json()["slots"]

    def sources(self, url, token):
        return [slot["source"] for slot in self.slots(url, token)]

    def put(self, url, changes, token, **options):
        body = changes if isinstance(changes, str) else json.dumps(
            {"slots": [{"slot": slot, "source": source} for slot, source in changes]})
        return self.call("PUT", url + "/slots", body, token, options.get("kind", JSON))

    def stage(self, source, token=None, lesson="music", cookie=None, body=None):
        return self.call("PUT", f"/api/v1/lessons/{lesson}/stage",
                         json.dumps({"source": source}) if body is None else body, token, JSON,
                         {"Cookie": cookie} if cookie else None)

    def shown(self, relay, session):
        """What the relay was told to show on the stage of a session: (video, audio)."""
        by_line = {slot[0]: slot[3] for slot in relay.sessions[session]["slots"]}
        return by_line[STAGE["video"]], by_line[STAGE["audio"]]

    def until(self, condition, timeout=8):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.02)
        self.fail("it did not come to pass")
