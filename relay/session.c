#include "relay/session.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/prefetch.h"
#include "relay/link_messages.h"
#include "relay/transport/address.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAGMENT_BYTES 8192

/* ---- between transport and routing, per packet ---- */

static void on_rtp(void *user, uint8_t *data, size_t len, uint64_t now_us)
{
    struct session *session = user;
    struct session_counters *counters = session_table_count_media(session->table);

    if (session->stream == NULL)
        return;
    counters->rtp_in_packets++;
    counters->rtp_in_bytes += len;
    stream_receive_rtp(session->stream, data, len, now_us);
}

static void on_rtcp(void *user, uint8_t *data, size_t len, uint64_t now_us)
{
    struct session *session = user;

    if (session->stream != NULL)
        stream_receive_rtcp(session->stream, data, len, now_us);
    else if (session->subscriber != NULL)
        subscriber_receive_rtcp(session->subscriber, data, len, now_us);
}

static int send_rtp(void *user, const struct rtp_pieces *pieces)
{
    struct session *session = user;
    struct session_counters *counters = session_table_count_media(session->table);
    int err = transport_send_rtp(session->transport, pieces);

    if (err < 0)
        return err;
    counters->rtp_out_packets++;
    counters->rtp_out_bytes += pieces->header_bytes + pieces->prefix_bytes + pieces->payload_bytes;
    return 0;
}

static void prefetch_sending(const void *user, unsigned step)
{
    const struct session *session = user;

    if (step == 0)
        prefetch(&session->table, PREFETCH_LINE_BYTES);
    else
        transport_prefetch(session->transport, step - 1);
}

static void send_rtcp(void *user, uint8_t *packet, size_t len)
{
    struct session *session = user;

    transport_send_rtcp(session->transport, packet, len);
}

/* ---- states ---- */

static void on_active(void *user, bool active)
{
    struct session *session = user;

    if (session->active == active)
        return;
    session->active = active;
    log_info(LOG_ROUTE, "event=source session=%.8s lesson=%s source=%s active=%d", session->id,
        session->lesson, session->source, active);
    session_table_emit(session->table, link_source_state(session->lesson, session->source, active));
}

static void on_slot_event(void *user, enum subscriber_event event, size_t slot)
{
    static const char *const names[] = {
        [SUBSCRIBER_SLOT_PLAYING] = "playing",
        [SUBSCRIBER_SLOT_EMPTY] = "empty",
        [SUBSCRIBER_SLOT_NO_CODEC] = "no_codec",
        [SUBSCRIBER_SLOT_PAUSED] = "paused",
    };
    struct session *session = user;

    if (slot >= session->slot_count || session->closing)
        return;
    session_slots_set_state(session->slots, slot, names[event]);
    session_table_emit(
        session->table, link_slot_state(session->id, session->slot_media[slot], names[event]));
}

/* An older publisher of the same source makes room, now that the new one has proved itself. It is not told
 * that the source falls silent: the new one says so if it sends nothing. */
static void replace_others(struct session *session)
{
    struct session *other;

    for (;;) {
        other =
            session_table_find_publisher(session->table, session->lesson, session->source, session);
        if (other == NULL || other->order > session->order)
            return;
        session->active = session->active || other->active;
        session_close(other, "replaced");
        stream_destroy(other->stream);
        other->stream = NULL;
    }
}

static int start_stream(struct session *session, uint64_t now_us)
{
    struct media_track *tracks;
    struct stream_params params = {
        .lesson = session->lesson,
        .source = session->source,
        .send_rtcp = send_rtcp,
        .on_active = on_active,
        .user = session,
    };
    int err;

    replace_others(session);
    params.was_active = session->active;
    tracks = calloc(session->negotiation->accepted_count, sizeof(*tracks));
    if (tracks == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < session->negotiation->media_count; i++) {
        if (session->negotiation->media[i].accepted)
            tracks[params.track_count++] = session->negotiation->media[i].track;
    }
    params.tracks = tracks;
    err = stream_create(
        session_table_context(session->table)->router, &params, now_us, &session->stream);
    free(tracks);
    return err;
}

static const char *close_reason_name(enum transport_close_reason reason)
{
    switch (reason) {
    case TRANSPORT_CLOSE_CONSENT:
        return "consent";
    case TRANSPORT_CLOSE_HANDSHAKE:
        return "handshake";
    case TRANSPORT_CLOSE_FINGERPRINT:
        return "fingerprint";
    default:
        return "peer";
    }
}

static void on_connected(struct session *session, uint64_t now_us)
{
    char address[NET_ADDRESS_CHARS] = "-";
    const struct transport_path *path = transport_get_path(session->transport);

    if (path != NULL)
        net_address_format(&path->remote, address);
    log_info(LOG_ICE, "event=connected session=%.8s peer=%s protocol=%s srtp=%s ms=%u", session->id,
        address, path != NULL && path->connection != 0 ? "tcp" : "udp",
        transport_srtp_profile(session->transport),
        (unsigned)((now_us - session->created_us) / US_PER_MS));
    session->connected = true;
    session_table_emit(session->table, link_session_state(session->id, true, "peer"));
    if (session->kind == SESSION_WATCH) {
        subscriber_start(session->subscriber, now_us);
        return;
    }
    if (start_stream(session, now_us) < 0)
        session_close(session, "peer");
}

static void on_state(
    void *user, enum transport_state state, enum transport_close_reason reason, uint64_t now_us)
{
    struct session *session = user;

    if (session->closing)
        return;
    if (state == TRANSPORT_CONNECTED && !session->connected)
        on_connected(session, now_us);
    else if (state == TRANSPORT_CLOSED)
        session_close(session, close_reason_name(reason));
}

/* ---- life ---- */

static int create_subscriber(
    struct session *session, const struct session_request *request, uint64_t now_us)
{
    struct subscriber_slot_params slots[NEGOTIATION_MAX_MEDIA] = {0};
    struct subscriber_params params = {
        .lesson = request->lesson,
        .cname = session->cname,
        .slots = slots,
        .send_rtp = send_rtp,
        .send_rtcp = send_rtcp,
        .prefetch = prefetch_sending,
        .on_event = on_slot_event,
        .user = session,
    };

    for (size_t i = 0; i < session->negotiation->media_count; i++) {
        const struct negotiated_media *media = &session->negotiation->media[i];

        if (!media->accepted)
            continue;
        slots[session->slot_count].track = &media->track;
        slots[session->slot_count].source = media->source;
        session->slot_media[session->slot_count++] = i;
    }
    params.slot_count = session->slot_count;
    if (session_slots_create(session->negotiation, &session->slots) < 0)
        return -ENOMEM;
    return subscriber_create(
        session_table_context(session->table)->router, &params, now_us, &session->subscriber);
}

static int create_transport(
    struct session *session, uint64_t now_us, struct session_error *ret_error)
{
    struct transport_params params = {
        .remote_fingerprint = session->negotiation->remote_fingerprint,
        .remote_ufrag = session->negotiation->remote_ufrag,
        .on_rtp = on_rtp,
        .on_rtcp = on_rtcp,
        .on_state = on_state,
        .user = session,
    };
    int err = transport_create(
        session_table_context(session->table)->mux, &params, now_us, &session->transport);

    if (err == -EINVAL)
        return session_fail(
            ret_error, 400, "bad_sdp", "a=fingerprint: expected a SHA-256 hash as 32 hex bytes");
    if (err < 0)
        session_fail(ret_error, 503, "full", "the relay is out of memory");
    return err;
}

int session_create(struct session_table *table, const struct session_request *request,
    uint64_t now_us, struct session **ret_session, struct session_error *ret_error)
{
    struct session *session = calloc(1, sizeof(*session));
    int err;

    session_fail(ret_error, 503, "full", "the relay is out of memory");
    if (session == NULL)
        return -ENOMEM;
    session->table = table;
    session->kind = request->kind;
    session->created_us = now_us;
    session->order = session_table_next_order(table);
    session->record = json_incref(request->record);
    snprintf(session->id, sizeof(session->id), "%s", request->session);
    snprintf(session->lesson, sizeof(session->lesson), "%s", request->lesson);
    random_id(session->cname);
    if (request->kind == SESSION_PUBLISH)
        snprintf(session->source, sizeof(session->source), "%s", request->source);
    err = negotiation_create(request, &session->negotiation, ret_error);
    if (err < 0)
        goto out;
    snprintf(session->remote_ufrag, sizeof(session->remote_ufrag), "%s",
        session->negotiation->remote_ufrag);
    err = create_transport(session, now_us, ret_error);
    if (err < 0)
        goto out;
    if (request->kind == SESSION_WATCH) {
        err = create_subscriber(session, request, now_us);
        if (err < 0) {
            session_fail(ret_error, 503, "full", "the relay is out of memory");
            goto out;
        }
    }
    *ret_session = session;
    session = NULL;
out:
    session_destroy(session);
    return err;
}

void session_destroy(struct session *session)
{
    if (session == NULL)
        return;
    stream_destroy(session->stream);
    subscriber_destroy(session->subscriber);
    session_slots_destroy(session->slots);
    transport_destroy(session->transport);
    negotiation_destroy(session->negotiation);
    json_decref(session->record);
    free(session);
}

void session_close(struct session *session, const char *reason)
{
    if (session->closing)
        return;
    session->closing = true;
    log_info(LOG_ICE, "event=closed session=%.8s reason=%s", session->id, reason);
    if (session->active && strcmp(reason, "replaced") != 0)
        session_table_emit(
            session->table, link_source_state(session->lesson, session->source, false));
    session_table_emit(session->table, link_session_state(session->id, false, reason));
    session_table_mark(session->table);
}

/* ---- requests ---- */

int session_answer(const struct session *session, char **ret_answer)
{
    const struct session_table_params *context = session_table_context(session->table);
    const struct transport_credentials *credentials = transport_credentials(session->transport);
    struct negotiation_local local = {
        .ufrag = credentials->ufrag,
        .pwd = credentials->pwd,
        .fingerprint = transport_identity_fingerprint(context->identity),
        .cname = session->cname,
        .candidates = context->candidates->items,
        .candidate_count = context->candidates->count,
    };

    return negotiation_answer(session->negotiation, &local, ret_answer);
}

static int parse_fragment(
    const char *text, struct sdpfrag *ret_fragment, struct session_error *ret_error)
{
    struct sdp_error error = {0};

    if (sdpfrag_parse(text, strlen(text), ret_fragment, &error) < 0)
        return session_fail(ret_error, 400, "bad_sdp", "%s", error.text);
    return 0;
}

int session_trickle(
    const struct session *session, const char *fragment, struct session_error *ret_error)
{
    struct sdpfrag parsed;

    if (parse_fragment(fragment, &parsed, ret_error) < 0)
        return -EINVAL;
    if (parsed.ice_ufrag[0] != '\0' && strcmp(parsed.ice_ufrag, session->remote_ufrag) != 0)
        return session_fail(ret_error, 400, "bad_sdp",
            "a=ice-ufrag is not this session's; a PATCH that restarts ICE has If-Match: *");
    return 0;
}

/* The m-line that carries the bundle. */
static const struct negotiated_media *first_accepted(const struct negotiation *negotiation)
{
    for (size_t i = 0; i < negotiation->media_count; i++) {
        if (negotiation->media[i].accepted)
            return &negotiation->media[i];
    }
    return &negotiation->media[0];
}

static int fail_restart(int err, struct session_error *ret_error)
{
    if (err == -ENOTCONN)
        return session_fail(ret_error, 404, "no_session", "the session is over; start a new one");
    if (err == -EINVAL)
        return session_fail(
            ret_error, 400, "bad_sdp", "a=ice-ufrag is longer than the relay takes");
    return session_fail(ret_error, 503, "full", "the relay is out of memory");
}

int session_restart(struct session *session, const char *fragment, uint64_t now_us,
    char **ret_fragment, struct session_error *ret_error)
{
    const struct session_table_params *context = session_table_context(session->table);
    const struct negotiated_media *media = first_accepted(session->negotiation);
    const struct transport_credentials *credentials;
    struct sdpfrag_answer answer = {
        .kind = media->offer->kind_text,
        .mid = media->track.mid,
        .candidates = context->candidates->items,
        .candidate_count = context->candidates->count,
    };
    struct sdpfrag parsed;
    struct sdp_writer writer;
    char *text;
    int err;

    if (parse_fragment(fragment, &parsed, ret_error) < 0)
        return -EINVAL;
    if (parsed.ice_ufrag[0] == '\0' || parsed.ice_pwd[0] == '\0')
        return session_fail(
            ret_error, 400, "bad_sdp", "an ICE restart needs a=ice-ufrag and a=ice-pwd");
    text = malloc(FRAGMENT_BYTES);
    if (text == NULL)
        return session_fail(ret_error, 503, "full", "the relay is out of memory");
    err = transport_restart(session->transport, parsed.ice_ufrag, now_us);
    if (err < 0) {
        free(text);
        return fail_restart(err, ret_error);
    }
    snprintf(session->remote_ufrag, sizeof(session->remote_ufrag), "%s", parsed.ice_ufrag);
    credentials = transport_credentials(session->transport);
    answer.ice_ufrag = credentials->ufrag;
    answer.ice_pwd = credentials->pwd;
    sdp_writer_init(&writer, text, FRAGMENT_BYTES);
    sdpfrag_write_answer(&writer, &answer);
    *ret_fragment = text;
    return 0;
}

int session_set_slot(struct session *session, size_t slot, const char *source, uint64_t now_us,
    struct session_error *ret_error)
{
    for (size_t i = 0; i < session->slot_count; i++) {
        if (session->slot_media[i] != slot)
            continue;
        if (subscriber_set_slot(session->subscriber, i, source, now_us) < 0)
            continue;
        session_slots_set_source(session->slots, i, source);
        return 0;
    }
    return session_fail(ret_error, 400, "bad_request", "the session has no slot %zu", slot);
}
