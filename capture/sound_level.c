#include "capture/sound_level.h"

#include <math.h>

#define FULL_SCALE 32768

unsigned sound_level_peak(const int16_t *samples, size_t count)
{
    unsigned peak = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned distance = samples[i] < 0 ? (unsigned)-(int)samples[i] : (unsigned)samples[i];
        peak = distance > peak ? distance : peak;
    }
    return peak;
}

int sound_level_dbfs(unsigned peak)
{
    double level = peak ? 20 * log10((double)peak / FULL_SCALE) : SOUND_LEVEL_SILENCE_DBFS;
    return level > SOUND_LEVEL_SILENCE_DBFS ? (int)lround(level) : SOUND_LEVEL_SILENCE_DBFS;
}
