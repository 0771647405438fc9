"""Compiles each header of the project alone, so that none leans on what others include first."""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ["common", "media", "capture", "relay", "player", "recorder", "signaling", "tests/support",
           "tests/bench"]


def library_flags():
    """What pkg-config says for every dependency() of the top meson.build."""
    text = (ROOT / "meson.build").read_text(encoding="utf-8")
    names = [name for name in re.findall(r"dependency\('([^']+)'", text) if name != "threads"]
    return subprocess.run(["pkg-config", "--cflags", *names], check=True, capture_output=True,
                          text=True).stdout.split()


def compile_alone(header, flags):
    command = ["gcc", "-std=c11", "-D_DEFAULT_SOURCE", '-DDUET_VERSION="0"', "-Wall", "-Wextra", "-Werror",
               "-Wno-unused-parameter", "-fsyntax-only", f"-I{ROOT}", *flags, "-include", str(header),
               "-x", "c", os.devnull]
    return subprocess.run(command, capture_output=True, text=True)


def main():
    flags = library_flags()
    headers = sorted(h for folder in FOLDERS for h in (ROOT / folder).rglob("*.h"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda header: compile_alone(header, flags), headers))
    bad = 0
    for header, result in zip(headers, results):
        if result.returncode != 0:
            bad += 1
            print(f"{header.relative_to(ROOT)}:\n{result.stderr}")
    print(f"{len(headers)} headers, {bad} do not compile alone")
    return 1 if bad or not headers else 0


sys.exit(main())
