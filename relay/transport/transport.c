#include "relay/transport/session.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/prefetch.h"
#include "relay/transport/address.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

/* Handshakes that one session may begin. What makes one fail may be forged, and then the client's next
 * hello is fine: so it is not few. A session costs no more than 50 ms of computing this way. */
#define MAX_FAILED_HANDSHAKES 1000

static void index_credentials(struct transport *transport)
{
    struct transport_mux *mux = transport->mux;
    const struct transport_credentials *sets[] = {
        &transport->ice.credentials,
        transport->ice.restarting ? &transport->ice.restarted : NULL,
    };

    for (size_t i = 0; i < 2; i++) {
        struct registry_entry *entry = &transport->ufrag_entries[i];

        registry_remove(&mux->by_ufrag, entry);
        entry->owner = transport;
        if (sets[i] != NULL)
            registry_insert(&mux->by_ufrag, entry,
                registry_hash(sets[i]->ufrag, TRANSPORT_UFRAG_CHARS, mux->hash_seed));
    }
}

static void on_path(void *user, struct ice_path *path, bool added)
{
    struct transport *transport = user;
    struct transport_mux *mux = transport->mux;
    uint32_t connection = path->path.connection;

    if (added) {
        path->entry.owner = transport;
        registry_insert(
            &mux->by_path, &path->entry, transport_path_hash(&path->path, mux->hash_seed));
        return;
    }
    registry_remove(&mux->by_path, &path->entry);
    if (connection != 0 && connection != mux->forgotten_connection &&
        mux->params.on_connection_unused != NULL)
        mux->params.on_connection_unused(mux->params.user, connection);
}

int transport_create(struct transport_mux *mux, const struct transport_params *params,
    uint64_t now_us, struct transport **ret_transport)
{
    uint8_t fingerprint[FINGERPRINT_BYTES];
    struct transport *transport;
    int err;

    assert(params->on_rtp != NULL && params->on_rtcp != NULL && params->on_state != NULL);
    if (params->remote_fingerprint == NULL ||
        fingerprint_parse(params->remote_fingerprint, fingerprint) < 0)
        return -EINVAL;
    transport = calloc(1, sizeof(*transport));
    if (transport == NULL)
        return -ENOMEM;
    transport->mux = mux;
    transport->params = *params;
    transport->params.remote_fingerprint = NULL;
    transport->params.remote_ufrag = NULL;
    transport->alive_us = now_us;
    memcpy(transport->fingerprint, fingerprint, sizeof(fingerprint));
    err = ice_agent_init(&transport->ice, params->remote_ufrag, on_path, transport);
    if (err < 0) {
        free(transport);
        return err;
    }
    index_credentials(transport);
    LIST_INSERT_HEAD(&mux->live, transport, live_link);
    *ret_transport = transport;
    return 0;
}

static void stop_shaking(struct transport *transport)
{
    if (!transport->shaking)
        return;
    LIST_REMOVE(transport, shaking_link);
    transport->shaking = false;
    transport->mux->half_open--;
}

/* Says goodbye and takes the session out of the way of every packet. */
static void retire(struct transport *transport)
{
    struct transport_mux *mux = transport->mux;

    if (transport->dtls != NULL)
        dtls_session_close(transport->dtls);
    stop_shaking(transport);
    for (size_t i = 0; i < 2; i++)
        registry_remove(&mux->by_ufrag, &transport->ufrag_entries[i]);
    ice_agent_finish(&transport->ice);
    transport->state = TRANSPORT_CLOSED;
}

void transport_destroy(struct transport *transport)
{
    if (transport == NULL || transport->destroyed)
        return;
    if (transport->state != TRANSPORT_CLOSED)
        retire(transport);
    transport->destroyed = true;
    transport->next_dead = transport->mux->dead;
    transport->mux->dead = transport;
}

void transport_free(struct transport *transport)
{
    dtls_session_destroy(transport->dtls);
    srtp_session_destroy(transport->srtp);
    srtp_sender_destroy(transport->sender);
    srtcp_sender_destroy(transport->reporter);
    srtcp_receiver_destroy(transport->reports);
    free(transport);
}

static void set_state(struct transport *transport, enum transport_state state,
    enum transport_close_reason reason, uint64_t now_us)
{
    transport->state = state;
    if (!transport->destroyed)
        transport->params.on_state(transport->params.user, state, reason, now_us);
}

static void close_session(
    struct transport *transport, enum transport_close_reason reason, uint64_t now_us)
{
    static const char *const names[] = {
        [TRANSPORT_CLOSE_NONE] = "none",
        [TRANSPORT_CLOSE_PEER] = "peer",
        [TRANSPORT_CLOSE_CONSENT] = "consent",
        [TRANSPORT_CLOSE_HANDSHAKE] = "handshake",
        [TRANSPORT_CLOSE_FINGERPRINT] = "fingerprint",
    };

    log_info(LOG_ICE, "ufrag=%s state=closed reason=%s",
        ice_agent_credentials(&transport->ice)->ufrag, names[reason]);
    retire(transport);
    set_state(transport, TRANSPORT_CLOSED, reason, now_us);
}

const struct transport_credentials *transport_credentials(const struct transport *transport)
{
    return ice_agent_credentials(&transport->ice);
}

enum transport_state transport_get_state(const struct transport *transport)
{
    return transport->state;
}

const struct transport_path *transport_get_path(const struct transport *transport)
{
    return transport->ice.selected != NULL ? &transport->ice.selected->path : NULL;
}

const char *transport_srtp_profile(const struct transport *transport)
{
    return transport->srtp != NULL ? srtp_profile_name(srtp_session_profile(transport->srtp)) : "";
}

/* A client that restarts is alive, whatever its packets do: silence ends the session no sooner than
 * after the time that a handshake may take. */
static void leave_time_for_checks(struct transport *transport, uint64_t now_us)
{
    const struct transport_mux_params *params = &transport->mux->params;
    uint64_t silence_us = params->consent_timeout_us > params->handshake_timeout_us
                              ? params->consent_timeout_us - params->handshake_timeout_us
                              : 0;

    if (clock_elapsed_us(now_us, transport->alive_us) > silence_us)
        transport->alive_us = now_us - silence_us;
}

int transport_restart(struct transport *transport, const char *remote_ufrag, uint64_t now_us)
{
    bool again = transport->ice.restarting;
    int err;

    if (transport->state == TRANSPORT_CLOSED)
        return -ENOTCONN;
    err = ice_agent_restart(&transport->ice, remote_ufrag);
    if (err < 0)
        return err;
    index_credentials(transport);
    /* Only once: an address that gave no consent must not be sent to for ever (RFC 7675 section 5.1). */
    if (!again)
        leave_time_for_checks(transport, now_us);
    return 0;
}

/* ---- STUN ---- */

static void log_checked(const struct transport *transport)
{
    char text[NET_ADDRESS_CHARS];

    if (log_enabled(LOG_ICE, LOG_LEVEL_INFO))
        log_write(LOG_ICE, LOG_LEVEL_INFO, "ufrag=%s remote=%s state=checked peer=%s over=%s",
            transport->ice.credentials.ufrag, transport->ice.remote_ufrag,
            net_address_format(&transport->ice.selected->path.remote, text),
            transport->ice.selected->path.connection != 0 ? "tcp" : "udp");
}

void transport_handle_check(struct transport *transport, const struct stun_view *request,
    const struct transport_path *path, uint64_t now_us)
{
    struct transport_mux *mux = transport->mux;
    struct ice_reply reply;
    enum ice_verdict verdict = ice_agent_verify(&transport->ice, request, path, &reply);

    if (verdict == ICE_FORGED) {
        transport_mux_count(mux, TRANSPORT_DROP_STUN_INTEGRITY, 1);
        return;
    }
    if (verdict == ICE_VALID) {
        if (!transport_mux_claim_path(mux, transport, path, now_us)) {
            transport_mux_count(mux, TRANSPORT_DROP_UNKNOWN_PEER, 1);
            return;
        }
        if (ice_agent_accept(&transport->ice, request, path, now_us))
            index_credentials(transport);
        transport->alive_us = now_us;
    }
    if (reply.len > 0 && mux->params.send(mux->params.user, path, reply.data, reply.len) < 0)
        transport_mux_count(mux, TRANSPORT_DROP_SEND, 1);
    if (verdict == ICE_VALID && transport->state == TRANSPORT_NEW) {
        transport->checked_us = now_us;
        if (transport->ice.selected != NULL)
            log_checked(transport);
        set_state(transport, TRANSPORT_CHECKED, TRANSPORT_CLOSE_NONE, now_us);
    }
}

/* ---- DTLS ---- */

static void send_dtls(void *user, const uint8_t *data, size_t len)
{
    struct transport *transport = user;
    struct transport_mux *mux = transport->mux;

    if (transport->ice.selected == NULL ||
        mux->params.send(mux->params.user, &transport->ice.selected->path, data, len) < 0)
        transport_mux_count(mux, TRANSPORT_DROP_SEND, 1);
}

static bool begins_hello(const uint8_t *data, size_t len)
{
    return len > DTLS_RECORD_HEADER_BYTES && data[0] == DTLS_HANDSHAKE &&
           dtls_record_epoch(data) == 0 && data[DTLS_RECORD_HEADER_BYTES] == 1;
}

/* True when there is a DTLS session to give the datagram to. */
static bool begin_handshake(struct transport *transport, const uint8_t *data, size_t len)
{
    struct transport_mux *mux = transport->mux;

    if (transport->dtls != NULL)
        return true;
    if (!begins_hello(data, len) || transport->failed_handshakes >= MAX_FAILED_HANDSHAKES) {
        transport_mux_count(mux, TRANSPORT_DROP_DTLS_RECORD, 1);
        return false;
    }
    if (mux->half_open >= mux->params.max_half_open) {
        transport_mux_count(mux, TRANSPORT_DROP_HALF_OPEN, 1);
        return false;
    }
    if (dtls_session_create(mux->dtls, send_dtls, transport, &transport->dtls) < 0)
        return false;
    LIST_INSERT_HEAD(&mux->shaking, transport, shaking_link);
    transport->shaking = true;
    mux->half_open++;
    return true;
}

static void abandon_handshake(struct transport *transport)
{
    if (transport->failed_handshakes++ == 0)
        log_info(LOG_DTLS, "ufrag=%s handshake failed error=\"%s\"",
            transport->ice.credentials.ufrag, dtls_session_error(transport->dtls));
    stop_shaking(transport);
    dtls_session_destroy(transport->dtls);
    transport->dtls = NULL;
}

static int take_keys(struct transport *transport)
{
    struct srtp_material material;
    int err;

    err = dtls_session_export_srtp(transport->dtls, &material);
    if (err == 0)
        err = srtp_sender_create(&material, &transport->sender);
    if (err == 0)
        err = srtcp_sender_create(&material, &transport->reporter);
    if (err == 0)
        err = srtcp_receiver_create(&material, &transport->reports);
    if (err == 0)
        err = srtp_session_create(&material, &transport->srtp);
    OPENSSL_cleanse(&material, sizeof(material));
    return err;
}

static void finish_handshake(struct transport *transport, uint64_t now_us)
{
    uint8_t fingerprint[FINGERPRINT_BYTES];

    stop_shaking(transport);
    if (dtls_session_fingerprint(transport->dtls, fingerprint) < 0 ||
        CRYPTO_memcmp(fingerprint, transport->fingerprint, sizeof(fingerprint)) != 0) {
        close_session(transport, TRANSPORT_CLOSE_FINGERPRINT, now_us);
        return;
    }
    if (take_keys(transport) < 0) {
        close_session(transport, TRANSPORT_CLOSE_HANDSHAKE, now_us);
        return;
    }
    transport->ice.settled = true;
    transport->alive_us = now_us;
    log_info(LOG_DTLS, "ufrag=%s state=connected srtp=%s", transport->ice.credentials.ufrag,
        transport_srtp_profile(transport));
    set_state(transport, TRANSPORT_CONNECTED, TRANSPORT_CLOSE_NONE, now_us);
}

void transport_handle_dtls(struct transport *transport, uint8_t *data, size_t len, uint64_t now_us)
{
    struct transport_mux *mux = transport->mux;
    size_t dropped = 0;
    enum dtls_status status;
    int left = dtls_record_filter(data, len, transport->srtp != NULL, &dropped);

    transport_mux_count(mux, TRANSPORT_DROP_DTLS_RECORD, left < 0 ? 1 : dropped);
    if (left <= 0 || !begin_handshake(transport, data, (size_t)left))
        return;
    status = dtls_session_receive(transport->dtls, data, (size_t)left);
    if (status == DTLS_FAILED)
        abandon_handshake(transport);
    else if (status == DTLS_ESTABLISHED && transport->srtp == NULL)
        finish_handshake(transport, now_us);
    else if (status == DTLS_CLOSED)
        close_session(transport, TRANSPORT_CLOSE_PEER, now_us);
}

void transport_handle_dtls_timer(struct transport *transport)
{
    if (dtls_session_tick(transport->dtls) == DTLS_FAILED)
        abandon_handshake(transport);
}

/* ---- media ---- */

static enum transport_drop drop_of(int err)
{
    switch (err) {
    case -EBADMSG:
        return TRANSPORT_DROP_MALFORMED;
    case -EALREADY:
        return TRANSPORT_DROP_SRTP_REPLAY;
    case -ENOBUFS:
        return TRANSPORT_DROP_SSRC_LIMIT;
    default:
        return TRANSPORT_DROP_SRTP_AUTH;
    }
}

void transport_handle_media(struct transport *transport, struct ice_path *path, bool is_rtcp,
    uint8_t *data, size_t len, uint64_t now_us)
{
    size_t plain_len;
    int err;

    if (transport->srtp == NULL) {
        transport_mux_count(transport->mux, TRANSPORT_DROP_EARLY_RTP, 1);
        return;
    }
    err = is_rtcp ? srtcp_receiver_unprotect(transport->reports, data, len, &plain_len)
                  : srtp_session_unprotect_rtp(transport->srtp, data, len, &plain_len);
    if (err < 0) {
        transport_mux_count(transport->mux, drop_of(err), 1);
        return;
    }
    path->last_us = now_us;
    transport->alive_us = now_us;
    if (is_rtcp)
        transport->params.on_rtcp(transport->params.user, data, plain_len, now_us);
    else
        transport->params.on_rtp(transport->params.user, data, plain_len, now_us);
}

static bool can_send(const struct transport *transport)
{
    return transport->state == TRANSPORT_CONNECTED && transport->ice.selected != NULL;
}

int transport_send_rtp(struct transport *transport, const struct rtp_pieces *pieces)
{
    const struct transport_mux_params *shell = &transport->mux->params;
    const struct transport_path *path;
    uint8_t *out;
    size_t len;
    int err;

    if (!can_send(transport))
        return -ENOTCONN;
    path = &transport->ice.selected->path;
    out = shell->reserve(shell->user, path,
        pieces->header_bytes + pieces->prefix_bytes + pieces->payload_bytes +
            TRANSPORT_TRAILER_BYTES);
    if (out == NULL) {
        transport_mux_count(transport->mux, TRANSPORT_DROP_SEND, 1);
        return -EAGAIN;
    }
    err = srtp_sender_protect(transport->sender, pieces, out, &len);
    if (err == 0)
        shell->commit(shell->user, path, len);
    return err;
}

void transport_prefetch(const struct transport *transport, unsigned step)
{
    if (step == 0)
        prefetch(transport, offsetof(struct transport, ice.paths[1]));
    else if (transport->sender != NULL)
        srtp_sender_prefetch(transport->sender, step - 1);
}

int transport_send_rtcp(struct transport *transport, uint8_t *packet, size_t len)
{
    struct transport_mux *mux = transport->mux;
    size_t cipher_len;
    int err;

    if (!can_send(transport))
        return -ENOTCONN;
    err = srtcp_sender_protect(transport->reporter, packet, len, &cipher_len);
    if (err < 0)
        return err;
    err = mux->params.send(mux->params.user, &transport->ice.selected->path, packet, cipher_len);
    if (err < 0)
        transport_mux_count(mux, TRANSPORT_DROP_SEND, 1);
    return err < 0 ? err : 0;
}

/* ---- time ---- */

void transport_handle_timeouts(struct transport *transport, uint64_t now_us)
{
    const struct transport_mux_params *params = &transport->mux->params;

    if (transport->state == TRANSPORT_CLOSED)
        return;
    if (transport->state == TRANSPORT_CHECKED &&
        clock_elapsed_us(now_us, transport->checked_us) > params->handshake_timeout_us) {
        close_session(transport, TRANSPORT_CLOSE_HANDSHAKE, now_us);
        return;
    }
    if (clock_elapsed_us(now_us, transport->alive_us) > params->consent_timeout_us) {
        close_session(transport, TRANSPORT_CLOSE_CONSENT, now_us);
        return;
    }
    ice_agent_expire(&transport->ice, params->consent_timeout_us, now_us);
}
