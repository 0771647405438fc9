#include "tests/bench/load/viewer_internal.h"

#include "common/clock.h"
#include "common/random.h"
#include "relay/transport/address.h"
#include "tests/bench/load/descriptions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* A second of video at 16 Mbit/s, as the kernel counts buffers. */
#define SOCKET_BYTES       (4 << 20)
#define CONNECT_TIMEOUT_US (20 * US_PER_S)

int viewer_create(const struct viewer_params *params, struct viewer **ret_viewer)
{
    struct viewer *viewer = calloc(1, sizeof(*viewer));

    if (viewer == NULL)
        return -ENOMEM;
    viewer->params = *params;
    viewer->fd = -1;
    *ret_viewer = viewer;
    return 0;
}

/* Ends a session locally; what was counted stays. */
static void close_session(struct viewer *viewer)
{
    viewer->ended = viewer_totals(viewer);
    http_poster_forget(viewer->params.poster, viewer);
    peer_client_destroy(viewer->peer);
    srtp_evp_destroy(viewer->inbound);
    free(viewer->location);
    if (viewer->fd >= 0)
        close(viewer->fd);
    viewer->peer = NULL;
    viewer->inbound = NULL;
    viewer->location = NULL;
    viewer->fd = -1;
    memset(&viewer->now, 0, sizeof(viewer->now));
    memset(viewer->streams, 0, sizeof(viewer->streams));
    memset(&viewer->feedback, 0, sizeof(viewer->feedback));
    memset(&viewer->first_frame, 0, sizeof(viewer->first_frame));
    viewer->last_whole_us = 0;
}

void viewer_destroy(struct viewer *viewer)
{
    if (viewer == NULL)
        return;
    close_session(viewer);
    free(viewer);
}

static void fail(struct viewer *viewer, const char *what, const char *why)
{
    viewer->figures.state = VIEWER_FAILED;
    snprintf(viewer->figures.error, sizeof(viewer->figures.error), "%s%s%s", what,
        why[0] != '\0' ? ": " : "", why);
}

/* ---- joining ---- */

void viewer_send_datagram(void *user, const uint8_t *data, size_t len)
{
    struct viewer *viewer = user;

    /* A refused or full socket loses a datagram, as a network does. */
    if (viewer->fd >= 0 && send(viewer->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        return;
}

static void take_state(void *user, enum peer_state state)
{
    struct viewer *viewer = user;
    struct peer_keys keys;

    if (state == PEER_CHECKED) {
        viewer->figures.checked_us = clock_now_us();
    } else if (state == PEER_CONNECTED) {
        viewer->figures.connected_us = clock_now_us();
        if (peer_client_export_keys(viewer->peer, &keys) < 0 ||
            srtp_evp_create(keys.gcm ? SRTP_EVP_GCM : SRTP_EVP_CM, keys.remote_key,
                keys.remote_salt, SRTP_EVP_READ, &viewer->inbound) < 0)
            fail(viewer, "no SRTP keys", "");
        else
            viewer->figures.state = VIEWER_WATCHING;
    } else if (state == PEER_CLOSED && viewer->figures.state != VIEWER_IDLE) {
        fail(viewer, "the connection ended", peer_client_error(viewer->peer));
    }
}

static int open_socket(struct viewer *viewer, const struct net_address *remote)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = viewer};
    int err;

    viewer->fd = socket(remote->u.base.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (viewer->fd < 0)
        return -errno;
    err = gro_prepare_socket(viewer->fd, SOCKET_BYTES);
    if (err < 0)
        return err;
    if (connect(viewer->fd, &remote->u.base, net_address_len(remote)) < 0 ||
        epoll_ctl(viewer->params.epoll_fd, EPOLL_CTL_ADD, viewer->fd, &event) < 0)
        return -errno;
    return 0;
}

static void take_answer(void *user, const struct http_reply *reply)
{
    struct viewer *viewer = user;
    struct remote_end remote;
    char status[16];
    int err;

    viewer->figures.answered_us = clock_now_us();
    if (reply->status != 201) {
        snprintf(status, sizeof(status), "status %d", reply->status);
        fail(viewer, "no answer", reply->status == 0 ? reply->error : status);
        return;
    }
    if (reply->location[0] != '\0')
        viewer->location = strdup(reply->location);
    err = descriptions_read_answer(reply->body, &remote);
    if (err == 0)
        err = peer_client_set_remote(viewer->peer, remote.ufrag, remote.pwd, remote.fingerprint);
    if (err == 0)
        err = open_socket(viewer, &remote.address);
    if (err < 0) {
        fail(viewer, "the answer cannot be used", strerror(-err));
        return;
    }
    if (remote.dtls_client)
        peer_client_set_dtls_server(viewer->peer);
    viewer->remote = remote.address;
    viewer->figures.state = VIEWER_CONNECTING;
    peer_client_tick(viewer->peer, clock_now_us());
}

void viewer_join(struct viewer *viewer, uint64_t now_us)
{
    struct peer_client_params peer = {
        .context = viewer->params.context,
        .send = viewer_send_datagram,
        .on_rtcp = viewer_feedback_receive,
        .on_state = take_state,
        .user = viewer,
    };
    char offer[DESCRIPTIONS_OFFER_BYTES];

    viewer->figures = (struct viewer_figures){.state = VIEWER_ASKING, .asked_us = now_us};
    viewer->ssrc = random_u32();
    if (peer_client_create(&peer, &viewer->peer) < 0) {
        fail(viewer, "out of memory", "");
        return;
    }
    const struct offer_params params = {
        .ufrag = peer_client_ufrag(viewer->peer),
        .pwd = peer_client_pwd(viewer->peer),
        .fingerprint = peer_context_fingerprint(viewer->params.context),
    };
    if (descriptions_write_offer(&params, offer) < 0 ||
        http_poster_offer(viewer->params.poster, viewer->params.url, offer, take_answer, viewer) <
            0)
        fail(viewer, "no offer", "");
}

void viewer_leave(struct viewer *viewer)
{
    viewer->figures.state = VIEWER_IDLE;
    if (viewer->location != NULL)
        http_poster_delete(viewer->params.poster, viewer->location);
    close_session(viewer);
}

/* ---- running ---- */

bool viewer_read(struct viewer *viewer)
{
    int full = 0;

    if (viewer->fd < 0)
        return false;
    if (gro_receiver_read(
            viewer->params.receiver, viewer->fd, viewer_media_receive, viewer, &full) < 0)
        fail(viewer, "the socket failed", "");
    return full != 0;
}

void viewer_tick(struct viewer *viewer, uint64_t now_us)
{
    if (viewer->figures.state == VIEWER_CONNECTING || viewer->figures.state == VIEWER_WATCHING)
        peer_client_tick(viewer->peer, now_us);
    if (viewer->figures.state == VIEWER_CONNECTING &&
        clock_elapsed_us(now_us, viewer->figures.answered_us) > CONNECT_TIMEOUT_US)
        fail(viewer, "no connection in 20 s", "");
    if (viewer->figures.state == VIEWER_WATCHING)
        viewer_feedback_tick(viewer, now_us);
}

void viewer_restart_gap(struct viewer *viewer, uint64_t now_us)
{
    viewer->figures.longest_gap_us = 0;
    if (viewer->last_whole_us != 0)
        viewer->last_whole_us = now_us;
}

const struct viewer_figures *viewer_figures(const struct viewer *viewer)
{
    return &viewer->figures;
}

struct viewer_totals viewer_totals(const struct viewer *viewer)
{
    struct viewer_totals totals = viewer->ended;

    totals.packets += viewer->now.packets;
    totals.bytes += viewer->now.bytes;
    totals.repaired += viewer->now.repaired;
    totals.unreadable += viewer->now.unreadable;
    totals.nacks += viewer->now.nacks;
    totals.plis += viewer->now.plis;
    for (int i = 0; i < VIEWER_STREAMS; i++) {
        totals.lost += arrivals_lost(&viewer->streams[i].arrivals);
        totals.repeated += viewer->streams[i].arrivals.repeated;
    }
    return totals;
}
