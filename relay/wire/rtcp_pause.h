/*
 * Pausing single streams of a sender (RFC 7728 section 8): transport feedback of format 9. The media
 * SSRC of the common head is 0; each entry names its own target.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   |                          target SSRC                          |
 *   | type  |  res  | parameter len |            PauseID            |
 *   :       parameters: for PAUSED the last sequence number         :
 *
 * Views borrow the input. Pure; any thread.
 */
#ifndef DUET_RELAY_WIRE_RTCP_PAUSE_H
#define DUET_RELAY_WIRE_RTCP_PAUSE_H

#include "relay/wire/rtcp.h"

enum rtcp_pause_type {
    RTCP_PAUSE = 0,   /* request to the sender of the target */
    RTCP_RESUME = 1,  /* request, with the PauseID of the pause it ends */
    RTCP_PAUSED = 2,  /* the sender tells */
    RTCP_REFUSED = 3, /* the sender tells, with the PauseID of the request */
};

struct rtcp_pause_entry {
    uint32_t target_ssrc;
    enum rtcp_pause_type type;
    uint16_t pause_id;
    uint32_t last_sequence; /* PAUSED only: with cycles in the upper half; 0 when not given */
};

struct rtcp_pause_iterator {
    struct byte_reader reader;
    bool failed; /* an entry was cut: the rest was not looked at */
};

/* feedback is of format RTCP_RTPFB_PAUSE. Entries of types that are not above are passed over. */
void rtcp_pause_iterator_init(
    struct rtcp_pause_iterator *iterator, const struct rtcp_feedback *feedback);
bool rtcp_pause_iterator_next(
    struct rtcp_pause_iterator *iterator, struct rtcp_pause_entry *ret_entry);

/* Appends one whole packet with one entry, or nothing and the writer has failed. */
void rtcp_write_pause(
    struct byte_writer *writer, uint32_t sender_ssrc, const struct rtcp_pause_entry *entry);

#endif
