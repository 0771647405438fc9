#!/bin/sh
# test_printed.sh PROGRAM FILE: the commented file in configs/ is what the program prints, and loads.
set -eu
printed=$(mktemp)
trap 'rm -f "$printed"' EXIT
"$1" --print-config >"$printed"
if ! diff -u "$2" "$printed"; then
    echo "write it again: $(basename "$1") --print-config > configs/$(basename "$2")"
    exit 1
fi
