#include "media/frame_gate.h"

#include <gst/rtp/rtp.h>
#include <gst/video/video.h>

#include "common/clock.h"
#include "media/picture_gate.h"

#define KEYFRAME_RETRY_US (500 * US_PER_MS)
/* A new viewer gets the relay's cached keyframe unasked: give it a moment to arrive. */
#define KEYFRAME_GRACE_US (200 * US_PER_MS)
/* Larger than any frame in use; beyond it the stream is nonsense. */
#define HELD_MAX          2048

struct frame_gate {
    GstElement parent;
    GstPad *sink; /* owned by the element */
    GstPad *src;  /* owned by the element */
    GMutex lock;  /* guards all below but held */
    struct picture_gate gate;
    uint64_t frames_released;
    uint64_t keyframes_requested;
    uint64_t next_request_us;
    GPtrArray *held; /* owned GstBuffers of the frame in the making; streaming thread */
};

struct frame_gate_class {
    GstElementClass parent_class;
};

static GType frame_gate_get_type(void);
G_DEFINE_TYPE(FrameGate, frame_gate, GST_TYPE_ELEMENT)
