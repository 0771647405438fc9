#!/bin/sh
# test_cli.sh DUET_CAPTURE: what the program says and how it ends when it cannot begin.
set -u

capture=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0

# expect CODE TEXT ARGUMENT...: ends with the code within ten seconds and says the text.
expect() {
    code=$1
    text=$2
    shift 2
    output=$(timeout 10 "$capture" "$@" 2>&1)
    result=$?
    if [ "$result" -ne "$code" ]; then
        echo "FAIL: $*: ended with $result, not $code: $output"
        failed=1
    elif ! printf '%s' "$output" | grep -qF -- "$text"; then
        echo "FAIL: $*: does not say '$text': $output"
        failed=1
    fi
}

url=http://127.0.0.1:1/whip/a/b
printf 'video:\n  colour: green\n' >"$folder/unknown.yaml"
printf 'video:\n  fps: 500\n' >"$folder/range.yaml"
printf 'no image' >"$folder/broken.jpg"

expect 0 "duet-capture 0." --version
expect 0 "--list-devices" --help
expect 0 "Cameras" --list-devices
expect 0 "#camera: auto" --print-config
expect 1 "--whip URL" --camera sample
expect 1 "unknown.yaml:2" --whip $url --config "$folder/unknown.yaml"
expect 1 "5 to 60" --whip $url --config "$folder/range.yaml"
expect 1 "missing.yaml" --whip $url --config "$folder/missing.yaml"
expect 1 "video.fps" --whip $url --set video.fps=fast
expect 1 "video.layers" --whip $url --layers 360,720
expect 1 "--seconds" --whip $url --seconds none
expect 1 "--help" --whip $url --no-such-option
expect 1 "--help" --whip $url something
expect 1 "$folder/token" --whip $url --token-file "$folder/token"
expect 2 "camera /dev/video77: not found; --list-devices shows what is there" \
    --whip $url --camera /dev/video77
expect 2 "microphone Nobody: not found" --whip $url --camera sample --microphone Nobody
expect 2 "not found" --whip $url --camera "file:$folder/missing.mkv"
expect 2 "no image in it that can be shown" --whip $url --camera "file:$folder/broken.jpg"
expect 2 "is not an address" --whip ftp://server/whip --camera sample
DISPLAY='' expect 2 "there is no X display" --whip $url --camera screen

[ "$failed" -eq 0 ] && echo "all as promised"
exit "$failed"
