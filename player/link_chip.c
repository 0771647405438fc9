#include "player/link_chip.h"

#include "common/clock.h"

#define STUCK_US     (2 * US_PER_S)
#define LOST_US      (10 * US_PER_S)
#define LONG_US      (30 * US_PER_S)
#define RECOVERED_US (5 * US_PER_S)
/* Sound younger than this flows. */
#define SOUND_FLOWS_US (1 * US_PER_S)

void link_chip_init(struct link_chip *chip, uint64_t now_us)
{
    *chip = (struct link_chip){.start_us = now_us};
}

static uint64_t age_us(uint64_t now_us, uint64_t then_us)
{
    return now_us > then_us ? now_us - then_us : 0;
}

static bool sound_flows(uint64_t now_us, const struct link_chip_input *input)
{
    return input->last_audio_us != 0 && age_us(now_us, input->last_audio_us) < SOUND_FLOWS_US;
}

static enum link_pane pane_without_picture(uint64_t now_us, const struct link_chip_input *input)
{
    if (input->state == WHEP_SESSION_WAITING)
        return LINK_PANE_WAITING;
    if (sound_flows(now_us, input))
        return LINK_PANE_AUDIO_ONLY;
    return input->has_error ? LINK_PANE_UNREACHABLE : LINK_PANE_CONNECTING;
}

static void offer_takeover(struct link_chip *chip, struct link_chip_view *view)
{
    view->focus_takeover = !chip->takeover_offered;
    chip->takeover_offered = true;
}

/* Before the first picture the pane itself says what is awaited; only the long wait needs more. */
static void view_before_picture(struct link_chip *chip, uint64_t now_us,
    const struct link_chip_input *input, struct link_chip_view *view)
{
    view->pane = pane_without_picture(now_us, input);
    if (view->pane == LINK_PANE_AUDIO_ONLY)
        view->chip = LINK_CHIP_AUDIO_ONLY;
    if (view->pane == LINK_PANE_UNREACHABLE && age_us(now_us, chip->start_us) >= LONG_US) {
        view->chip = LINK_CHIP_LONG;
        offer_takeover(chip, view);
    }
}

static void view_loss(struct link_chip *chip, uint64_t now_us, const struct link_chip_input *input,
    struct link_chip_view *view)
{
    uint64_t stuck_us = age_us(now_us, input->last_frame_us);

    if (stuck_us < STUCK_US)
        return;
    if (input->state == WHEP_SESSION_WAITING) {
        /* The line is good, the teacher stopped: the start that follows is no recovery. */
        view->pane = LINK_PANE_WAITING;
        chip->was_told = false;
        return;
    }
    chip->was_told = true;
    if (sound_flows(now_us, input)) {
        view->chip = LINK_CHIP_AUDIO_ONLY;
        return;
    }
    if (stuck_us < LOST_US) {
        view->chip = LINK_CHIP_STUCK;
        return;
    }
    view->pane = LINK_PANE_DIMMED;
    view->chip = LINK_CHIP_LOST;
    if (stuck_us >= LONG_US) {
        view->chip = LINK_CHIP_LONG;
        offer_takeover(chip, view);
    }
}

static void view_good(struct link_chip *chip, uint64_t now_us, struct link_chip_view *view)
{
    if (chip->was_told)
        chip->recovered_until_us = now_us + RECOVERED_US;
    chip->was_told = false;
    chip->takeover_offered = false;
    if (now_us < chip->recovered_until_us)
        view->chip = LINK_CHIP_RECOVERED;
}

void link_chip_update(struct link_chip *chip, uint64_t now_us, const struct link_chip_input *input,
    struct link_chip_view *ret_view)
{
    struct link_chip_view view = {.chip = LINK_CHIP_NONE, .pane = LINK_PANE_PICTURE};

    if (input->state == WHEP_SESSION_UNAUTHORISED)
        view.pane = LINK_PANE_UNAUTHORISED;
    else if (input->state == WHEP_SESSION_REFUSED)
        view.pane = LINK_PANE_REFUSED;
    else if (input->last_frame_us == 0)
        view_before_picture(chip, now_us, input, &view);
    else if (age_us(now_us, input->last_frame_us) >= STUCK_US)
        view_loss(chip, now_us, input, &view);
    else
        view_good(chip, now_us, &view);
    *ret_view = view;
}
