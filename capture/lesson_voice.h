/*
 * The voice of the sample lesson: somebody sings a scale of numbered notation line by line, made
 * from a pulse train and two moving formants, with pauses for breath. Deterministic.
 *
 * Pure but for allocation; one thread at a time.
 */
#ifndef DUET_CAPTURE_LESSON_VOICE_H
#define DUET_CAPTURE_LESSON_VOICE_H

#include <stddef.h>
#include <stdint.h>

struct lesson_voice;

struct lesson_voice *lesson_voice_create(unsigned rate);
void lesson_voice_destroy(struct lesson_voice *voice); /* NULL-safe */

/* The next count samples, interleaved, the same in each channel. */
void lesson_voice_render(
    struct lesson_voice *voice, int16_t *ret_samples, size_t count, unsigned channels);

/* How far the mouth is open at that time of the lesson, 0 to 1. */
double lesson_voice_mouth(uint64_t elapsed_us);

#endif
