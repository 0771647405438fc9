/*
 * Where a lesson stands, as a message: what who comes is told, and who read too slowly. Loop thread.
 */
#ifndef DUET_SIGNALING_REALTIME_STANDING_H
#define DUET_SIGNALING_REALTIME_STANDING_H

#include "signaling/realtime/channel.h"

struct store;

/* {type, seq, now_ms, lesson}, to which the list of who is there is still to come; NULL when that cannot be told. */
json_t *standing_describe(const char *type, const struct lesson_info *lesson, int64_t seq);

/* The same with "presence" as a frame that is kept (ws_socket.h). Takes the description's reference; NULL for none. */
struct ws_frame *standing_frame(struct channel *channel, json_t *description);

/* That of type "snapshot", after the channel's last event: made once for all who fell behind together, however many.
 * Borrowed from the channel; NULL when it cannot be told. */
struct ws_frame *standing_snapshot(struct store *store, struct channel *channel);

#endif
