/*
 * How loud sound is, for somebody who looks at a box from afar. Pure.
 */
#ifndef DUET_CAPTURE_SOUND_LEVEL_H
#define DUET_CAPTURE_SOUND_LEVEL_H

#include <stddef.h>
#include <stdint.h>

#define SOUND_LEVEL_SILENCE_DBFS (-96) /* and all that is below */

/* The greatest distance from 0, of 32,768; samples are S16 in the machine's order. */
unsigned sound_level_peak(const int16_t *samples, size_t count);

/* In decibels of the full scale: 0 is the loudest there is. */
int sound_level_dbfs(unsigned peak);

#endif
