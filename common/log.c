#include "common/log.h"

#include "common/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES 1024

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static const char *const topic_names[LOG_TOPIC_COUNT] = {
    [LOG_CORE] = "core",
    [LOG_HTTP] = "http",
    [LOG_LINK] = "link",
    [LOG_ICE] = "ice",
    [LOG_DTLS] = "dtls",
    [LOG_SRTP] = "srtp",
    [LOG_ROUTE] = "route",
    [LOG_MEDIA] = "media",
    [LOG_SCREEN] = "screen",
    [LOG_STORE] = "store",
    [LOG_ACCESS] = "access",
};

static _Atomic(const char *) program_name = "duet";
/* Relative to info, so that a test that never calls log_init() logs from info up. */
static atomic_schar levels[LOG_TOPIC_COUNT];

static int word_index(const char *const *names, size_t count, const char *word, size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == len && memcmp(names[i], word, len) == 0)
            return (int)i;
    return -1;
}

static int apply_word(const char *word, size_t len, signed char *ret_levels)
{
    const char *equals = memchr(word, '=', len);
    size_t topic_len = equals ? (size_t)(equals - word) : 0;
    const char *level_word = equals ? equals + 1 : word;
    int level = word_index(level_names, sizeof(level_names) / sizeof(level_names[0]), level_word,
        len - (size_t)(level_word - word));
    if (level < 0)
        return -EINVAL;
    if (!equals) {
        memset(ret_levels, level - LOG_LEVEL_INFO, LOG_TOPIC_COUNT);
        return 0;
    }
    int topic = word_index(topic_names, LOG_TOPIC_COUNT, word, topic_len);
    if (topic < 0)
        return -EINVAL;
    ret_levels[topic] = (signed char)(level - LOG_LEVEL_INFO);
    return 0;
}

int log_set_levels(const char *spec)
{
    signed char wanted[LOG_TOPIC_COUNT];
    for (size_t i = 0; i < LOG_TOPIC_COUNT; i++)
        wanted[i] = atomic_load_explicit(&levels[i], memory_order_relaxed);

    for (const char *word = spec;;) {
        size_t len = strcspn(word, ",");
        int r = apply_word(word, len, wanted);
        if (r < 0)
            return r;
        if (word[len] == '\0')
            break;
        word += len + 1;
    }
    for (size_t i = 0; i < LOG_TOPIC_COUNT; i++)
        atomic_store_explicit(&levels[i], wanted[i], memory_order_relaxed);
    return 0;
}

void log_init(const char *program)
{
    atomic_store(&program_name, program);
    const char *spec = getenv("DUET_LOG");
    if (spec && *spec && log_set_levels(spec) < 0)
        log_warn(LOG_CORE, "DUET_LOG is not understood, expected for example info,ice=debug");
}

bool log_enabled(enum log_topic topic, enum log_level level)
{
    return (unsigned)topic < LOG_TOPIC_COUNT &&
           (int)level - LOG_LEVEL_INFO <=
               atomic_load_explicit(&levels[topic], memory_order_relaxed);
}

static size_t write_prefix(char *line, size_t size, enum log_topic topic, enum log_level level)
{
    uint64_t wall_us = clock_wall_us();
    time_t seconds = (time_t)(wall_us / US_PER_S);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    size_t len = strftime(line, size, "%Y-%m-%dT%H:%M:%S", &utc);
    int n = snprintf(line + len, size - len, ".%03uZ %s %s %s ",
        (unsigned)(wall_us % US_PER_S / US_PER_MS), atomic_load(&program_name), level_names[level],
        topic_names[topic]);
    return n < 0 ? len : len + (size_t)n;
}

void log_write(enum log_topic topic, enum log_level level, const char *format, ...)
{
    int saved_errno = errno;
    char line[LINE_BYTES];
    size_t start = write_prefix(line, sizeof(line) / 2, topic, level);
    if (start > sizeof(line) / 2)
        start = sizeof(line) / 2;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line + start, sizeof(line) - start, format, args);
    va_end(args);
    size_t len = start + (n < 0 ? 0 : (size_t)n);
    if (len > sizeof(line) - 2)
        len = sizeof(line) - 2;

    /* A peer's words may stand in a line: they must not be able to forge another. */
    for (size_t i = start; i < len; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    line[len++] = '\n';
    ssize_t written;
    do
        written = write(STDERR_FILENO, line, len);
    while (written < 0 && errno == EINTR);
    errno = saved_errno;
}
