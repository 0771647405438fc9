#include "signaling/realtime/channel.h"

#include "signaling/realtime/participant.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS       1024
#define KEEP_EMPTY_US UINT64_C(60000000)

struct channels {
    struct channel *buckets[BUCKETS]; /* owned */
};

struct channels *channels_create(void)
{
    return calloc(1, sizeof(struct channels));
}

static void destroy_presence(struct presence *presence)
{
    if (presence)
        free(presence->text);
    free(presence);
}

static void destroy_channel(struct channel *channel)
{
    while (channel->present) {
        struct presence *next = channel->present->next;

        destroy_presence(channel->present);
        channel->present = next;
    }
    event_ring_finish(&channel->ring);
    ws_frame_unref(channel->list);
    ws_frame_unref(channel->snapshot);
    free(channel);
}

void channels_destroy(struct channels *channels)
{
    if (!channels)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        while (channels->buckets[i]) {
            struct channel *next = channels->buckets[i]->next;

            destroy_channel(channels->buckets[i]);
            channels->buckets[i] = next;
        }
    }
    free(channels);
}

static size_t bucket_of(const char *lesson)
{
    uint32_t hash = 2166136261; /* FNV-1a */

    for (; *lesson; lesson++)
        hash = (hash ^ (unsigned char)*lesson) * 16777619;
    return hash % BUCKETS;
}

struct channel *channels_find(const struct channels *channels, const char *lesson)
{
    struct channel *channel = channels->buckets[bucket_of(lesson)];

    while (channel && strcmp(channel->lesson, lesson) != 0)
        channel = channel->next;
    return channel;
}

struct channel *channels_get(struct channels *channels, const char *lesson, int64_t wall_ms)
{
    struct channel *channel = channels_find(channels, lesson);
    struct channel **bucket = &channels->buckets[bucket_of(lesson)];

    if (channel)
        return channel;
    channel = calloc(1, sizeof(*channel));
    if (!channel)
        return NULL;
    snprintf(channel->lesson, sizeof(channel->lesson), "%s", lesson);
    event_ring_init(&channel->ring, wall_ms);
    channel->next = *bucket;
    *bucket = channel;
    return channel;
}

void channels_sweep(struct channels *channels, uint64_t now_us)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        struct channel **link = &channels->buckets[i];

        while (*link) {
            struct channel *at = *link;

            if (!at->members && now_us - at->empty_us > KEEP_EMPTY_US) {
                *link = at->next;
                destroy_channel(at);
            } else {
                link = &at->next;
            }
        }
    }
}

void channel_publish(struct channel *channel, json_t *event)
{
    struct ws_frame *frame = NULL;
    char *text = NULL;

    if (event &&
        json_object_set_new(event, "seq", json_integer((json_int_t)channel->ring.last + 1)) == 0)
        text = json_dumps(event, JSON_COMPACT);
    if (text)
        frame = ws_frame_create(text, strlen(text));
    if (frame) {
        event_ring_add(&channel->ring, frame);
        for (struct participant *at = channel->members; at; at = at->next_member)
            ws_socket_send(at->socket, frame);
    }
    ws_frame_unref(frame);
    free(text);
    json_decref(event);
}

static json_t *presence_to_json(const struct presence *presence)
{
    return json_pack("{s:s, s:s, s:o, s:s}", "participant", presence->subject, "role",
        presence->role, "room",
        presence->room == 0 ? json_null() : json_integer((json_int_t)presence->room), "name",
        presence->name);
}

static void publish_presence(struct channel *channel, const struct presence *presence, bool is_here)
{
    json_t *event = presence_to_json(presence);

    ws_frame_unref(channel->list);
    channel->list = NULL;
    if (event) {
        json_object_set_new(event, "type", json_string("presence"));
        json_object_set_new(event, "here", json_boolean(is_here));
    }
    channel_publish(channel, event);
}

static struct presence *find_presence(const struct channel *channel, const char *subject)
{
    struct presence *presence = channel->present;

    while (presence && strcmp(presence->subject, subject) != 0)
        presence = presence->next;
    return presence;
}

static struct presence *create_presence(const struct lesson_access *access)
{
    struct presence *presence = calloc(1, sizeof(*presence));
    json_t *json;

    if (!presence)
        return NULL;
    presence->room = access->room;
    memcpy(presence->subject, access->claims.subject, sizeof(presence->subject));
    memcpy(presence->role, access->claims.role, sizeof(presence->role));
    memcpy(presence->name, access->name, sizeof(presence->name));
    json = presence_to_json(presence);
    presence->text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (presence->text)
        return presence;
    free(presence);
    return NULL;
}

static struct presence *add_presence(struct channel *channel, const struct lesson_access *access)
{
    struct presence *presence = create_presence(access);

    if (!presence)
        return NULL;
    presence->next = channel->present;
    channel->present = presence;
    publish_presence(channel, presence, true);
    return presence;
}

int channel_enter(
    struct channel *channel, struct participant *participant, const struct lesson_access *access)
{
    struct presence *presence = find_presence(channel, access->claims.subject);

    if (!presence)
        presence = add_presence(channel, access);
    if (!presence)
        return -ENOMEM;
    presence->sockets++;
    participant->channel = channel;
    participant->presence = presence;
    participant->previous_member = NULL;
    participant->next_member = channel->members;
    if (channel->members)
        channel->members->previous_member = participant;
    channel->members = participant;
    channel->empty_us = 0;
    return 0;
}

void channel_leave(struct channel *channel, struct participant *participant, uint64_t now_us)
{
    struct presence *presence = participant->presence;
    struct presence **link = &channel->present;

    if (participant->previous_member)
        participant->previous_member->next_member = participant->next_member;
    else
        channel->members = participant->next_member;
    if (participant->next_member)
        participant->next_member->previous_member = participant->previous_member;
    participant->channel = NULL;
    participant->presence = NULL;
    if (!channel->members)
        channel->empty_us = now_us;
    if (--presence->sockets > 0)
        return;
    while (*link != presence)
        link = &(*link)->next;
    *link = presence->next;
    publish_presence(channel, presence, false);
    destroy_presence(presence);
}

void channel_list_presence(const struct channel *channel, struct text *text)
{
    text_append(text, "[", 1);
    for (const struct presence *at = channel->present; at; at = at->next) {
        text_append(text, at->text, strlen(at->text));
        if (at->next)
            text_append(text, ",", 1);
    }
    text_append(text, "]", 1);
}
