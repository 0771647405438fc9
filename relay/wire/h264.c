#include "relay/wire/h264.h"

#include "common/bytes.h"

#include <errno.h>

void h264_nal_iterator_init(struct h264_nal_iterator *iterator, const uint8_t *payload, size_t len)
{
    *iterator = (struct h264_nal_iterator){.next = payload, .end = payload + len};
    if (len > 0 && (payload[0] & 0x1f) == H264_NAL_STAP_A) {
        iterator->aggregate = true;
        iterator->next++;
        /* An aggregate of nothing is as broken as one that is cut. */
        iterator->failed = len == 1;
    }
}

static bool is_single(uint8_t type)
{
    return type >= 1 && type <= 23;
}

static bool next_in_aggregate(struct h264_nal_iterator *it, struct h264_nal *nal)
{
    if (it->end - it->next < 3)
        return false;
    size_t bytes = bytes_get_u16(it->next);
    const uint8_t *unit = it->next + 2;
    if (bytes == 0 || bytes > (size_t)(it->end - unit) || !is_single(unit[0] & 0x1f))
        return false;
    *nal = (struct h264_nal){
        .type = unit[0] & 0x1f,
        .start = true,
        .data = unit + 1,
        .bytes = bytes - 1,
    };
    it->next = unit + bytes;
    return true;
}

static bool next_whole(struct h264_nal_iterator *it, struct h264_nal *nal)
{
    const uint8_t *payload = it->next;
    size_t len = (size_t)(it->end - payload);
    uint8_t type = payload[0] & 0x1f;

    it->next = it->end;
    if (is_single(type)) {
        *nal = (struct h264_nal){
            .type = type,
            .start = true,
            .data = payload + 1,
            .bytes = len - 1,
        };
        return true;
    }
    if (type != H264_NAL_FU_A || len < 2 || !is_single(payload[1] & 0x1f))
        return false;
    *nal = (struct h264_nal){
        .type = payload[1] & 0x1f,
        .start = (payload[1] & 0x80) != 0,
        .data = payload + 2,
        .bytes = len - 2,
    };
    return true;
}

bool h264_nal_iterator_next(struct h264_nal_iterator *iterator, struct h264_nal *ret_nal)
{
    if (iterator->failed || iterator->next >= iterator->end)
        return false;
    bool found =
        iterator->aggregate ? next_in_aggregate(iterator, ret_nal) : next_whole(iterator, ret_nal);
    iterator->failed = !found;
    return found;
}

static void scan_nal(struct h264_scan *scan, const struct h264_nal *nal)
{
    switch (nal->type) {
    case H264_NAL_SPS:
        scan->has_sps |= nal->start;
        break;
    case H264_NAL_PPS:
        scan->has_pps |= nal->start;
        break;
    case H264_NAL_IDR:
        scan->has_slice = true;
        scan->has_idr = true;
        /* first_mb_in_slice is the first field of the slice header; ue(v) 0 is a single 1 bit. */
        scan->has_idr_start |= nal->start && nal->bytes > 0 && (nal->data[0] & 0x80) != 0;
        break;
    case H264_NAL_SLICE:
    case 2: /* data partitions of the extended profile */
    case 3:
    case 4:
        scan->has_slice = true;
        break;
    default:
        break;
    }
}

int h264_payload_scan(const uint8_t *payload, size_t len, struct h264_scan *ret_scan)
{
    struct h264_nal_iterator iterator;
    struct h264_nal nal;

    *ret_scan = (struct h264_scan){0};
    h264_nal_iterator_init(&iterator, payload, len);
    while (h264_nal_iterator_next(&iterator, &nal))
        scan_nal(ret_scan, &nal);
    ret_scan->forbidden = iterator.failed;
    return iterator.failed ? -EBADMSG : 0;
}
