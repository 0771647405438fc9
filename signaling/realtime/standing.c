#include "signaling/realtime/standing.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

#define SNAPSHOT_LIFE_US US_PER_S /* its now_ms is as old */

json_t *standing_describe(const char *type, const struct lesson_info *lesson, int64_t seq)
{
    return json_pack("{s:s, s:I, s:I, s:o}", "type", type, "seq", (json_int_t)seq, "now_ms",
        (json_int_t)(clock_wall_us() / US_PER_MS), "lesson", lesson_info_to_json(lesson));
}

/* Who is there, as all messages that say so end: made once until somebody comes or goes, since a thousand who come together
 * are told of each other, and each list is as long. Borrowed from the channel; NULL without memory. */
static struct ws_frame *list_of(struct channel *channel)
{
    static const char member[] = ",\"presence\":";
    struct text text = {0};

    if (channel->list)
        return channel->list;
    text_append(&text, member, sizeof(member) - 1);
    channel_list_presence(channel, &text);
    text_append(&text, "}", 1);
    if (!text.failed)
        channel->list = ws_frame_create_end(text.data, text.len);
    text_finish(&text);
    return channel->list;
}

struct ws_frame *standing_frame(struct channel *channel, json_t *description)
{
    char *head = description ? json_dumps(description, JSON_COMPACT) : NULL;
    struct ws_frame *list = head ? list_of(channel) : NULL;
    struct ws_frame *frame = NULL;

    if (list) /* its brace is still to come */
        frame = ws_frame_create_with_end(head, strlen(head) - 1, list);
    if (frame)
        ws_frame_keep(frame);
    free(head);
    json_decref(description);
    return frame;
}

struct ws_frame *standing_snapshot(struct store *store, struct channel *channel)
{
    struct lesson_info lesson;
    uint64_t now_us = clock_now_us();

    if (channel->snapshot && channel->snapshot_seq == channel->ring.last &&
        now_us - channel->snapshot_us < SNAPSHOT_LIFE_US)
        return channel->snapshot;
    ws_frame_unref(channel->snapshot);
    channel->snapshot = NULL;
    if (lesson_info_get(store, channel->lesson, &lesson) == 1)
        channel->snapshot =
            standing_frame(channel, standing_describe("snapshot", &lesson, channel->ring.last));
    channel->snapshot_seq = channel->ring.last;
    channel->snapshot_us = now_us;
    return channel->snapshot;
}
