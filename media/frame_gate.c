#include "media/frame_gate.h"

#include <gst/rtp/rtp.h>
#include <gst/video/video.h>

#include "common/clock.h"
#include "media/picture_gate.h"

#define KEYFRAME_RETRY_US (500 * US_PER_MS)
/* A new viewer gets the relay's cached keyframe unasked: give it a moment to arrive. */
#define KEYFRAME_GRACE_US (300 * US_PER_MS)
/* More packets than any frame has; beyond it the stream is nonsense. */
#define HELD_MAX 2048

struct frame_gate {
    GstElement parent;
    GstPad *sink; /* owned by the element, as src */
    GstPad *src;
    GPtrArray *held; /* owned; buffers of the frame in the making; streaming thread */
    GMutex lock;     /* guards all below */
    struct picture_gate gate;
    uint64_t frames_released;
    uint64_t keyframes_requested;
    uint64_t next_request_us; /* 0 before the first packet */
    bool close_wanted;
};

struct frame_gate_class {
    GstElementClass parent_class;
};

/* The names that GObject's macros build upon. */
typedef struct frame_gate FrameGate;
typedef struct frame_gate_class FrameGateClass;
G_DEFINE_TYPE(FrameGate, frame_gate, GST_TYPE_ELEMENT)

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE(
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS("application/x-rtp, media=video"));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE(
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS("application/x-rtp, media=video"));

static void request_keyframe(struct frame_gate *self)
{
    gst_pad_push_event(
        self->sink, gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
}

/* With the lock held. */
static bool keyframe_request_is_due(struct frame_gate *self, uint64_t now_us)
{
    if (!picture_gate_lacks_keyframe(&self->gate) || now_us < self->next_request_us)
        return false;
    self->next_request_us = now_us + KEYFRAME_RETRY_US;
    self->keyframes_requested++;
    return true;
}

/* What is to be done with the packet; with the lock held. */
static unsigned judge(struct frame_gate *self, const struct picture_packet *packet, bool *ret_ask)
{
    uint64_t now_us = clock_now_us();
    unsigned actions = 0;

    if (self->next_request_us == 0)
        self->next_request_us = now_us + KEYFRAME_GRACE_US;
    if (self->close_wanted || self->held->len >= HELD_MAX) {
        picture_gate_close(&self->gate);
        self->close_wanted = false;
        actions |= PICTURE_DISCARD_HELD;
    }
    bool awaited = self->gate.awaits_keyframe;
    actions |= picture_gate_push(&self->gate, packet);
    /* The first request after a loss waits for nothing, but for the half second since the last. */
    if (self->gate.awaits_keyframe && !awaited &&
        now_us + KEYFRAME_GRACE_US < self->next_request_us)
        self->next_request_us = now_us;
    *ret_ask = keyframe_request_is_due(self, now_us);
    if (actions & PICTURE_RELEASE_HELD)
        self->frames_released++;
    if (actions & PICTURE_RELEASE_ALL)
        self->frames_released++;
    return actions;
}

static GstFlowReturn release(struct frame_gate *self, bool is_key)
{
    if (self->held->len == 0)
        return GST_FLOW_OK;
    gsize count;
    gpointer *held = g_ptr_array_steal(self->held, &count);
    GstBufferList *list = gst_buffer_list_new_sized((guint)count);
    for (gsize i = 0; i < count; i++) {
        GstBuffer *buffer = gst_buffer_make_writable(held[i]);
        if (!is_key)
            GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
        gst_buffer_list_add(list, buffer);
    }
    g_free(held);
    return gst_pad_push_list(self->src, list);
}

struct judgement {
    unsigned actions;
    bool ask;         /* for a keyframe */
    bool held_is_key; /* the frame that is released without the packet */
    bool all_is_key;  /* and the one with it */
};

/* No actions for one that is not RTP. */
static void judge_buffer(
    struct frame_gate *self, GstBuffer *buffer, struct judgement *ret_judgement)
{
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;

    if (!gst_rtp_buffer_map(buffer, GST_MAP_READ, &rtp))
        return;
    struct picture_packet packet = {
        .sequence = gst_rtp_buffer_get_seq(&rtp),
        .timestamp_rtp = gst_rtp_buffer_get_timestamp(&rtp),
        .marker = gst_rtp_buffer_get_marker(&rtp),
        .payload_len = gst_rtp_buffer_get_payload_len(&rtp),
    };
    if (packet.payload_len > 0)
        packet.payload = gst_rtp_buffer_get_payload(&rtp);
    g_mutex_lock(&self->lock);
    ret_judgement->actions = judge(self, &packet, &ret_judgement->ask);
    ret_judgement->held_is_key = self->gate.held_is_key;
    ret_judgement->all_is_key = self->gate.frame_is_key;
    g_mutex_unlock(&self->lock);
    gst_rtp_buffer_unmap(&rtp);
}

static GstFlowReturn chain(GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
    struct frame_gate *self = (struct frame_gate *)parent;
    GstFlowReturn flow = GST_FLOW_OK;
    struct judgement judgement = {0};

    judge_buffer(self, buffer, &judgement);
    unsigned actions = judgement.actions;
    if (actions & PICTURE_DISCARD_HELD)
        g_ptr_array_set_size(self->held, 0);
    if (actions & PICTURE_RELEASE_HELD)
        flow = release(self, judgement.held_is_key);
    if (actions & PICTURE_HOLD)
        g_ptr_array_add(self->held, buffer);
    else
        gst_buffer_unref(buffer);
    if (actions & PICTURE_RELEASE_ALL && flow == GST_FLOW_OK)
        flow = release(self, judgement.all_is_key);
    if (judgement.ask)
        request_keyframe(self);
    return flow;
}

static enum picture_codec codec_of(const GstCaps *caps)
{
    const char *name = gst_structure_get_string(gst_caps_get_structure(caps, 0), "encoding-name");

    if (g_strcmp0(name, "H264") == 0)
        return PICTURE_CODEC_H264;
    return g_strcmp0(name, "VP8") == 0 ? PICTURE_CODEC_VP8 : PICTURE_CODEC_OTHER;
}

static gboolean sink_event(GstPad *pad, GstObject *parent, GstEvent *event)
{
    struct frame_gate *self = (struct frame_gate *)parent;

    if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
        GstCaps *caps = NULL;
        gst_event_parse_caps(event, &caps);
        enum picture_codec codec = codec_of(caps);
        g_mutex_lock(&self->lock);
        if (codec != self->gate.codec)
            picture_gate_init(&self->gate, codec);
        g_mutex_unlock(&self->lock);
    } else if (gst_event_has_name(event, "GstRTPPacketLost")) {
        /* A hole shows in the sequence numbers; behind the gate there are none. */
        gst_event_unref(event);
        return TRUE;
    } else if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) {
        g_ptr_array_set_size(self->held, 0);
    }
    return gst_pad_event_default(pad, parent, event);
}

static void frame_gate_finalize(GObject *object)
{
    struct frame_gate *self = (struct frame_gate *)object;

    g_ptr_array_unref(self->held);
    g_mutex_clear(&self->lock);
    G_OBJECT_CLASS(frame_gate_parent_class)->finalize(object);
}

static void frame_gate_class_init(struct frame_gate_class *class)
{
    GstElementClass *element_class = GST_ELEMENT_CLASS(class);

    G_OBJECT_CLASS(class)->finalize = frame_gate_finalize;
    gst_element_class_add_static_pad_template(element_class, &sink_template);
    gst_element_class_add_static_pad_template(element_class, &src_template);
    gst_element_class_set_static_metadata(element_class, "Frame gate", "Filter/Network/RTP",
        "Lets only whole, decodable video frames through", "Duet");
}

static void frame_gate_init(struct frame_gate *self)
{
    g_mutex_init(&self->lock);
    self->held = g_ptr_array_new_with_free_func((GDestroyNotify)gst_buffer_unref);
    picture_gate_init(&self->gate, PICTURE_CODEC_OTHER);

    self->sink = gst_pad_new_from_static_template(&sink_template, "sink");
    gst_pad_set_chain_function(self->sink, chain);
    gst_pad_set_event_function(self->sink, sink_event);
    GST_PAD_SET_PROXY_CAPS(self->sink);
    gst_element_add_pad(GST_ELEMENT(self), self->sink);
    self->src = gst_pad_new_from_static_template(&src_template, "src");
    GST_PAD_SET_PROXY_CAPS(self->src);
    gst_element_add_pad(GST_ELEMENT(self), self->src);
}

GstElement *frame_gate_new(const char *name)
{
    return g_object_new(frame_gate_get_type(), "name", name, NULL);
}

void frame_gate_close(GstElement *gate)
{
    struct frame_gate *self = (struct frame_gate *)gate;

    g_mutex_lock(&self->lock);
    self->close_wanted = true;
    self->next_request_us = clock_now_us() + KEYFRAME_RETRY_US;
    self->keyframes_requested++;
    g_mutex_unlock(&self->lock);
    request_keyframe(self);
}

void frame_gate_read_stats(GstElement *gate, struct frame_gate_stats *ret_stats)
{
    struct frame_gate *self = (struct frame_gate *)gate;

    g_mutex_lock(&self->lock);
    *ret_stats = (struct frame_gate_stats){
        .gaps = self->gate.gaps,
        .frames_dropped = self->gate.frames_dropped,
        .frames_released = self->frames_released,
        .keyframes_requested = self->keyframes_requested,
        .awaits_keyframe = self->gate.awaits_keyframe,
    };
    g_mutex_unlock(&self->lock);
}
