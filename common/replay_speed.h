/*
 * How much faster than live the relay sends a viewer the past that it begins with, from the last keyframe on; the
 * timestamps of those pictures are as much closer together (relay/routing/rewriter.h). Whoever plays them later can
 * put each back to its own moment (media/replay_meter.h).
 */
#ifndef DUET_COMMON_REPLAY_SPEED_H
#define DUET_COMMON_REPLAY_SPEED_H

#define REPLAY_SPEED 11 /* 2 s are caught up in 0.2 s */

#endif
