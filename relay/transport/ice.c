#include "relay/transport/ice.h"

#include "common/clock.h"
#include "common/random.h"
#include "relay/transport/address.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>

static void make_credentials(struct transport_credentials *credentials)
{
    random_text(credentials->ufrag, TRANSPORT_UFRAG_CHARS);
    random_text(credentials->pwd, TRANSPORT_PWD_CHARS);
}

static int set_remote_ufrag(struct ice_agent *agent, const char *remote_ufrag)
{
    size_t len = remote_ufrag != NULL ? strnlen(remote_ufrag, ICE_REMOTE_UFRAG_CHARS + 1) : 0;

    if (len > ICE_REMOTE_UFRAG_CHARS)
        return -EINVAL;
    memcpy(agent->remote_ufrag, len > 0 ? remote_ufrag : "", len);
    agent->remote_ufrag[len] = '\0';
    return 0;
}

int ice_agent_init(struct ice_agent *agent, const char *remote_ufrag,
    void (*on_path)(void *user, struct ice_path *path, bool added), void *user)
{
    memset(agent, 0, sizeof(*agent));
    agent->on_path = on_path;
    agent->user = user;
    make_credentials(&agent->credentials);
    return set_remote_ufrag(agent, remote_ufrag);
}

int ice_agent_restart(struct ice_agent *agent, const char *remote_ufrag)
{
    int err = set_remote_ufrag(agent, remote_ufrag);

    if (err < 0)
        return err;
    make_credentials(&agent->restarted);
    agent->restarting = true;
    return 0;
}

const struct transport_credentials *ice_agent_credentials(const struct ice_agent *agent)
{
    return agent->restarting ? &agent->restarted : &agent->credentials;
}

static bool is_for(const struct transport_credentials *credentials, const struct stun_view *request)
{
    const char *ufrag;
    size_t len;

    return stun_local_ufrag(request, &ufrag, &len) && len == TRANSPORT_UFRAG_CHARS &&
           memcmp(ufrag, credentials->ufrag, len) == 0;
}

static struct ice_path *find_path(struct ice_agent *agent, const struct transport_path *path)
{
    for (size_t i = 0; i < ICE_MAX_PATHS; i++) {
        if (agent->paths[i].used && transport_path_equal(&agent->paths[i].path, path))
            return &agent->paths[i];
    }
    return NULL;
}

/* A client repeats a check where it sent it first. From an address that we do not know it is somebody who
 * read it on its way and wants the media. */
static bool is_stolen(
    struct ice_agent *agent, const struct stun_view *request, const struct transport_path *path)
{
    size_t count =
        agent->heard_count < ICE_REMEMBERED_CHECKS ? agent->heard_count : ICE_REMEMBERED_CHECKS;

    for (size_t i = 0; i < count; i++) {
        if (memcmp(agent->heard[i], request->transaction_id, STUN_TRANSACTION_ID_BYTES) == 0)
            return find_path(agent, path) == NULL;
    }
    return false;
}

static void remember_check(struct ice_agent *agent, const struct stun_view *request)
{
    memcpy(agent->heard[agent->heard_count++ % ICE_REMEMBERED_CHECKS], request->transaction_id,
        STUN_TRANSACTION_ID_BYTES);
}

enum ice_verdict ice_agent_verify(struct ice_agent *agent, const struct stun_view *request,
    const struct transport_path *path, struct ice_reply *ret_reply)
{
    const struct transport_credentials *credentials = &agent->credentials;
    enum ice_verdict verdict = ICE_REFUSED;
    int err;

    ret_reply->len = 0;
    if (agent->restarting && is_for(&agent->restarted, request))
        credentials = &agent->restarted;
    else if (!is_for(credentials, request))
        return ICE_FORGED;
    if (!stun_check_fingerprint(request) ||
        !stun_check_integrity(request, credentials->pwd, TRANSPORT_PWD_CHARS))
        return ICE_FORGED;
    if (is_stolen(agent, request, path))
        return ICE_FORGED;
    if (request->unknown_count > 0) {
        err = stun_write_error(request, STUN_UNKNOWN_ATTRIBUTE, credentials->pwd,
            TRANSPORT_PWD_CHARS, ret_reply->data, sizeof(ret_reply->data), &ret_reply->len);
    } else if (request->controlled) {
        /* We are lite and never control, so both sides would wait for each other for ever. */
        err = stun_write_error(request, STUN_ROLE_CONFLICT, credentials->pwd, TRANSPORT_PWD_CHARS,
            ret_reply->data, sizeof(ret_reply->data), &ret_reply->len);
    } else {
        err = stun_write_binding_success(request, &path->remote.u.base, credentials->pwd,
            TRANSPORT_PWD_CHARS, ret_reply->data, sizeof(ret_reply->data), &ret_reply->len);
        verdict = ICE_VALID;
    }
    if (err < 0)
        ret_reply->len = 0;
    return verdict;
}

/* The path heard last, but not the excluded one; nominated ones first. */
static struct ice_path *best_path(struct ice_agent *agent)
{
    struct ice_path *best = NULL;

    for (size_t i = 0; i < ICE_MAX_PATHS; i++) {
        struct ice_path *path = &agent->paths[i];

        if (!path->used)
            continue;
        if (best == NULL || (path->nominated && !best->nominated) ||
            (path->nominated == best->nominated && path->last_us > best->last_us))
            best = path;
    }
    return best;
}

void ice_agent_forget(struct ice_agent *agent, struct ice_path *path)
{
    path->used = false;
    agent->on_path(agent->user, path, false);
    if (agent->selected == path)
        agent->selected = best_path(agent);
}

void ice_agent_expire(struct ice_agent *agent, uint64_t silence_us, uint64_t now_us)
{
    for (size_t i = 0; i < ICE_MAX_PATHS; i++) {
        struct ice_path *path = &agent->paths[i];

        if (path->used && path != agent->selected &&
            clock_elapsed_us(now_us, path->last_us) > silence_us)
            ice_agent_forget(agent, path);
    }
}

void ice_agent_finish(struct ice_agent *agent)
{
    agent->selected = NULL;
    for (size_t i = 0; i < ICE_MAX_PATHS; i++) {
        if (agent->paths[i].used) {
            agent->paths[i].used = false;
            agent->on_path(agent->user, &agent->paths[i], false);
        }
    }
    OPENSSL_cleanse(&agent->credentials, sizeof(agent->credentials));
    OPENSSL_cleanse(&agent->restarted, sizeof(agent->restarted));
}

/* A free place, or that of the path that was silent longest. */
static struct ice_path *take_place(struct ice_agent *agent)
{
    struct ice_path *oldest = NULL;

    for (size_t i = 0; i < ICE_MAX_PATHS; i++) {
        struct ice_path *path = &agent->paths[i];

        if (!path->used)
            return path;
        if (path != agent->selected && (oldest == NULL || path->last_us < oldest->last_us))
            oldest = path;
    }
    ice_agent_forget(agent, oldest);
    return oldest;
}

static bool should_select(const struct ice_agent *agent, const struct ice_path *path,
    const struct stun_view *request, bool is_new, uint64_t now_us)
{
    const struct ice_path *selected = agent->selected;
    uint64_t silence_us;

    if (selected == NULL)
        return true;
    silence_us = clock_elapsed_us(now_us, selected->last_us);
    if (request->use_candidate) {
        /* A client that nominates every pair it checks means the best of them. */
        return agent->settled || !selected->nominated || path->priority >= selected->priority ||
               silence_us > ICE_REBIND_SILENCE_US;
    }
    return silence_us >
           (is_new || !selected->nominated ? ICE_REBIND_SILENCE_US : ICE_STANDBY_SILENCE_US);
}

bool ice_agent_accept(struct ice_agent *agent, const struct stun_view *request,
    const struct transport_path *path, uint64_t now_us)
{
    bool restarted = agent->restarting && is_for(&agent->restarted, request);
    struct ice_path *known = find_path(agent, path);
    bool is_new = known == NULL;

    if (restarted) {
        agent->credentials = agent->restarted;
        OPENSSL_cleanse(&agent->restarted, sizeof(agent->restarted));
        agent->restarting = false;
    }
    if (is_new) {
        known = take_place(agent);
        memset(known, 0, sizeof(*known));
        known->used = true;
        known->path = *path;
        agent->on_path(agent->user, known, true);
    }
    remember_check(agent, request);
    known->priority = request->priority;
    if (known != agent->selected && should_select(agent, known, request, is_new, now_us))
        agent->selected = known;
    known->nominated = known->nominated || request->use_candidate;
    known->last_us = now_us;
    return restarted;
}
