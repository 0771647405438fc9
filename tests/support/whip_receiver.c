#define GST_USE_UNSTABLE_API
#include "tests/support/whip_receiver.h"

#include <gst/rtp/rtp.h>
#include <gst/sdp/sdp.h>
#include <gst/video/video.h>
#include <gst/webrtc/webrtc.h>
#include <libsoup/soup.h>
#include <string.h>

#define GATHERING_MS  200
#define RID_EXTENSION 3 /* as our sender numbers it */

struct session {
    struct whip_receiver *receiver; /* borrowed */
    GstElement *pipeline;           /* owned */
    GstElement *webrtc;             /* borrowed from the pipeline */
    SoupServerMessage *message;     /* owned; waits for the answer, or NULL */
    GPtrArray *streams;             /* owned: struct stream */
};

struct stream {
    struct session *session; /* borrowed */
    GstPad *pad;             /* owned */
    gint slot;               /* in packets[], -1 before the first packet; atomic */
};

struct whip_receiver {
    GThread *thread; /* these are owned */
    GMainContext *context;
    GMainLoop *loop;
    SoupServer *server;
    GPtrArray *sessions;
    char *token;
    guint port;
    guint refuse_status;
    guint retry_after_s;
    GMutex lock; /* guards counts and streams */
    struct whip_receiver_counts counts;
};

/* ---- media ---- */

static gint slot_of(GstRTPBuffer *packet, bool video)
{
    gpointer rid = NULL;
    guint size = 0;
    if (!video)
        return 3;
    if (gst_rtp_buffer_get_extension_onebyte_header(packet, RID_EXTENSION, 0, &rid, &size) &&
        size == 1)
        return *(const char *)rid == 'm' ? 1 : *(const char *)rid == 'l' ? 2 : 0;
    return 0;
}

/* A STAP-A that begins with a sequence parameter set, or the start of an IDR slice. */
static bool begins_keyframe(GstRTPBuffer *packet)
{
    const guint8 *payload = gst_rtp_buffer_get_payload(packet);
    guint len = gst_rtp_buffer_get_payload_len(packet);
    return len > 3 && (payload[0] & 31) == 24 && (payload[3] & 31) == 7;
}

static GstPadProbeReturn on_packet(GstPad *pad, GstPadProbeInfo *info, gpointer user)
{
    struct stream *stream = user;
    struct whip_receiver *receiver = stream->session->receiver;
    GstRTPBuffer packet = GST_RTP_BUFFER_INIT;
    if (!gst_rtp_buffer_map(GST_PAD_PROBE_INFO_BUFFER(info), GST_MAP_READ, &packet))
        return GST_PAD_PROBE_OK;
    g_mutex_lock(&receiver->lock);
    if (stream->slot < 0) {
        stream->slot = slot_of(&packet, gst_rtp_buffer_get_payload_type(&packet) == 96);
        receiver->counts.streams++;
    }
    receiver->counts.packets[stream->slot]++;
    if (stream->slot < 3)
        receiver->counts.keyframe_starts[stream->slot] += begins_keyframe(&packet);
    g_mutex_unlock(&receiver->lock);
    gst_rtp_buffer_unmap(&packet);
    return GST_PAD_PROBE_OK;
}

static void stream_free(gpointer data)
{
    struct stream *stream = data;
    gst_object_unref(stream->pad);
    g_free(stream);
}

static void on_pad(GstElement *webrtc, GstPad *pad, gpointer user)
{
    struct session *session = user;
    if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC)
        return;
    struct stream *stream = g_new0(struct stream, 1);
    stream->session = session;
    stream->pad = gst_object_ref(pad);
    stream->slot = -1;
    g_mutex_lock(&session->receiver->lock);
    g_ptr_array_add(session->streams, stream);
    g_mutex_unlock(&session->receiver->lock);
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_packet, stream, NULL);
    GstElement *sink = gst_element_factory_make("fakesink", NULL);
    g_object_set(sink, "sync", FALSE, "async", FALSE, NULL);
    gst_bin_add(GST_BIN(session->pipeline), sink);
    g_autoptr(GstPad) into = gst_element_get_static_pad(sink, "sink");
    gst_pad_link(pad, into);
    gst_element_sync_state_with_parent(sink);
}

static void session_free(gpointer data)
{
    struct session *session = data;
    gst_element_set_state(session->pipeline, GST_STATE_NULL);
    gst_object_unref(session->pipeline);
    g_clear_object(&session->message);
    g_ptr_array_unref(session->streams);
    g_free(session);
}

/* ---- the answer ---- */

static gboolean send_answer(gpointer user)
{
    struct session *session = user;
    g_autoptr(GstWebRTCSessionDescription) local = NULL;
    g_object_get(session->webrtc, "local-description", &local, NULL);
    if (!session->message)
        return G_SOURCE_REMOVE;
    if (!local)
        return G_SOURCE_CONTINUE;
    g_autofree char *text = gst_sdp_message_as_text(local->sdp);
    soup_server_message_set_response(
        session->message, "application/sdp", SOUP_MEMORY_COPY, text, strlen(text));
    soup_message_headers_append(
        soup_server_message_get_response_headers(session->message), "Location", "session/1");
    soup_server_message_set_status(session->message, SOUP_STATUS_CREATED, NULL);
    soup_server_message_unpause(session->message);
    g_clear_object(&session->message);
    g_mutex_lock(&session->receiver->lock);
    session->receiver->counts.answers++;
    g_mutex_unlock(&session->receiver->lock);
    return G_SOURCE_REMOVE;
}

/* A thread of webrtcbin. */
static void on_answer_made(GstPromise *promise, gpointer user)
{
    struct session *session = user;
    g_autoptr(GstWebRTCSessionDescription) answer = NULL;
    const GstStructure *reply = gst_promise_get_reply(promise);
    if (reply)
        gst_structure_get(reply, "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &answer, NULL);
    if (answer)
        g_signal_emit_by_name(session->webrtc, "set-local-description", answer, NULL);
    gst_promise_unref(promise);
}

static void answer_offer(struct session *session, const char *offer_sdp)
{
    GstSDPMessage *sdp = NULL;
    gst_sdp_message_new_from_text(offer_sdp, &sdp);
    g_autoptr(GstWebRTCSessionDescription) offer =
        gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_OFFER, sdp);
    GstPromise *promise = gst_promise_new();
    g_signal_emit_by_name(session->webrtc, "set-remote-description", offer, promise);
    gst_promise_wait(promise);
    gst_promise_unref(promise);
    promise = gst_promise_new_with_change_func(on_answer_made, session, NULL);
    g_signal_emit_by_name(session->webrtc, "create-answer", NULL, promise);
    g_autoptr(GSource) timer = g_timeout_source_new(GATHERING_MS);
    g_source_set_callback(timer, send_answer, session, NULL);
    g_source_attach(timer, session->receiver->context);
}

static void begin_session(
    struct whip_receiver *receiver, SoupServerMessage *message, const char *offer_sdp)
{
    struct session *session = g_new0(struct session, 1);
    gboolean added = FALSE;
    g_autoptr(GObject) ice = NULL;
    session->receiver = receiver;
    session->message = g_object_ref(message);
    session->streams = g_ptr_array_new_with_free_func(stream_free);
    session->pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    session->webrtc = gst_element_factory_make("webrtcbin", NULL);
    gst_util_set_object_arg(G_OBJECT(session->webrtc), "bundle-policy", "max-bundle");
    g_object_set(session->webrtc, "latency", 20, NULL);
    gst_bin_add(GST_BIN(session->pipeline), session->webrtc);
    g_object_get(session->webrtc, "ice-agent", &ice, NULL);
    g_signal_emit_by_name(ice, "add-local-ip-address", "127.0.0.1", &added);
    g_signal_connect(session->webrtc, "pad-added", G_CALLBACK(on_pad), session);
    gst_element_set_state(session->pipeline, GST_STATE_PLAYING);
    g_ptr_array_add(receiver->sessions, session);
    soup_server_message_pause(message);
    answer_offer(session, offer_sdp);
}

/* ---- HTTP ---- */

static void on_request(SoupServer *server, SoupServerMessage *message, const char *path,
    GHashTable *query, gpointer user)
{
    struct whip_receiver *receiver = user;
    g_autofree char *wanted = g_strconcat("Bearer ", receiver->token, NULL);
    const char *given = soup_message_headers_get_one(
        soup_server_message_get_request_headers(message), "Authorization");
    const char *method = soup_server_message_get_method(message);
    bool authorised = g_strcmp0(given, wanted) == 0;
    g_mutex_lock(&receiver->lock);
    receiver->counts.tokens_right &= authorised;
    receiver->counts.posts += strcmp(method, SOUP_METHOD_POST) == 0;
    receiver->counts.deletes += strcmp(method, SOUP_METHOD_DELETE) == 0;
    g_mutex_unlock(&receiver->lock);
    if (!authorised) {
        soup_server_message_set_status(message, SOUP_STATUS_UNAUTHORIZED, NULL);
    } else if (strcmp(method, SOUP_METHOD_POST) != 0) {
        soup_server_message_set_status(message, SOUP_STATUS_OK, NULL);
    } else if (receiver->refuse_status) {
        g_autofree char *retry = g_strdup_printf("%u", receiver->retry_after_s);
        if (receiver->retry_after_s)
            soup_message_headers_append(
                soup_server_message_get_response_headers(message), "Retry-After", retry);
        soup_server_message_set_status(message, receiver->refuse_status, NULL);
    } else {
        g_autoptr(GBytes) body =
            soup_message_body_flatten(soup_server_message_get_request_body(message));
        g_autofree char *offer = g_strndup(g_bytes_get_data(body, NULL), g_bytes_get_size(body));
        begin_session(receiver, message, offer);
    }
}

/* ---- the thread ---- */

static gpointer run(gpointer data)
{
    struct whip_receiver *receiver = data;
    g_main_context_push_thread_default(receiver->context);
    g_main_loop_run(receiver->loop);
    g_ptr_array_set_size(receiver->sessions, 0);
    soup_server_disconnect(receiver->server);
    g_clear_object(&receiver->server);
    while (g_main_context_iteration(receiver->context, FALSE))
        ;
    g_main_context_pop_thread_default(receiver->context);
    return NULL;
}

struct call {
    struct whip_receiver *receiver;
    void (*function)(struct whip_receiver *receiver, const void *data);
    const void *data;
    GMutex lock;
    GCond done_changed;
    bool done;
};

static gboolean run_call(gpointer user)
{
    struct call *call = user;
    call->function(call->receiver, call->data);
    g_mutex_lock(&call->lock);
    call->done = true;
    g_cond_signal(&call->done_changed);
    g_mutex_unlock(&call->lock);
    return G_SOURCE_REMOVE;
}

static void call_and_wait(struct whip_receiver *receiver,
    void (*function)(struct whip_receiver *receiver, const void *data), const void *data)
{
    struct call call = {.receiver = receiver, .function = function, .data = data};
    g_mutex_init(&call.lock);
    g_cond_init(&call.done_changed);
    g_main_context_invoke(receiver->context, run_call, &call);
    g_mutex_lock(&call.lock);
    while (!call.done)
        g_cond_wait(&call.done_changed, &call.lock);
    g_mutex_unlock(&call.lock);
    g_mutex_clear(&call.lock);
    g_cond_clear(&call.done_changed);
}

struct whip_receiver *whip_receiver_start(const char *token, guint port)
{
    g_autoptr(GError) error = NULL;
    struct whip_receiver *receiver = g_new0(struct whip_receiver, 1);
    receiver->token = g_strdup(token);
    receiver->counts.tokens_right = true;
    receiver->sessions = g_ptr_array_new_with_free_func(session_free);
    receiver->context = g_main_context_new();
    receiver->loop = g_main_loop_new(receiver->context, FALSE);
    g_mutex_init(&receiver->lock);
    g_main_context_push_thread_default(receiver->context);
    receiver->server = soup_server_new(NULL, NULL);
    soup_server_add_handler(receiver->server, NULL, on_request, receiver, NULL);
    bool listening =
        soup_server_listen_local(receiver->server, port, SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
    g_main_context_pop_thread_default(receiver->context);
    if (!listening)
        g_error("the receiver cannot listen: %s", error->message);
    GSList *uris = soup_server_get_uris(receiver->server);
    receiver->port = (guint)g_uri_get_port(uris->data);
    g_slist_free_full(uris, (GDestroyNotify)g_uri_unref);
    receiver->thread = g_thread_new("whip-receiver", run, receiver);
    return receiver;
}

static void quit(struct whip_receiver *receiver, const void *data)
{
    g_main_loop_quit(receiver->loop);
}

void whip_receiver_stop(struct whip_receiver *receiver)
{
    if (!receiver)
        return;
    call_and_wait(receiver, quit, NULL);
    g_thread_join(receiver->thread);
    g_ptr_array_unref(receiver->sessions);
    g_main_loop_unref(receiver->loop);
    g_main_context_unref(receiver->context);
    g_mutex_clear(&receiver->lock);
    g_free(receiver->token);
    g_free(receiver);
}

guint whip_receiver_port(const struct whip_receiver *receiver)
{
    return receiver->port;
}

char *whip_receiver_url(const struct whip_receiver *receiver)
{
    return g_strdup_printf("http://127.0.0.1:%u/whip/test", receiver->port);
}

void whip_receiver_read(struct whip_receiver *receiver, struct whip_receiver_counts *ret_counts)
{
    g_mutex_lock(&receiver->lock);
    *ret_counts = receiver->counts;
    g_mutex_unlock(&receiver->lock);
}

static void refuse(struct whip_receiver *receiver, const void *data)
{
    const guint *values = data;
    receiver->refuse_status = values[0];
    receiver->retry_after_s = values[1];
}

void whip_receiver_refuse(struct whip_receiver *receiver, guint status, guint retry_after_s)
{
    const guint values[] = {status, retry_after_s};
    call_and_wait(receiver, refuse, values);
}

static void request_keyframe(struct whip_receiver *receiver, const void *data)
{
    const gint slot = *(const char *)data == 'm' ? 1 : *(const char *)data == 'l' ? 2 : 0;
    for (guint i = 0; i < receiver->sessions->len; i++) {
        struct session *session = g_ptr_array_index(receiver->sessions, i);
        for (guint n = 0; n < session->streams->len; n++) {
            struct stream *stream = g_ptr_array_index(session->streams, n);
            if (stream->slot == slot)
                gst_pad_send_event(stream->pad,
                    gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
        }
    }
}

void whip_receiver_request_keyframe(struct whip_receiver *receiver, char rid)
{
    call_and_wait(receiver, request_keyframe, &rid);
}

static void drop_sessions(struct whip_receiver *receiver, const void *data)
{
    g_ptr_array_set_size(receiver->sessions, 0);
}

void whip_receiver_drop_sessions(struct whip_receiver *receiver)
{
    call_and_wait(receiver, drop_sessions, NULL);
}
