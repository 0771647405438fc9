/*
 * The relay's end of the relay link (docs/protocol-relay-link.md): proves the key both ways, registers
 * with its live sessions, hands requests to the workers and replies and events back. Media does not
 * notice when signaling is away. Main thread, but for signaling_link_post_event().
 */
#ifndef DUET_RELAY_SIGNALING_LINK_H
#define DUET_RELAY_SIGNALING_LINK_H

#include "relay/link_socket.h"
#include "relay/workers.h"

struct signaling_link;

struct signaling_link_params {
    const struct relay_signaling_address *address;
    const char *ca_file;
    const char *relay_id; /* copied */
    const char *key;      /* copied, wiped at the end */
    size_t max_sessions;
    size_t workers; /* how many there will be */
    /* First welcome since the start. */
    void (*on_ready)(void *user);
    void *user;
};

/* Returns 0 or a negative errno. */
int signaling_link_create(
    const struct signaling_link_params *params, struct signaling_link **ret_link);
/* The workers may be gone or not, but no event may come any more. NULL is allowed. */
void signaling_link_destroy(struct signaling_link *link);

/* Serves until signaling_link_stop(). */
void signaling_link_run(struct signaling_link *link, const struct workers *workers);
/* From any thread or a signal handler. */
void signaling_link_stop(struct signaling_link *link);

/* One event for signaling, from any thread; takes the reference. Without a connection it is
 * dropped: registering tells the state anew. */
void signaling_link_post_event(struct signaling_link *link, json_t *event);

#endif
