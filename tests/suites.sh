# shellcheck shell=sh disable=SC2154,SC2034 # variables of ../duet, which reads this file, and for it
# The suites of ./duet test: each adds to passed, failed and skipped, and shows the log of what failed.

passed=0
failed=0
skipped=0
moved= # a command before those that are to see another time
since=$(date +%s)

# count PASSED FAILED SKIPPED: also says how long that took, with what was built for it.
count() {
    passed=$((passed + $1))
    failed=$((failed + $2))
    skipped=$((skipped + $3))
    now=$(date +%s)
    say "  $1 passed, $2 failed in $((now - since)) s"
    since=$now
}

# The number behind a word of a log's summary; 0 when it is not there.
figure() {
    awk -v word="$1" 'index($0, word) == 1 { n = $NF } END { print n + 0 }' "$2"
}

# run_meson FOLDER SUITE [MESON OPTION]...: one suite of one build; its log is shown where a test failed.
run_meson() {
    folder=$1
    suite=$2
    shift 2
    log="$state/$suite-$folder.log"
    # Tests wait more than they work; those that measure time are alone by is_parallel.
    processes=$(($(nproc) + 2))
    set -- --suite "$suite" "$@"
    if [ -n "$long" ]; then
        set -- "$@" --timeout-multiplier 5 # several times the usual counts, slowed by sanitizers
    else
        set -- "$@" --no-suite long
    fi
    say "testing $suite in $folder"
    # shellcheck disable=SC2086 # nothing or a command
    $moved meson test -C "$folder" --no-rebuild --print-errorlogs --num-processes "$processes" \
        --logbase "log-$suite" "$@" >"$log" 2>&1 || true
    if ! grep -q '^Ok:' "$log"; then
        grep -q '^No suitable tests' "$log" && return 0
        cat "$log" >&2
        count 0 1 0
        return 0
    fi
    bad=$(($(figure 'Fail:' "$log") + $(figure 'Timeout:' "$log")))
    [ "$bad" -eq 0 ] || cat "$log" >&2
    count "$(figure 'Ok:' "$log")" "$bad" "$(figure 'Skipped:' "$log")"
}

run_sanitized() {
    if ! (build_sanitizers); then
        count 0 1 0
        return 0
    fi
    UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
    strict=strict_string_checks=1:detect_stack_use_after_return=1
    ASAN_OPTIONS=$strict
    LSAN_OPTIONS=suppressions=$root/tests/lint/leaks.supp:print_suppressions=0
    export ASAN_OPTIONS LSAN_OPTIONS UBSAN_OPTIONS
    run_meson build-asan unit --no-suite plain --no-suite gstreamer
    run_meson build-asan fuzz
    # Where libraries keep memory till the end: they are told by their names, deep in a stack that takes its time.
    ASAN_OPTIONS=$strict:fast_unwind_on_malloc=0:malloc_context_size=8
    run_meson build-asan gstreamer --no-suite plain
    # In whole programs leaks do not change the exit code: what libraries keep cannot be told apart
    # there. The reports are read afterwards.
    reports="$state/sanitizer-reports"
    rm -rf "$reports"
    mkdir -p "$reports"
    strict=strict_string_checks=1:abort_on_error=1:exitcode=0
    export DUET_SANITIZED=1
    ASAN_OPTIONS=$strict:log_path=$reports/asan
    unset LSAN_OPTIONS
    need_node
    # shellcheck disable=SC2046 # nothing or an option
    run_meson build-asan integration --no-suite plain $([ -n "$long" ] || echo --no-suite patient)
    # The demo's runner is Python, its programs are those of the other tests. Nothing is measured here. What attacks the
    # programs is looked at in every run, the rest in the long ones.
    files=$(find tests/integration/*/ -name '*.test.mjs' ! -name 'demo.test.mjs' | sort)
    [ -n "$long" ] || files=$(printf '%s\n' "$files" | grep -E '/hostile[a-z_]*\.test')
    # shellcheck disable=SC2086 # a list of files
    run_node integration build-asan "$(nproc)" $files
    unset ASAN_OPTIONS UBSAN_OPTIONS DUET_SANITIZED
    check_reports
}

# Relay and signaling under ThreadSanitizer: their unit tests, and churn with several workers.
run_threads() {
    say "building with ThreadSanitizer"
    mkdir -p "$state"
    configure build-tsan -Db_sanitize=thread -Db_lundef=false -Dc_args=-fno-omit-frame-pointer
    folders='common\|wire\|transport\|routing\|relay\|signaling'
    tests=$(ninja -C build-tsan -t targets all |
        sed -n "s,^\(tests/unit/\($folders\)/test_[a-z0-9_]*\): .*,\1,p")
    # shellcheck disable=SC2086 # a list of targets
    if ! compile build-tsan relay/duet-relay signaling/duet-signaling \
        tests/support/hostile/duet-hostile $tests; then
        count 0 1 0
        return 0
    fi
    say "testing unit in build-tsan"
    good=0
    bad=0
    for test in $tests; do
        if (cd "$(dirname "build-tsan/$test")" && "./${test##*/}") >"$state/threads.log" 2>&1; then
            good=$((good + 1))
        else
            cat "$state/threads.log" >&2
            bad=$((bad + 1))
        fi
    done
    count "$good" "$bad" 0
    reports="$state/thread-reports"
    rm -rf "$reports"
    mkdir -p "$reports"
    need_node
    export DUET_SANITIZED=1 TSAN_OPTIONS="log_path=$reports/tsan exitcode=0 second_deadlock_stack=1"
    run_node threads build-tsan 1 tests/integration/system/churn.test.mjs
    unset DUET_SANITIZED TSAN_OPTIONS
    if [ -z "$(ls "$reports")" ]; then
        count 1 0 0
    else
        cat "$reports"/* >&2
        count 0 1 0
    fi
}

# What signaling and its pages do depends on the day: the same tests at moments that a run in the daytime of a weekday does
# not see. The seeded schools are at UTC+8. The monotonic clock is moved too, and nothing is measured.
run_moments() {
    preload=$(faketime -f +0s env | sed -n 's/^LD_PRELOAD=//p')
    for moment in 'saturday 02:00' 'sunday 15:57' 'friday 15:57'; do
        moved_s=$(($(date -u -d "${moment#* } next ${moment% *}" +%s) - $(date +%s)))
        say "as if it were $moment UTC"
        moved="env LD_PRELOAD=$preload FAKETIME=+${moved_s}s"
        run_meson build dated
        [ "$moment" != 'sunday 15:57' ] || run_pages
        moved=
    done
}

# Errors of any program, and leaks of the two whose memory is all their own.
check_reports() {
    own='\.\./\(relay\|signaling\|common\)/'
    bad=
    for report in "$reports"/*; do
        [ -f "$report" ] || continue
        if ! grep -q 'LeakSanitizer' "$report" || grep -q "$own" "$report"; then
            bad="$bad $report"
        fi
    done
    if [ -z "$bad" ]; then
        count 1 0 0
        return 0
    fi
    # shellcheck disable=SC2086 # a list of files
    cat $bad >&2
    count 0 1 0
}

# run_node SUITE FOLDER COUNT FILE...: Node's own runner over the programs of one build, so many files
# at a time. Each file starts a whole system: what is measured in one is disturbed by another.
run_node() {
    suite=$1
    folder=$2
    files_at_once=$3
    shift 3
    [ -f "$1" ] || return 0
    log="$state/$suite-$folder-node-$files_at_once.log"
    say "testing $suite in $folder, with whole systems"
    # A test that hangs must not hold up the run.
    # shellcheck disable=SC2086 # nothing or a command
    DUET_BUILD=$root/$folder $moved timeout --kill-after=30 "$([ -n "$long" ] && echo 14400 || echo 1800)" \
        node --test --test-concurrency="$files_at_once" --test-reporter=tap "$@" >"$log" 2>&1 || true
    good=$(figure '# pass ' "$log")
    bad=$(($(figure '# fail ' "$log") + $(figure '# cancelled ' "$log")))
    [ $((good + bad)) -gt 0 ] || bad=1
    [ "$bad" -eq 0 ] || cat "$log" >&2
    count "$good" "$bad" "$(figure '# skipped ' "$log")"
}

# Pages with pictures and sound that are measured.
measured_pages='/(county|foreign_clients|pages|restarts|simulcast|slots)\.test'

# The other pages, some at a time.
run_pages() {
    if ! (need_browser_modules); then
        count 0 1 0
        return 0
    fi
    # shellcheck disable=SC2046 # a list of files
    run_node browser build "$(nproc)" $(printf '%s\n' tests/browser/*.test.mjs | grep -Ev "$measured_pages")
}

run_browser() {
    run_pages
    # Each alone.
    # shellcheck disable=SC2046
    run_node browser build 1 $(printf '%s\n' tests/browser/*.test.mjs | grep -E "$measured_pages")
}

# Whole systems that are tested for what they do, not for how soon, some at a time; then those that are
# measured, each alone.
run_integration() {
    need_node
    run_meson build integration
    measured=
    unmeasured=
    for file in tests/integration/*/*.test.mjs; do
        case $file in
        */player/shift.*) measured="$measured $file" ;;
        */player/* | */bell.* | */churn.* | */metrics.* | */pause.* | */revocation.* | */shifted.* | */slots.*) unmeasured="$unmeasured $file" ;;
        *) measured="$measured $file" ;;
        esac
    done
    # shellcheck disable=SC2086 # a list of files
    run_node integration build "$(nproc)" $unmeasured
    # shellcheck disable=SC2086
    run_node integration build 1 $measured
}

run_lint() {
    log="$state/lint.log"
    say "linting"
    sh tests/lint/run.sh >"$log" 2>&1 || true
    bad=$(grep -c '^not ok ' "$log") || true
    good=$(grep -c '^ok ' "$log") || true
    [ $((good + bad)) -gt 0 ] || bad=1
    [ "$bad" -eq 0 ] || cat "$log" >&2
    count "$good" "$bad" 0
}

run_tests() {
    long=
    suites=
    for word in "$@"; do
        case $word in
        --long)
            long=1
            export DUET_TEST_LONG=1
            ;;
        lint | unit | fuzz | integration | browser | sanitizers | threads | moments) suites="$suites $word" ;;
        *) die "test: unknown suite $word; ./duet --help lists them" ;;
        esac
    done
    [ -n "$suites" ] || suites="lint unit fuzz integration browser sanitizers${long:+ threads moments}"
    # shellcheck disable=SC2086
    need "test" $packages_run $packages_lint $packages_fuzz $packages_test
    # Compiled for the tests, the tree need not be compiled again for gcc's warnings.
    build_options=-Dwerror=true
    build
    for suite in $suites; do
        case $suite in
        lint)
            need_node
            # What fails here is said by the check of warnings.
            case $suites in *sanitizers*) (build_sanitizers) || true ;; esac
            run_lint
            ;;
        browser) run_browser ;;
        integration) run_integration ;;
        sanitizers) run_sanitized ;;
        threads) run_threads ;;
        moments) run_moments ;;
        *) run_meson build "$suite" ;;
        esac
    done
    [ $((passed + failed)) -gt 0 ] || failed=1
    summary="$passed passed, $failed failed"
    [ "$skipped" -eq 0 ] || summary="$summary, $skipped skipped"
    printf '%s\n' "$summary"
    [ "$failed" -eq 0 ]
}
