/*
 * What the window says about the connection: nothing while it is good, then more the longer the
 * picture stands still. Decided by frame progress, not by what the network claims.
 *
 *     < 2 s nothing · 2–10 s "stuck" · > 10 s dimmed, time of the last frame · > 30 s the local teacher
 *     goes on, takeover gets the focus · back: "recovered" for a moment
 *
 * Pure; main thread; time is a parameter.
 */
#ifndef DUET_PLAYER_LINK_CHIP_H
#define DUET_PLAYER_LINK_CHIP_H

#include <stdbool.h>
#include <stdint.h>

#include "media/whep_session.h"

enum link_chip_kind {
    LINK_CHIP_NONE,
    LINK_CHIP_STUCK,
    LINK_CHIP_LOST,       /* with the time of the last frame */
    LINK_CHIP_LONG,       /* the local teacher should go on */
    LINK_CHIP_AUDIO_ONLY, /* sound flows, the picture does not */
    LINK_CHIP_RECOVERED,
};

/* What the teacher's pane shows. */
enum link_pane {
    LINK_PANE_PICTURE,     /* live or frozen */
    LINK_PANE_DIMMED,      /* the last picture, dark */
    LINK_PANE_CONNECTING,  /* no picture yet */
    LINK_PANE_UNREACHABLE, /* no picture yet and attempts fail */
    LINK_PANE_WAITING,     /* nobody publishes */
    LINK_PANE_AUDIO_ONLY,  /* no picture yet, but sound */
    LINK_PANE_UNAUTHORISED,
    LINK_PANE_REFUSED,
};

struct link_chip {
    uint64_t start_us;
    uint64_t recovered_until_us; /* 0: not */
    bool was_told;               /* a chip about a loss is or was up since the last good picture */
    bool takeover_offered;       /* during this loss */
};

struct link_chip_input {
    enum whep_session_state state;
    bool has_error;         /* of the last attempt */
    uint64_t last_frame_us; /* 0 before the first */
    uint64_t last_audio_us; /* 0 before the first */
};

struct link_chip_view {
    enum link_chip_kind chip;
    enum link_pane pane;
    bool focus_takeover; /* once per loss: move the focus there now */
};

void link_chip_init(struct link_chip *chip, uint64_t now_us);

void link_chip_update(struct link_chip *chip, uint64_t now_us, const struct link_chip_input *input,
    struct link_chip_view *ret_view);

#endif
