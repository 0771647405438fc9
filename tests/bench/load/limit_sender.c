#define _GNU_SOURCE
#include "tests/bench/load/limit_sender.h"

#include "common/bytes.h"
#include "common/clock.h"
#include "relay/wire/rtp.h"
#include "tests/bench/load/descriptions.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PACKET_BYTES 1400
#define MAX_PACKETS  8192 /* of a unit: over TRACE_MAX_KBPS's largest keyframe */
#define BUFFER_BYTES (1 << 20)
#define RUN_BYTES    65000

struct limit_viewer {
    struct srtp_evp *srtp; /* owned */
    struct sockaddr_in address;
};

union limit_control {
    struct cmsghdr align;
    uint8_t bytes[CMSG_SPACE(sizeof(uint16_t))];
};

struct limit_sender {
    struct limit_sender_params params;
    struct limit_viewer *viewers; /* owned */
    uint64_t video_index;
    uint64_t audio_index;
    int fd; /* owned */

    /* the unit at hand */
    size_t count;
    uint64_t first_index;
    uint16_t lens[MAX_PACKETS]; /* in clear */
    uint8_t *plain;             /* owned; MAX_PACKETS × PACKET_BYTES */

    /* messages not handed over yet */
    size_t pending;
    size_t used;
    struct mmsghdr messages[LIMIT_MAX_BATCH];
    struct iovec vectors[LIMIT_MAX_BATCH];
    union limit_control controls[LIMIT_MAX_BATCH];
    uint8_t buffer[BUFFER_BYTES];
};

static int add_viewer(struct limit_sender *sender, size_t i)
{
    const uint8_t *key = sender->params.keys[i];

    sender->viewers[i].address = sender->params.addresses[i];
    return srtp_evp_create(sender->params.profile, key, key + SRTP_EVP_KEY_BYTES,
        sender->params.openssl ? SRTP_EVP_WRITE_BY_OPENSSL : SRTP_EVP_WRITE,
        &sender->viewers[i].srtp);
}

int limit_sender_create(const struct limit_sender_params *params, struct limit_sender **ret_sender)
{
    struct limit_sender *sender = calloc(1, sizeof(*sender));
    int err = -ENOMEM;

    if (sender == NULL)
        return -ENOMEM;
    sender->params = *params;
    sender->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sender->viewers = calloc(params->viewers, sizeof(*sender->viewers));
    sender->plain = calloc(MAX_PACKETS, PACKET_BYTES);
    if (sender->fd < 0 || sender->viewers == NULL || sender->plain == NULL)
        goto out;
    for (size_t i = 0; i < params->viewers; i++) {
        err = add_viewer(sender, i);
        if (err < 0)
            goto out;
    }
    *ret_sender = sender;
    return 0;

out:
    limit_sender_destroy(sender);
    return err;
}

void limit_sender_destroy(struct limit_sender *sender)
{
    if (sender == NULL)
        return;
    for (size_t i = 0; sender->viewers != NULL && i < sender->params.viewers; i++)
        srtp_evp_destroy(sender->viewers[i].srtp);
    free(sender->viewers);
    free(sender->plain);
    if (sender->fd >= 0)
        close(sender->fd);
    free(sender);
}

size_t limit_run_length(const uint16_t *lens, size_t count, size_t first, size_t max_run)
{
    size_t run = 1, bytes = lens[first];

    while (first + run < count && run < max_run) {
        size_t len = lens[first + run];

        if (len > lens[first] || bytes + len > RUN_BYTES)
            break;
        bytes += len;
        run++;
        if (len < lens[first])
            break;
    }
    return run;
}

/* ---- one unit ---- */

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* Extensions of the same size as the relay's; nobody reads them here. */
static void write_packet(
    struct limit_sender *sender, const struct trace_unit *unit, size_t packet, uint64_t index)
{
    const struct rtp_header header = {
        .payload_type = unit->video ? DESCRIPTIONS_VIDEO_TYPE : DESCRIPTIONS_AUDIO_TYPE,
        .marker = unit->video && packet + 1 == unit->packet_count,
        .has_extension = sender->params.header_bytes > RTP_HEADER_BYTES,
        .sequence_number = (uint16_t)index,
        .timestamp = trace_timestamp_rtp(unit),
        .ssrc = unit->video ? 1 : 2,
    };
    uint8_t *data = sender->plain + packet * PACKET_BYTES;

    rtp_write_header(data, &header);
    if (header.has_extension) {
        bytes_put_u16(data + RTP_HEADER_BYTES, RTP_EXTENSION_ONE_BYTE);
        bytes_put_u16(data + RTP_HEADER_BYTES + 2,
            (uint16_t)((sender->params.header_bytes - RTP_HEADER_BYTES) / 4 - 1));
    }
    trace_write_payload(unit, packet, now_ns(), data + sender->params.header_bytes);
    sender->lens[packet] =
        (uint16_t)(sender->params.header_bytes + trace_packet_bytes(unit, packet));
}

static int flush(struct limit_sender *sender)
{
    size_t done = 0;

    while (done < sender->pending) {
        int sent = sendmmsg(
            sender->fd, sender->messages + done, (unsigned)(sender->pending - done), MSG_NOSIGNAL);

        if (sent < 0 && errno != EINTR && errno != ECONNREFUSED && errno != ENOBUFS)
            return -errno;
        done += sent > 0 ? (size_t)sent : 1;
    }
    sender->pending = 0;
    sender->used = 0;
    return 0;
}

static void add_message(struct limit_sender *sender, struct limit_viewer *viewer, size_t len,
    size_t run, uint16_t segment_bytes)
{
    size_t i = sender->pending++;
    struct msghdr *header = &sender->messages[i].msg_hdr;
    struct cmsghdr *control = &sender->controls[i].align;

    sender->vectors[i].iov_base = sender->buffer + sender->used;
    sender->vectors[i].iov_len = len;
    sender->used += len;
    header->msg_name = &viewer->address;
    header->msg_namelen = sizeof(viewer->address);
    header->msg_iov = &sender->vectors[i];
    header->msg_iovlen = 1;
    header->msg_control = run > 1 ? control : NULL;
    header->msg_controllen = run > 1 ? sizeof(sender->controls[i].bytes) : 0;
    if (run > 1) {
        control->cmsg_level = IPPROTO_UDP;
        control->cmsg_type = UDP_SEGMENT;
        control->cmsg_len = CMSG_LEN(sizeof(segment_bytes));
        memcpy(CMSG_DATA(control), &segment_bytes, sizeof(segment_bytes));
    }
}

static int send_run(
    struct limit_sender *sender, struct limit_viewer *viewer, size_t first, size_t run)
{
    size_t tag_bytes = srtp_evp_tag_bytes(sender->params.profile);
    size_t room = run * (sender->lens[first] + tag_bytes);
    size_t len = 0;
    int err;

    if (sender->pending == sender->params.batch || sender->used + room > BUFFER_BYTES) {
        err = flush(sender);
        if (err < 0)
            return err;
    }
    for (size_t i = first; i < first + run; i++) {
        err = srtp_evp_protect(viewer->srtp, sender->first_index + i,
            sender->plain + i * PACKET_BYTES, sender->params.header_bytes, sender->lens[i],
            sender->buffer + sender->used + len);
        if (err < 0)
            return err;
        len += sender->lens[i] + tag_bytes;
    }
    add_message(sender, viewer, len, run, (uint16_t)(sender->lens[first] + tag_bytes));
    return 0;
}

/* As the relay does (relay/routing/look_ahead.h). */
static void look_ahead(const struct limit_sender *sender, size_t next)
{
    if (next < sender->params.viewers)
        srtp_evp_prefetch(sender->viewers[next].srtp, 1);
    if (next + 1 < sender->params.viewers)
        srtp_evp_prefetch(sender->viewers[next + 1].srtp, 0);
}

int64_t limit_sender_send(struct limit_sender *sender, const struct trace_unit *unit)
{
    uint64_t *next_index = unit->video ? &sender->video_index : &sender->audio_index;
    int err;

    if (unit->packet_count > MAX_PACKETS)
        return -E2BIG;
    sender->count = unit->packet_count;
    sender->first_index = *next_index;
    for (size_t i = 0; i < unit->packet_count; i++)
        write_packet(sender, unit, i, (*next_index)++);
    for (size_t v = 0; v < sender->params.viewers; v++) {
        look_ahead(sender, v + 1);
        for (size_t i = 0, run; i < sender->count; i += run) {
            run = limit_run_length(sender->lens, sender->count, i, sender->params.run);
            err = send_run(sender, &sender->viewers[v], i, run);
            if (err < 0)
                return err;
        }
    }
    err = flush(sender);
    return err < 0 ? err : (int64_t)(sender->count * sender->params.viewers);
}
