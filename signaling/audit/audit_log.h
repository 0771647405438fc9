/*
 * The audit log: who did what to what, and with which outcome. Rows are only ever added, in the same transaction as
 * what they tell of; the database refuses to change or delete them. Each holds the hash of the one before it, so
 * that a file that was changed behind the database's back is noticed.
 *
 *   hash(n) = SHA-256(hash(n−1) | number | time | person | event | object | outcome | detail [| id])
 *
 * each field with its length in front; the id is that of the person, in entries of people since names may be several's. Who keeps a hash elsewhere can tell later whether the log still leads up to
 * it, and so whether its end was cut off. Never in it: passwords, tokens, keys, children's names.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_AUDIT_AUDIT_LOG_H
#define DUET_SIGNALING_AUDIT_AUDIT_LOG_H

#include "signaling/store/store.h"

#define AUDIT_HASH_CHARS 64 /* SHA-256 in hex */

struct audit_entry {
    int64_t time_s;
    const char *
        person; /* to be added: what they log in with; read: their name. "device 7", "console"; "" for the system itself */
    const char *event;   /* "person.disable" */
    const char *object;  /* what it was done to, "" for nothing */
    const char *outcome; /* "done", "denied", "failed" */
    const char *detail;  /* JSON object, or "" */
    int64_t
        person_id; /* read: of the person; 0 for none, and in entries from before logins. Adding finds it. */
};

/* Within store_begin() and store_end() of what it tells of. */
int audit_log_add(struct store *store, const struct audit_entry *entry);

/* The end of store_begin()'s transaction: with r 0 the entry is added and all of it committed. Returns as store_end(). */
int audit_log_end(struct store *store, int r, const struct audit_entry *entry);

/* Which entries; "" and 0 for any. */
struct audit_filter {
    const char *
        person; /* what somebody logs in with: theirs, and those without an id of that name; else a name */
    const char
        *event; /* "login", or with a dot or more behind it: "person" is "person.add" as well */
    int64_t from_s, to_s; /* from ≤ time < to */
    int64_t before;       /* numbers below this one */
};

/* Calls on_entry for at most max of them, the newest first; strings are borrowed until it returns. Returns 0 or
 * an error of the store. */
int audit_log_search(struct store *store, const struct audit_filter *filter, int max,
    void (*on_entry)(void *user, int64_t number, const struct audit_entry *entry), void *user);

struct audit_report {
    int64_t entries;                 /* read so far: the number of the last one */
    char head[AUDIT_HASH_CHARS + 1]; /* of the last one; "" for an empty log */
    int64_t broken;    /* the first entry that is not what was written, 0 when all are */
    bool has_expected; /* the hash asked for is that of one of them */
};

/* Reads the whole log. expected may be NULL: a hash that was kept elsewhere. Returns 0 or an error of the store. */
int audit_log_verify(struct store *store, const char *expected, struct audit_report *ret_report);

/* The same in pieces, for who must not wait long: at most max entries behind number after (0: from the first), taken for what it
 * is. The whole log is good when each piece is, and the next one begins where the one before ended (entries). */
int audit_log_verify_part(
    struct store *store, int64_t after, int64_t max, struct audit_report *ret_report);

#endif
