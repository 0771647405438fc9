/*
 * One received stream of a lesson that is played later: what comes is kept, still as RTP, and handed out again when it is due.
 *
 *   whep_session's pad ─ frame gate (video) ─ kept │ queue │ appsrc ─ received_video, received_audio
 *            receiving pipeline, its threads        main thread and feeder, playing pipeline
 *
 * The gate stands before the queue: a keyframe is asked for when a picture is lost, not when the loss would be seen. Made by
 * shift_player.c, which locks: the fields marked with a star are guarded by its lock.
 */
#ifndef DUET_PLAYER_SHIFT_STREAM_H
#define DUET_PLAYER_SHIFT_STREAM_H

#include <gst/gst.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "media/frame_gate.h"
#include "media/shift_queue.h"
#include "media/whep_session.h"

/* What all streams of a lesson have in common. */
struct shift_common {
    GstBin *received; /* borrowed; the pipeline that receives, playing */
    GMutex lock;
    struct shift_store store; /* * */
    uint64_t shift_us;
    _Atomic unsigned seen_generation; /* newest of which a whole picture came */
    _Atomic unsigned heard_generation;
    _Atomic uint64_t heard_since_us;
    _Atomic uint64_t
        last_picture_us;           /* when a whole one of the first slot came last, 0 for never */
    _Atomic uint64_t first_due_us; /* of the first one, 0 while there is none */
};

struct shift_stream {
    struct shift_common *common; /* borrowed */

    /* of the receiving side */
    char *codec; /* owned */
    unsigned generation;
    unsigned slot;
    bool is_video;
    GstPad *peer;               /* owned; NULL once nothing more comes */
    GstElement *bin;            /* owned by the pipeline that receives; NULL as peer */
    GstElement *gate;           /* owned by bin; NULL for sound */
    GstSegment segment;         /* streaming thread */
    struct replay_meter replay; /* streaming thread */
    bool starved; /* streaming thread: the store was full, pictures wait for a keyframe */

    struct shift_queue queue; /* * */
    GstCaps *caps;            /* * owned; NULL before the first packet */
    struct frame_gate_stats gone;

    /* of the playing side */
    GstElement *source;  /* * owned by the pipeline that plays; NULL while nothing is due soon */
    uint64_t emptied_us; /* when the last packet was seen gone, 0: there are some */
};

/* Links the stream's pad, which is blocked. NULL with error. */
struct shift_stream *shift_stream_new(
    struct shift_common *common, const struct whep_stream *received, GError **error);

/* Nothing more is received; what is kept stays, or is thrown away. */
void shift_stream_end(struct shift_stream *stream, bool keep);

/* source must be NULL by now. */
void shift_stream_free(struct shift_stream *stream);

void shift_stream_read_gate(struct shift_stream *stream, struct frame_gate_stats *ret_stats);

/* An appsrc with what is known of the stream, floating; caps are known by then. */
GstElement *shift_stream_new_source(struct shift_stream *stream);

/* Hands a packet that was taken from a queue to its source, so much later than it was received. Feeder thread, unlocked; the
 * packet is consumed. */
void shift_stream_push(GstElement *source, struct shift_packet *packet, GstClockTime shift_ns);

#endif
