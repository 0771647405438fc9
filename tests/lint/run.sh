#!/bin/sh
# All lint checks. Prints "ok NAME" or "not ok NAME" for each, the words of a failed one before it.
# Called by ./duet lint and ./duet test, which install what is needed.
set -eu
cd "$(dirname "$0")/../.."

state=.duet/lint
mkdir -p "$state/cppcheck"
processors=$(nproc)
failures=0

# check NAME COMMAND...
check() {
    name=$1
    shift
    if "$@" >"$state/output" 2>&1; then
        printf 'ok %s\n' "$name"
    else
        tail -n 100 "$state/output"
        printf 'not ok %s\n' "$name"
        failures=$((failures + 1))
    fi
}

# Files of the project by pattern: tracked ones, and new ones that git does not ignore.
files() {
    git ls-files --cached --others --exclude-standard -- "$@" | while IFS= read -r file; do
        [ ! -f "$file" ] || printf '%s\n' "$file"
    done
}

# warnings COMPILER BUILD OPTION...: the whole tree with -Werror. ./duet test has compiled all of BUILD like that already,
# unless it was there before; else it is compiled, but not linked, in a folder of its own. gcc's warnings need its
# optimizer, clang's do not.
warnings() {
    compiler=$1
    there=$2
    shift 2
    if [ -f "$there/build.ninja" ] && grep -q -- ' -Werror ' "$there/build.ninja"; then
        ninja -C "$there"
        return
    fi
    folder=build-lint-$compiler
    if [ ! -f "$folder/build.ninja" ]; then
        rm -rf "$folder"
        CC=$compiler meson setup "$folder" -Dwerror=true "$@" || return 1
    fi
    # The list of targets is that of the meson files as they are now.
    ninja -C "$folder" build.ninja || return 1
    ninja -C "$folder" -t targets all | sed -n 's/^\(.*\.o\): .*/\1/p' |
        xargs ninja -C "$folder" -k 0 >"$state/$compiler.log" 2>&1 && return 0
    grep -v '^\[' "$state/$compiler.log"
    return 1
}

format() {
    files '*.c' '*.h' | xargs -P "$processors" -n 100 clang-format --dry-run -Werror
}

analyse() {
    files '*.c' ':!tests/unit' | xargs cppcheck --quiet --std=c11 -I . \
        -j "$processors" --cppcheck-build-dir="$state/cppcheck" \
        --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
        --library=posix --library=gnu --library=openssl --library=gtk \
        --suppressions-list=tests/lint/cppcheck.supp \
        --suppress=internalAstError --suppress=strtokCalled \
        --suppress=missingInclude --suppress=missingIncludeSystem --suppress=unknownMacro
}

shell() {
    { printf 'duet\n.ci/run\n'; files '*.sh'; } | xargs shellcheck
}

python() {
    files '*.py' | xargs python3 -c 'import ast, sys
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        ast.parse(file.read(), path)'
}

web() {
    # Pages load .js files as modules; to node only .mjs says that.
    # shellcheck disable=SC2016 # for the inner shell
    files 'web/*.js' 'tests/*.mjs' | xargs -P "$processors" -I '{}' sh -c \
        'node --check --input-type=module - <"$1" || { echo "in $1"; exit 1; }' sh '{}'
}

# A test that no meson.build names is never run.
tests_are_listed() {
    missing=0
    for file in $(files 'tests/unit/*/test_*' 'tests/integration/*/test_*' 'tests/fuzz/fuzz_*'); do
        tested=${file##*/}
        tested=${tested#*_}
        grep -qwE "((test|fuzz)_)?${tested%.*}" "${file%/*}/meson.build" && continue
        printf '%s is not in its meson.build\n' "$file"
        missing=1
    done
    return "$missing"
}

check "no warnings with gcc" warnings gcc build -Dbuildtype=debugoptimized
check "no warnings with clang" warnings clang build-asan -Dbuildtype=plain
check "clang-format" format
check "cppcheck" analyse
check "each header compiles alone" python3 tests/lint/check_headers.py
check "includes keep the arrows" python3 tests/lint/check_includes.py
check "shellcheck" shell
check "python files parse" python
check "web modules parse" web
check "each test is listed" tests_are_listed
check "both languages have every text" node tests/lint/check_texts.mjs
check "what the server says has words in both languages" node tests/lint/check_server_words.mjs
[ "$failures" -eq 0 ]
