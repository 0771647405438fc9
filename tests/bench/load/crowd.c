#define _GNU_SOURCE
#include "tests/bench/load/crowd_internal.h"

#include "common/clock.h"
#include "common/random.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define TICK_US        (10 * US_PER_MS)
#define POLL_US        500
#define WAIT_MS        1
#define EARLY_SPACE_US (10 * US_PER_MS)
/* Against the 2 s of the keyframes this walks through every age that the last one can have. */
#define ALONE_SPACE_US  (730 * US_PER_MS)
#define SETTLE_US       (3 * US_PER_S)
#define MASS_WATCH_US   (2 * US_PER_S)
#define REJOIN_MAX_US   (2 * US_PER_S)
#define CATCH_UP_US     (500 * US_PER_MS)
#define EVENTS          256
#define READS_PER_EVENT 8

/* ---- setting up ---- */

static uint64_t to_us(double seconds)
{
    return (uint64_t)(seconds * (double)US_PER_S);
}

/* When each member joins; the order of groups is the order in members. */
static void plan(struct crowd *crowd, uint64_t now_us)
{
    const struct crowd_params *params = crowd->params;
    uint64_t at_us = now_us;
    size_t i = 0;

    for (; i < params->early; i++, at_us += EARLY_SPACE_US)
        crowd->members[i].next_join_us = at_us;
    if (params->early > 0)
        at_us += SETTLE_US;
    for (; i < params->early + params->alone; i++, at_us += ALONE_SPACE_US) {
        crowd->members[i].group = MEMBER_ALONE;
        crowd->members[i].next_join_us = at_us;
    }
    if (params->alone > 0)
        at_us += SETTLE_US;
    crowd->mass_start_us = at_us;
    for (size_t j = 0; i < crowd->member_count; i++, j++) {
        crowd->members[i].group = MEMBER_MASS;
        crowd->members[i].next_join_us =
            at_us + to_us(params->join_seconds * (double)j / (double)params->viewers);
    }
    crowd->mass_end_us = at_us + to_us(params->join_seconds) + MASS_WATCH_US;
    crowd->window_start_us = at_us + to_us(params->join_seconds + params->settle_seconds);
    crowd->window_end_us = crowd->window_start_us + to_us(params->seconds);
}

static int create_members(struct crowd *crowd)
{
    const struct crowd_params *params = crowd->params;
    size_t count = params->early + params->alone + params->viewers;
    size_t sample = params->sample > 0 ? params->sample : (count + 19) / 20;
    int err;

    crowd->members = calloc(count, sizeof(*crowd->members));
    if (crowd->members == NULL)
        return -ENOMEM;
    for (; crowd->member_count < count; crowd->member_count++) {
        const struct viewer_params viewer = {
            .context = crowd->context,
            .poster = crowd->poster,
            .receiver = crowd->receiver,
            .tally = &crowd->tally,
            .url = params->url,
            .epoll_fd = crowd->epoll_fd,
            .sampled = crowd->member_count % sample == 0,
        };

        err = viewer_create(&viewer, &crowd->members[crowd->member_count].viewer);
        if (err < 0)
            return err;
    }
    return 0;
}

static int set_up(struct crowd *crowd)
{
    const struct crowd_params *params = crowd->params;
    struct peer_context_params context = {.srtp_profiles = params->srtp_profiles};
    struct epoll_event event = {.events = EPOLLIN};
    int err;

    crowd->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (crowd->epoll_fd < 0)
        return -errno;
    err = peer_context_create(&context, &crowd->context);
    if (err == 0)
        err = http_poster_create(params->token, &crowd->poster);
    if (err == 0)
        err = gro_receiver_create(&crowd->receiver);
    if (err < 0)
        return err;
    if (epoll_ctl(crowd->epoll_fd, EPOLL_CTL_ADD, http_poster_fd(crowd->poster), &event) < 0)
        return -errno;
    if (params->cpu_of > 0) {
        err = cpu_meter_init(&crowd->meter, params->cpu_of, params->cpus);
        if (err < 0) {
            fprintf(stderr, "duet-bench: no process %d to measure\n", (int)params->cpu_of);
            return err;
        }
    }
    return create_members(crowd);
}

static void tear_down(struct crowd *crowd)
{
    uint64_t deadline_us;

    for (size_t i = 0; i < crowd->member_count; i++) {
        if (crowd->members[i].viewer != NULL)
            viewer_leave(crowd->members[i].viewer);
    }
    /* The DELETEs deserve to arrive. */
    for (deadline_us = clock_now_us() + 5 * US_PER_S; crowd->poster != NULL &&
                                                      http_poster_pending(crowd->poster) > 0 &&
                                                      clock_now_us() < deadline_us;) {
        http_poster_run(crowd->poster);
        clock_sleep_until(clock_now_us() + US_PER_MS);
    }
    for (size_t i = 0; i < crowd->member_count; i++)
        viewer_destroy(crowd->members[i].viewer);
    free(crowd->members);
    gro_receiver_destroy(crowd->receiver);
    http_poster_destroy(crowd->poster);
    peer_context_destroy(crowd->context);
    if (crowd->epoll_fd >= 0)
        close(crowd->epoll_fd);
}

/* ---- the course ---- */

/* Some viewers leave at random and come back a little later. */
static void churn(struct crowd *crowd, uint64_t now_us)
{
    double leaving = (double)crowd->member_count * TICK_US / 1e6 / crowd->params->churn_seconds;

    /* The part after the point is the chance of one more. */
    leaving += (double)random_below(1000) / 1000.0;
    for (unsigned i = 0; i < (unsigned)floor(leaving); i++) {
        struct member *member = &crowd->members[random_below((uint32_t)crowd->member_count)];
        const struct viewer_figures *figures = viewer_figures(member->viewer);

        if (figures->state != VIEWER_WATCHING && figures->state != VIEWER_FAILED)
            continue;
        if (figures->first_frame_us > crowd->window_start_us)
            histogram_add(&crowd->rejoin_us, figures->first_frame_us - figures->asked_us);
        viewer_leave(member->viewer);
        crowd->left++;
        member->next_join_us = now_us + random_below(REJOIN_MAX_US);
    }
}

static uint64_t early_gap(const struct crowd *crowd)
{
    uint64_t longest_us = 0;

    for (size_t i = 0; i < crowd->member_count; i++) {
        const struct viewer_figures *figures = viewer_figures(crowd->members[i].viewer);

        if (crowd->members[i].group == MEMBER_EARLY && figures->longest_gap_us > longest_us)
            longest_us = figures->longest_gap_us;
    }
    return longest_us;
}

static void restart_gaps(struct crowd *crowd, uint64_t now_us)
{
    for (size_t i = 0; i < crowd->member_count; i++)
        viewer_restart_gap(crowd->members[i].viewer, now_us);
}

/* True for the tick in which now_us passes at_us. */
static bool passes(uint64_t at_us, uint64_t last_us, uint64_t now_us)
{
    return last_us < at_us && now_us >= at_us;
}

static int read_events(struct crowd *crowd, int wait_ms)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(crowd->epoll_fd, events, EVENTS, wait_ms);

    for (int i = 0; i < count; i++) {
        struct viewer *viewer = events[i].data.ptr;

        if (viewer == NULL) {
            http_poster_run(crowd->poster);
            continue;
        }
        for (int reads = 0; reads < READS_PER_EVENT && viewer_read(viewer); reads++)
            ;
    }
    return count;
}

/* What came before either end of the window must not be counted behind it because this thread was
 * late. The pause between two pictures ends it. */
static void catch_up(struct crowd *crowd)
{
    uint64_t deadline_us = clock_now_us() + CATCH_UP_US;

    while (read_events(crowd, 0) > 0 && clock_now_us() < deadline_us)
        ;
}

static void open_window(struct crowd *crowd)
{
    catch_up(crowd);
    memset(&crowd->tally, 0, sizeof(crowd->tally));
    crowd_take_sums(crowd, clock_now_us(), &crowd->from);
    crowd->interval_from = crowd->from;
}

static void tick(struct crowd *crowd, uint64_t last_us, uint64_t now_us)
{
    uint64_t report_us = to_us(crowd->params->report_seconds);
    bool in_window = now_us >= crowd->window_start_us && now_us < crowd->window_end_us;

    if (last_us / US_PER_S != now_us / US_PER_S)
        gro_receiver_sync_clock(crowd->receiver);
    if (passes(crowd->mass_start_us, last_us, now_us)) {
        crowd->early_gap_before_us = early_gap(crowd);
        restart_gaps(crowd, now_us);
    }
    if (passes(crowd->mass_end_us, last_us, now_us))
        crowd->early_gap_us = early_gap(crowd);
    if (passes(crowd->window_start_us, last_us, now_us))
        open_window(crowd);
    if (in_window && crowd->params->churn_seconds > 0)
        churn(crowd, now_us);
    if (in_window && report_us > 0 && now_us >= crowd->interval_from.now_us + report_us)
        crowd_print_interval(crowd, now_us);
    http_poster_run(crowd->poster);
    for (size_t i = 0; i < crowd->member_count; i++)
        viewer_tick(crowd->members[i].viewer, now_us);
}

static void join_due(struct crowd *crowd, uint64_t now_us)
{
    for (size_t i = 0; i < crowd->member_count; i++) {
        struct member *member = &crowd->members[i];

        if (now_us < member->next_join_us)
            continue;
        member->next_join_us = UINT64_MAX;
        viewer_join(member->viewer, now_us);
    }
}

static void run(struct crowd *crowd)
{
    uint64_t now_us = clock_now_us(), last_us = now_us, next_tick_us = now_us;

    plan(crowd, now_us);
    while (now_us < crowd->window_end_us && !*crowd->params->stop) {
        bool in_window = now_us >= crowd->window_start_us;

        if (now_us >= next_tick_us) {
            tick(crowd, last_us, now_us);
            last_us = now_us;
            next_tick_us = now_us + TICK_US;
        }
        join_due(crowd, now_us);
        if (read_events(crowd, in_window ? 0 : WAIT_MS) == 0 && in_window)
            clock_sleep_until(clock_now_us() + POLL_US);
        now_us = clock_now_us();
    }
    catch_up(crowd);
    crowd_take_sums(crowd, clock_now_us(), &crowd->to);
    histogram_merge(&crowd->window.video_delay_ns, &crowd->tally.video_delay_ns);
    histogram_merge(&crowd->window.audio_delay_ns, &crowd->tally.audio_delay_ns);
}

int crowd_run(const struct crowd_params *params, json_t **ret_figures)
{
    struct crowd *crowd = calloc(1, sizeof(*crowd));
    int err;

    if (crowd == NULL)
        return -ENOMEM;
    crowd->params = params;
    crowd->epoll_fd = -1;
    err = set_up(crowd);
    if (err == 0) {
        run(crowd);
        *ret_figures = crowd_figures(crowd);
    } else {
        fprintf(stderr, "duet-bench: cannot start: %s\n", strerror(-err));
    }
    tear_down(crowd);
    free(crowd);
    return err;
}
