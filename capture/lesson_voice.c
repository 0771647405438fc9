#include "capture/lesson_voice.h"

#include <math.h>
#include <stdlib.h>

#include "common/clock.h"

#define TWO_PI      6.283185307179586
#define SYLLABLE_US UINT64_C(420000)
#define GAP_SHARE   0.18 /* of a syllable, between two of them */
#define PEAK        9000.0
#define HARMONICS   14
#define VIBRATO_HZ  5.5

/* 1 2 3 1 | 1 2 3 1 | 3 4 5 – | 5 6 5 4 3 1 …: notes of a major scale, 0 is a rest. */
static const int melody[] = {
    1, 2, 3, 1, 1, 2, 3, 1, 3, 4, 5, 0, 3, 4, 5, 0, 5, 6, 5, 4, 3, 1, 0, 5, 6, 5, 4, 3, 1, 0, 0};
#define MELODY_LEN (sizeof melody / sizeof melody[0])

/* First and second formant in Hz of a, o, e, i, u: what the ear takes for vowels. */
static const double formants[][2] = {{800, 1200}, {500, 900}, {480, 1900}, {300, 2300}, {320, 800}};
#define VOWELS (sizeof formants / sizeof formants[0])

struct lesson_voice {
    unsigned rate;
    uint64_t position; /* samples so far */
    double phase;      /* of the pulse train, in turns */
};

struct syllable {
    int note;
    unsigned vowel;
    double progress; /* 0 to 1 within it */
};

static struct syllable syllable_at(uint64_t elapsed_us)
{
    uint64_t index = elapsed_us / SYLLABLE_US;
    return (struct syllable){
        .note = melody[index % MELODY_LEN],
        .vowel = (unsigned)((index * 3 + index / MELODY_LEN) % VOWELS),
        .progress = (double)(elapsed_us % SYLLABLE_US) / (double)SYLLABLE_US,
    };
}

/* Rises fast, falls slowly, is silent in the gap. */
static double envelope(const struct syllable *syllable)
{
    double end = 1.0 - GAP_SHARE;
    if (syllable->note == 0 || syllable->progress >= end)
        return 0;
    double attack = fmin(1.0, syllable->progress / 0.08);
    double release = fmin(1.0, (end - syllable->progress) / 0.2);
    return attack * release;
}

static double note_hz(int note)
{
    static const int semitones[] = {0, 0, 2, 4, 5, 7, 9, 11};
    return 220.0 * pow(2.0, semitones[note & 7] / 12.0);
}

/* How loud a harmonic is under a formant: a bell over the frequency. */
static double formant_gain(double hz, const double formant[2])
{
    double first = (hz - formant[0]) / 130.0;
    double second = (hz - formant[1]) / 200.0;
    return exp(-first * first / 2) + 0.5 * exp(-second * second / 2) + 0.04;
}

struct lesson_voice *lesson_voice_create(unsigned rate)
{
    struct lesson_voice *voice = calloc(1, sizeof *voice);
    if (voice)
        voice->rate = rate;
    return voice;
}

void lesson_voice_destroy(struct lesson_voice *voice)
{
    free(voice);
}

double lesson_voice_mouth(uint64_t elapsed_us)
{
    struct syllable syllable = syllable_at(elapsed_us);
    return envelope(&syllable) * (0.4 + 0.6 * formants[syllable.vowel][0] / 800.0);
}

static double next_sample(struct lesson_voice *voice, const double gains[HARMONICS], double hz)
{
    double sum = 0;
    voice->phase += hz / voice->rate;
    voice->phase -= floor(voice->phase);
    for (unsigned i = 0; i < HARMONICS; i++)
        sum += gains[i] * sin(TWO_PI * voice->phase * (i + 1));
    return sum;
}

/* Notes, formants and loudness hold for a few samples: nobody hears the steps. */
static void render_block(
    struct lesson_voice *voice, int16_t *ret_samples, size_t count, unsigned channels)
{
    uint64_t now_us = voice->position * US_PER_S / voice->rate;
    struct syllable syllable = syllable_at(now_us);
    double loudness = envelope(&syllable);
    double vibrato = sin(TWO_PI * VIBRATO_HZ * (double)now_us / (double)US_PER_S);
    double hz = note_hz(syllable.note) * (1.0 + 0.006 * vibrato);
    double gains[HARMONICS];
    for (unsigned i = 0; i < HARMONICS; i++)
        gains[i] = formant_gain(hz * (i + 1), formants[syllable.vowel]) / (1.0 + 0.1 * i);
    for (size_t i = 0; i < count; i++) {
        double value = loudness > 0 ? PEAK * loudness * next_sample(voice, gains, hz) : 0;
        int16_t sample = (int16_t)fmax(-32767, fmin(32767, value));
        for (unsigned c = 0; c < channels; c++)
            ret_samples[i * channels + c] = sample;
    }
    voice->position += count;
}

void lesson_voice_render(
    struct lesson_voice *voice, int16_t *ret_samples, size_t count, unsigned channels)
{
    const size_t block = 96; /* 2 ms at 48 kHz */
    for (size_t done = 0; done < count; done += block) {
        size_t len = count - done < block ? count - done : block;
        render_block(voice, ret_samples + done * channels, len, channels);
    }
}
