/* What the three parts of a viewer share: viewer.c (its life), viewer_media.c (what comes),
 * viewer_feedback.c (what it sends back). */
#ifndef DUET_TESTS_BENCH_LOAD_VIEWER_INTERNAL_H
#define DUET_TESTS_BENCH_LOAD_VIEWER_INTERNAL_H

#include "relay/transport/transport.h"
#include "relay/wire/transport_feedback.h"
#include "tests/bench/load/arrivals.h"
#include "tests/bench/load/first_frame.h"
#include "tests/bench/load/srtp_evp.h"
#include "tests/bench/load/viewer.h"

enum viewer_stream_kind {
    VIEWER_VIDEO,
    VIEWER_AUDIO,
    VIEWER_RTX,
    VIEWER_STREAMS,
};

struct viewer_stream {
    struct arrivals arrivals;
    uint32_t ssrc;
    uint32_t last_sr;       /* middle of its NTP time; 0 = none */
    uint64_t last_sr_us;    /* when it came */
    uint64_t reported_lost; /* at the last receiver report, as the next one */
    uint64_t reported_expected;
};

/* When the viewer sends what. */
struct viewer_feedback {
    struct transport_feedback_builder builder;
    uint64_t next_report_us;
    uint64_t next_transport_us;
    uint64_t next_pli_us;
    uint8_t transport_count;
    bool transport_started;
};

struct viewer {
    struct viewer_params params;
    char *location;           /* owned; of the session, NULL without */
    struct peer_client *peer; /* owned */
    struct srtp_evp *inbound; /* owned */

    struct viewer_figures figures;
    struct viewer_totals ended; /* of earlier sessions */
    struct viewer_totals now;   /* lost and repeated are in the streams */
    struct viewer_stream streams[VIEWER_STREAMS];
    struct viewer_feedback feedback;
    struct first_frame first_frame;
    uint64_t last_whole_us;    /* when the last whole picture came */
    uint64_t now_us;           /* of the packet at hand */
    uint32_t ssrc;             /* of its reports */
    struct net_address remote; /* where fd is connected to */
    int fd;                    /* owned; -1 = none */
};

/* To the server. */
void viewer_send_datagram(void *user, const uint8_t *data, size_t len);

/* One datagram, of any kind. */
void viewer_media_receive(void *user, uint8_t *data, size_t len, uint64_t arrival_ns);

/* A decrypted RTCP packet. */
void viewer_feedback_receive(void *user, const uint8_t *data, size_t len);
/* Notes a packet for the next transport-wide feedback. */
void viewer_feedback_note(struct viewer *viewer, uint16_t transport_sequence, uint64_t arrival_us);
/* Sends what is due. */
void viewer_feedback_tick(struct viewer *viewer, uint64_t now_us);

#endif
