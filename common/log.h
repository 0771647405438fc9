/*
 * Leveled, topical logging to stderr: "2026-11-21T08:00:00.123Z duet-relay warn ice peer=…".
 *
 * Nothing is logged per packet (count instead), and never a password, token, key, SDP or a child's
 * name. Thread-safe; a line is written with one write(2). Levels may change at run time.
 */
#ifndef DUET_COMMON_LOG_H
#define DUET_COMMON_LOG_H

#include <stdbool.h>

enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARN,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG,
};

enum log_topic {
    LOG_CORE, /* start, stop, signals, configuration */
    LOG_HTTP, /* HTTP server and client */
    LOG_LINK, /* relay link */
    LOG_ICE,
    LOG_DTLS,
    LOG_SRTP,
    LOG_ROUTE,  /* streams, subscribers, slots */
    LOG_MEDIA,  /* GStreamer pipelines */
    LOG_SCREEN, /* windows and panes */
    LOG_STORE,  /* database */
    LOG_ACCESS, /* accounts, tokens, authorisation */
    LOG_TOPIC_COUNT,
};

/* program stands in every line; borrowed, must outlive logging. Reads DUET_LOG ("info,ice=debug"). */
void log_init(const char *program);

/* "info" or "info,ice=debug,dtls=warn". Returns 0, or -EINVAL for an unknown word (nothing changes). */
int log_set_levels(const char *spec);

bool log_enabled(enum log_topic topic, enum log_level level);

void log_write(enum log_topic topic, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_at(topic, level, ...)                                                                  \
    do {                                                                                           \
        if (log_enabled((topic), (level)))                                                         \
            log_write((topic), (level), __VA_ARGS__);                                              \
    } while (0)

#define log_error(topic, ...) log_at((topic), LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(topic, ...)  log_at((topic), LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(topic, ...)  log_at((topic), LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(topic, ...) log_at((topic), LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
