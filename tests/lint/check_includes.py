"""Keeps the arrows between folders: who may include whose headers, and who stays free of GLib.

A program includes its own headers, common/ and, where it uses GStreamer, media/. Inside relay, wire
knows nothing, transport and routing know wire, the shell around them knows all.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Folder → folders whose headers it may include, besides its own. The longest match counts.
ARROWS = {
    "common": [],
    "media": ["common"],
    "capture": ["common", "media"],
    "player": ["common", "media"],
    "recorder": ["common", "media"],
    "signaling": ["common"],
    "relay/wire": ["common"],
    "relay/transport": ["common", "relay/wire"],
    "relay/routing": ["common", "relay/wire"],
    "relay": ["common", "relay/wire", "relay/transport", "relay/routing"],
}
WITHOUT_GLIB = ["common", "relay", "signaling"]
# Dates and text, nothing with a main loop: docs/decisions/dates-and-encodings-by-glib.md.
WITH_PLAIN_GLIB = ["signaling/timetable/", "signaling/import/", "signaling/store/compared_text."]
GLIB = re.compile(r"^(glib|gio|gobject|gst|gtk|gdk|libsoup)[./-]")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def folder_of(path):
    parts = path.split("/")
    for length in range(len(parts) - 1, 0, -1):
        folder = "/".join(parts[:length])
        if folder in ARROWS:
            return folder
    return None


def problem(path, kind, name):
    """What is wrong with one include, or None."""
    own = folder_of(path)
    if kind == "<":
        plain = name == "glib.h" and path.startswith(tuple(WITH_PLAIN_GLIB))
        if own.split("/")[0] in WITHOUT_GLIB and GLIB.match(name) and not plain:
            return f"{own} stays free of GLib"
        return None
    if name.endswith("_resources.h") and folder_of(name) == own:
        return None  # written by glib-compile-resources while building
    if not (ROOT / name).is_file():
        return "no such file; includes start at the root of the tree"
    target = folder_of(name)
    if target is None:
        return f"{own} may not include this"
    if target != own and target not in ARROWS[own]:
        return f"{own} may include {', '.join([own, *ARROWS[own]])}; not {target}"
    return None


def main():
    seen = 0
    bad = 0
    for top in sorted({folder.split("/")[0] for folder in ARROWS}):
        for file in sorted((ROOT / top).rglob("*.[ch]")):
            path = file.relative_to(ROOT).as_posix()
            seen += 1
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                match = INCLUDE.match(line)
                reason = problem(path, *match.groups()) if match else None
                if reason:
                    bad += 1
                    print(f"{path}:{number}: {match.group(2)}: {reason}")
    print(f"{seen} files, {bad} includes against the arrows")
    return 1 if bad or not seen else 0


sys.exit(main())
