/*
 * Rings the bell: once a second it brings every lesson around now to where its clock (lesson_clock.h) says it is, writes
 * what happened with its entries in the audit log, and tells the participants. Everything it knows is in the database,
 * so that it goes on after a restart; lessons of days that it missed are put away. Loop thread.
 */
#ifndef DUET_SIGNALING_LESSONS_LESSON_RUNNER_H
#define DUET_SIGNALING_LESSONS_LESSON_RUNNER_H

#include <stdint.h>

struct lesson_runner;
struct signaling;

/* NULL without memory. app is borrowed. */
struct lesson_runner *lesson_runner_create(struct signaling *app);
void lesson_runner_destroy(struct lesson_runner *runner);

/* Every 100 ms or so. now_us is monotonic, wall_us the time of day. */
void lesson_runner_tick(struct lesson_runner *runner, uint64_t now_us, uint64_t wall_us);

#endif
