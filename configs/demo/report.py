"""From the final figures of capture and player to the one JSON object of --check. Pure.

docs/demo.md says what each member means and what is counted.
"""
TAIL_US = 1_000_000  # frames of the last second may still be on their way
DECODED_RATIO_MIN = 0.95
SOUND_DB_MIN = -60.0
NO_WINDOW = (0, -1)
FREEZE_US = 150_000
PERCENTILES = (50, 95, 99)


def window_of(player):
    """(first, last) in µs of the monotonic clock, or None when no picture came."""
    first_us = player.get("first_frame_us")
    end_us = player.get("end_us")
    if not first_us or not end_us or end_us - TAIL_US <= first_us:
        return None
    return first_us, end_us - TAIL_US


def count_frames(capture_log, player_log, window):
    """(encoded, decoded, matched_by) inside the window."""
    first_us, last_us = window
    encoded = [counter for counter, at_us in capture_log if first_us <= at_us <= last_us]
    seen = {entry[0] for entry in player_log if entry[0] >= 0}
    if seen:
        return len(encoded), sum(1 for counter in encoded if counter in seen), "counter"
    decoded = sum(1 for entry in player_log if first_us <= entry[1] <= last_us)
    return len(encoded), min(decoded, len(encoded)), "time"


def find_latencies(player_log, window):
    """Percentiles in ms of the pictures taken in the window; those of the keyframe cache are older."""
    first_us, last_us = window
    delays = sorted(shown_us - taken_us for _, shown_us, taken_us in player_log
                    if first_us <= taken_us <= last_us)
    if not delays:
        return {f"p{percent}": None for percent in PERCENTILES}
    return {f"p{percent}": round(delays[(len(delays) - 1) * percent // 100] / 1000, 3)
            for percent in PERCENTILES}


def count_frozen(player_log, window, encoded):
    """Pictures that were due while the screen stood still for more than 150 ms and three pictures."""
    first_us, last_us = window
    shown = [entry[1] for entry in player_log if first_us <= entry[1] <= last_us]
    if encoded < 2:
        return 0
    frame_us = (last_us - first_us) / encoded
    longest_us = max(FREEZE_US, 3 * frame_us)
    return sum(round((b - a) / frame_us) - 1 for a, b in zip(shown, shown[1:]) if b - a > longest_us)


def find_problems(report, programs):
    problems = []
    if report["frames_decoded"] == 0:
        problems.append("no picture arrived at the player")
    elif report["decoded_ratio"] < DECODED_RATIO_MIN:
        problems.append(f"only {report['decoded_ratio']:.1%} of the frames were decoded")
    if report["audio_rms_db"] is None or report["audio_rms_db"] < SOUND_DB_MIN:
        problems.append("no sound arrived at the player")
    for name, program in programs.items():
        if program["restarts"]:
            problems.append(f"{name} was restarted {program['restarts']} times")
        if program["refusals"]:
            problems.append(f"{name} was refused {program['refusals']} times")
        if program["exit"] != 0:
            problems.append(f"{name} ended with {program['exit']}")
    return problems


def make_report(capture, player, programs, seconds, player_started_us):
    """capture and player: their --stats objects ({} when missing); programs: name → exit, restarts, refusals."""
    window = window_of(player)
    capture_log = capture.get("frame_log", [])
    player_log = player.get("frame_log", [])
    encoded, decoded, matched_by = count_frames(capture_log, player_log, window or NO_WINDOW)
    report = {
        "seconds": round(seconds, 1),
        "window_seconds": round((window[1] - window[0]) / 1e6, 3) if window else 0.0,
        "matched_by": matched_by,
        "frames_encoded": encoded,
        "frames_decoded": decoded,
        "decoded_ratio": round(decoded / encoded, 4) if encoded else 0.0,
        "frames_frozen": count_frozen(player_log, window or NO_WINDOW, encoded),
        "freezes": player.get("freezes"),
        "audio_rms_db": player.get("audio_rms_db"),
        "latency_ms": find_latencies(player_log, window or NO_WINDOW),
        "first_picture_ms": round((window[0] - player_started_us) / 1000) if window else None,
        "programs": programs,
    }
    problems = find_problems(report, programs)
    return {"ok": not problems, "problems": problems, **report}
