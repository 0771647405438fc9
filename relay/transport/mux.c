#include "relay/transport/session.h"

#include "common/clock.h"
#include "common/random.h"
#include "relay/transport/address.h"
#include "relay/wire/demux.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_HALF_OPEN            512
#define DEFAULT_HANDSHAKE_TIMEOUT_US UINT64_C(10000000)
#define DEFAULT_CONSENT_TIMEOUT_US   UINT64_C(30000000)

/* How often handshakes in progress are looked at: the first repetition comes after 100 ms. */
#define FLIGHT_INTERVAL_US UINT64_C(5000)

/* Steps of handshakes in one turn of the loop: some two milliseconds. */
#define HANDSHAKES_PER_TURN 4

/* How often all sessions are looked at: their limits are seconds. */
#define SCAN_INTERVAL_US UINT64_C(100000)

int transport_mux_create(const struct transport_mux_params *params, struct transport_mux **ret_mux)
{
    struct transport_mux *mux;
    int err;

    assert(params->identity != NULL && params->send != NULL && params->reserve != NULL &&
           params->commit != NULL);
    mux = calloc(1, sizeof(*mux));
    if (mux == NULL)
        return -ENOMEM;
    mux->params = *params;
    if (mux->params.max_half_open == 0)
        mux->params.max_half_open = DEFAULT_HALF_OPEN;
    if (mux->params.handshake_timeout_us == 0)
        mux->params.handshake_timeout_us = DEFAULT_HANDSHAKE_TIMEOUT_US;
    if (mux->params.consent_timeout_us == 0)
        mux->params.consent_timeout_us = DEFAULT_CONSENT_TIMEOUT_US;
    LIST_INIT(&mux->live);
    LIST_INIT(&mux->shaking);
    random_bytes(&mux->hash_seed, sizeof(mux->hash_seed));
    err = registry_init(&mux->by_ufrag);
    if (err < 0)
        goto out;
    err = registry_init(&mux->by_path);
    if (err < 0)
        goto out;
    err = dtls_context_create(params->identity, &mux->dtls);
    if (err < 0)
        goto out;
    err = dtls_queue_init(&mux->waiting);
    if (err < 0)
        goto out;
    *ret_mux = mux;
    return 0;

out:
    transport_mux_destroy(mux);
    return err;
}

static void sweep(struct transport_mux *mux)
{
    while (mux->dead != NULL) {
        struct transport *transport = mux->dead;

        mux->dead = transport->next_dead;
        LIST_REMOVE(transport, live_link);
        transport_free(transport);
    }
}

void transport_mux_destroy(struct transport_mux *mux)
{
    if (mux == NULL)
        return;
    sweep(mux);
    assert(LIST_EMPTY(&mux->live));
    dtls_context_destroy(mux->dtls);
    dtls_queue_finish(&mux->waiting);
    registry_finish(&mux->by_ufrag);
    registry_finish(&mux->by_path);
    free(mux);
}

void transport_mux_count(struct transport_mux *mux, enum transport_drop reason, uint64_t count)
{
    mux->drops[reason] += count;
}

static struct transport *find_by_ufrag(
    const struct transport_mux *mux, const char *ufrag, size_t len)
{
    struct registry_entry *entry =
        registry_first(&mux->by_ufrag, registry_hash(ufrag, len, mux->hash_seed));

    for (; entry != NULL; entry = registry_next(entry)) {
        const struct transport *transport = entry->owner;
        const struct transport_credentials *newest = ice_agent_credentials(&transport->ice);

        if (len == TRANSPORT_UFRAG_CHARS &&
            (memcmp(newest->ufrag, ufrag, len) == 0 ||
                memcmp(transport->ice.credentials.ufrag, ufrag, len) == 0))
            return entry->owner;
    }
    return NULL;
}

static struct ice_path *find_by_path(
    const struct transport_mux *mux, const struct transport_path *path)
{
    struct registry_entry *entry =
        registry_first(&mux->by_path, transport_path_hash(path, mux->hash_seed));

    for (; entry != NULL; entry = registry_next(entry)) {
        struct ice_path *found = (struct ice_path *)entry;

        if (transport_path_equal(&found->path, path))
            return found;
    }
    return NULL;
}

bool transport_mux_claim_path(struct transport_mux *mux, const struct transport *transport,
    const struct transport_path *path, uint64_t now_us)
{
    struct ice_path *found = find_by_path(mux, path);
    struct transport *owner;

    if (found == NULL || found->entry.owner == transport)
        return true;
    if (clock_elapsed_us(now_us, found->last_us) <= ICE_STANDBY_SILENCE_US)
        return false;
    owner = found->entry.owner;
    mux->forgotten_connection = path->connection;
    ice_agent_forget(&owner->ice, found);
    mux->forgotten_connection = 0;
    return true;
}

static void receive_stun(struct transport_mux *mux, const struct transport_path *path,
    const uint8_t *data, size_t len, uint64_t now_us)
{
    struct transport *transport;
    struct stun_view request;
    const char *ufrag;
    size_t ufrag_len;

    if (stun_parse(data, len, &request) < 0) {
        transport_mux_count(mux, TRANSPORT_DROP_MALFORMED, 1);
        return;
    }
    /* Keep-alives of clients; nothing of ours awaits an answer. */
    if (request.message_class != STUN_REQUEST || request.method != STUN_METHOD_BINDING)
        return;
    transport = stun_local_ufrag(&request, &ufrag, &ufrag_len)
                    ? find_by_ufrag(mux, ufrag, ufrag_len)
                    : NULL;
    if (transport == NULL) {
        transport_mux_count(mux, TRANSPORT_DROP_UNKNOWN_PEER, 1);
        return;
    }
    transport_handle_check(transport, &request, path, now_us);
}

/* A session that is connected reads at once: nothing of that is dear. */
static void receive_dtls(
    struct transport_mux *mux, struct ice_path *path, uint8_t *data, size_t len, uint64_t now_us)
{
    struct transport *transport = path->entry.owner;

    if (transport->srtp != NULL) {
        transport_handle_dtls(transport, data, len, now_us);
        return;
    }
    if (path->waiting < DTLS_QUEUE_PER_PATH &&
        dtls_queue_push(&mux->waiting, &path->path, data, len))
        path->waiting++;
    else
        transport_mux_count(mux, TRANSPORT_DROP_HANDSHAKES, 1);
}

/* Its path may have gone meanwhile, or be another session's: then it means nothing any more. */
static void continue_handshakes(struct transport_mux *mux, uint64_t now_us)
{
    for (unsigned i = 0; i < HANDSHAKES_PER_TURN; i++) {
        struct dtls_datagram *datagram = dtls_queue_pop(&mux->waiting);
        struct ice_path *path;

        if (datagram == NULL)
            return;
        path = find_by_path(mux, &datagram->path);
        if (path == NULL)
            continue;
        if (path->waiting > 0)
            path->waiting--;
        transport_handle_dtls(path->entry.owner, datagram->data, datagram->len, now_us);
    }
}

bool transport_mux_has_work(const struct transport_mux *mux)
{
    return mux->waiting.count > 0;
}

void transport_mux_receive(struct transport_mux *mux, const struct transport_path *path,
    uint8_t *data, size_t len, uint64_t now_us)
{
    enum demux_kind kind =
        len <= TRANSPORT_DATAGRAM_BYTES ? demux_classify(data, len) : DEMUX_UNKNOWN;
    struct ice_path *found;

    if (kind == DEMUX_UNKNOWN) {
        transport_mux_count(mux, TRANSPORT_DROP_MALFORMED, 1);
        return;
    }
    if (kind == DEMUX_STUN) {
        receive_stun(mux, path, data, len, now_us);
        return;
    }
    found = find_by_path(mux, path);
    if (found == NULL) {
        transport_mux_count(
            mux, kind == DEMUX_DTLS ? TRANSPORT_DROP_EARLY_DTLS : TRANSPORT_DROP_UNKNOWN_PEER, 1);
        return;
    }
    if (kind == DEMUX_DTLS)
        receive_dtls(mux, found, data, len, now_us);
    else
        transport_handle_media(found->entry.owner, found, kind == DEMUX_RTCP, data, len, now_us);
}

void transport_mux_connection_closed(struct transport_mux *mux, uint32_t connection)
{
    struct transport_path path = {.connection = connection};
    struct ice_path *found = connection != 0 ? find_by_path(mux, &path) : NULL;
    struct transport *transport;

    if (found == NULL)
        return;
    transport = found->entry.owner;
    mux->forgotten_connection = connection;
    ice_agent_forget(&transport->ice, found);
    mux->forgotten_connection = 0;
}

void transport_mux_tick(struct transport_mux *mux, uint64_t now_us)
{
    struct transport *transport, *next;

    continue_handshakes(mux, now_us);
    if (now_us >= mux->next_flight_us) {
        mux->next_flight_us = now_us + FLIGHT_INTERVAL_US;
        for (transport = LIST_FIRST(&mux->shaking); transport != NULL; transport = next) {
            next = LIST_NEXT(transport, shaking_link);
            transport_handle_dtls_timer(transport);
        }
    }
    if (now_us >= mux->next_scan_us) {
        mux->next_scan_us = now_us + SCAN_INTERVAL_US;
        /* Callbacks may destroy any session, but only the sweep below takes one off this list. */
        for (transport = LIST_FIRST(&mux->live); transport != NULL;
             transport = LIST_NEXT(transport, live_link))
            transport_handle_timeouts(transport, now_us);
    }
    sweep(mux);
}

uint64_t transport_mux_drops(const struct transport_mux *mux, enum transport_drop reason)
{
    return mux->drops[reason];
}

const char *transport_drop_name(enum transport_drop reason)
{
    static const char *const names[TRANSPORT_DROP_COUNT] = {
        [TRANSPORT_DROP_UNKNOWN_PEER] = "unknown_peer",
        [TRANSPORT_DROP_MALFORMED] = "malformed",
        [TRANSPORT_DROP_STUN_INTEGRITY] = "stun_integrity",
        [TRANSPORT_DROP_EARLY_DTLS] = "early_dtls",
        [TRANSPORT_DROP_DTLS_RECORD] = "dtls_record",
        [TRANSPORT_DROP_HALF_OPEN] = "half_open",
        [TRANSPORT_DROP_HANDSHAKES] = "handshakes",
        [TRANSPORT_DROP_EARLY_RTP] = "early_rtp",
        [TRANSPORT_DROP_SRTP_AUTH] = "srtp_auth",
        [TRANSPORT_DROP_SRTP_REPLAY] = "srtp_replay",
        [TRANSPORT_DROP_SSRC_LIMIT] = "ssrc_limit",
        [TRANSPORT_DROP_SEND] = "send",
    };

    return reason < TRANSPORT_DROP_COUNT ? names[reason] : "unknown";
}
