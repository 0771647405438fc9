/*
 * The running service: what it is made of, and the two answers that every part gives. Everything in it
 * is used on the loop thread only; password hashing and long work on the database
 * have threads of their own behind their modules.
 */
#ifndef DUET_SIGNALING_SERVICE_H
#define DUET_SIGNALING_SERVICE_H

#include "signaling/accounts/token.h"
#include "signaling/http/audit_note.h"
#include "signaling/settings.h"

#include <stdint.h>

struct backup_keeper;
struct code_guard;
struct device_commands;
struct device_polls;
struct device_reports;
struct attendance;
struct http_request;
struct http_response;
struct http_server;
struct idempotency;
struct login_guard;
struct media_sessions;
struct lesson_runner;
struct metrics;
struct participants;
struct password_pool;
struct rate_limit;
struct relays;
struct store;
struct store_worker;

struct signaling {
    /* borrowed */
    const struct signaling_settings *settings;

    /* owned */
    struct store *store;
    struct backup_keeper *backups;
    char *backup_folder; /* where they are */
    struct rate_limit *rates;
    struct relays *relays;
    struct media_sessions *sessions;
    struct login_guard *logins;
    struct code_guard *codes; /* that enrol devices */
    struct device_commands *commands;
    struct device_polls *polls; /* of devices, for commands */
    struct device_reports *reports;
    struct password_pool *passwords;
    struct store_worker *worker;
    struct metrics *metrics;
    struct participants *participants;
    struct attendance *attendance;
    struct lesson_runner *bell;
    struct http_server *server;
    struct idempotency *idempotent; /* requests under way that have a key; each is its request's */
    char *relay_key;

    /* state */
    char
        *first_secret; /* of the link that makes the first administrator; NULL: there is somebody */
    int64_t first_until_s;
    struct audit_notes audit_notes;
    int store_lock; /* of serving_lock.h; -1: none */
    uint8_t token_key[TOKEN_KEY_BYTES];
};

/* Serves until SIGINT or SIGTERM. Returns the exit status. */
int service_run(const struct signaling_settings *settings);

/* 503 with Retry-After for a database that is busy, full or broken; logged with r. */
void service_answer_store_error(struct http_request *request, int r);

/* The same answer, not sent: a response that holds nothing yet, or was finished. */
void service_fill_store_error(struct http_response *response, int r);

#endif
