/*
 * Two sources with picture and sound on clocks of their own, and a viewer with a slot for each kind: the
 * stage on which the tests of slots play. Everything goes through scene.h.
 */
#ifndef DUET_TESTS_UNIT_ROUTING_TWO_SOURCES_H
#define DUET_TESTS_UNIT_ROUTING_TWO_SOURCES_H

#include "tests/unit/routing/scene.h"

#define CAMERA 0 /* teacher-camera */
#define ROOM   1 /* room-1 */

struct source {
    struct publisher publisher;
    struct encoder video;
    struct encoder audio;
    bool exists;
};

struct fixture {
    struct scene scene;
    struct media_track tracks[2];
    struct source sources[2];
    struct viewer viewer; /* slot 0 video, slot 1 audio */
};

extern const char *const source_names[2];

/* Both slots begin with that source, "" for none. The camera is published, the room when asked. */
void fixture_init(struct fixture *f, const char *source, bool with_room);
void fixture_finish(struct fixture *f);

void fixture_publish(struct fixture *f, unsigned index);

/* So many frames of 20 ms of everything published; keyframes of both every 50, the room's 25 later. A
 * publisher that was asked for a keyframe gives it with its next frame. */
void fixture_run(struct fixture *f, unsigned frames);

void fixture_set(struct fixture *f, size_t slot, const char *source);
void fixture_set_both(struct fixture *f, const char *source);

/* The packets of one slot in a row. */
struct slot_line {
    const struct viewer_packet *packets[16384];
    size_t count;
};

void line_of(const struct viewer *viewer, size_t slot, struct slot_line *ret_line);

/* CAMERA or ROOM. */
unsigned source_of(const struct viewer_packet *packet);
bool begins_keyframe(const struct viewer_packet *packet);
size_t count_since(const struct viewer *viewer, uint64_t since_us);

/* Numbers without a break; timestamps that never go back and keep step with the clock. */
void assert_continuous(const struct viewer *viewer, size_t slot, int64_t tolerance_us);

/* Where the slot goes over to another source: the first packet of it, which is the only one that may
 * change sources. */
const struct viewer_packet *find_switch(const struct viewer *viewer, size_t slot);

#endif
