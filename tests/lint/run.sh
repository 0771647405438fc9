#!/bin/sh
# All lint checks. Prints "ok NAME" or "not ok NAME" for each, the words of a failed one before it.
# Called by ./duet lint and ./duet test, which install what is needed.
set -eu
cd "$(dirname "$0")/../.."

state=.duet/lint
mkdir -p "$state"
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

# warnings COMPILER BUILDTYPE: the whole tree with -Werror.
warnings() {
    if [ ! -f "build-lint-$1/build.ninja" ]; then
        rm -rf "build-lint-$1"
        CC=$1 meson setup "build-lint-$1" -Dwerror=true -Dbuildtype="$2" || return 1
    fi
    ninja -C "build-lint-$1" -k 0 >"$state/$1.log" 2>&1 && return 0
    grep -v '^\[' "$state/$1.log"
    return 1
}

format() {
    files '*.c' '*.h' | xargs clang-format --dry-run -Werror
}

analyse() {
    files '*.c' ':!tests/unit' | xargs cppcheck --quiet --std=c11 -j 2 -I . \
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
    files '*.py' | while IFS= read -r file; do
        python3 -c 'import ast, sys; ast.parse(open(sys.argv[1], encoding="utf-8").read(), sys.argv[1])' \
            "$file" || exit 1
    done
}

web() {
    # Pages load .js files as modules; to node only .mjs says that.
    files 'web/*.js' 'tests/*.mjs' | while IFS= read -r file; do
        cp "$file" "$state/module.mjs"
        node --check "$state/module.mjs" || { echo "in $file"; exit 1; }
    done
}

check "no warnings with gcc" warnings gcc debugoptimized
check "no warnings with clang" warnings clang debug
check "clang-format" format
check "cppcheck" analyse
check "each header compiles alone" python3 tests/lint/check_headers.py
check "includes keep the arrows" python3 tests/lint/check_includes.py
check "shellcheck" shell
check "python files parse" python
check "web modules parse" web
check "both languages have every text" node tests/lint/check_texts.mjs
[ "$failures" -eq 0 ]
