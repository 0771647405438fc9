#include "relay/relay_load.h"

#include "relay/link_messages.h"

#include <errno.h>
#include <stdlib.h>

struct figures {
    size_t sessions;
    double cpu;
    double rtp_out_pps;
};

struct relay_load {
    struct figures *by_worker; /* owned */
    size_t workers;
};

int relay_load_create(size_t workers, struct relay_load **ret_load)
{
    struct relay_load *load = calloc(1, sizeof(*load));

    if (load == NULL)
        return -ENOMEM;
    load->by_worker = calloc(workers, sizeof(load->by_worker[0]));
    if (load->by_worker == NULL) {
        free(load);
        return -ENOMEM;
    }
    load->workers = workers;
    *ret_load = load;
    return 0;
}

void relay_load_destroy(struct relay_load *load)
{
    if (load == NULL)
        return;
    free(load->by_worker);
    free(load);
}

json_t *relay_load_add(struct relay_load *load, json_t *event)
{
    size_t worker = (size_t)json_integer_value(json_object_get(event, "worker"));
    struct figures sum = {0};

    if (worker < load->workers)
        load->by_worker[worker] = (struct figures){
            .sessions = (size_t)json_integer_value(json_object_get(event, "sessions")),
            .cpu = json_number_value(json_object_get(event, "cpu")),
            .rtp_out_pps = json_number_value(json_object_get(event, "rtp_out_pps")),
        };
    json_decref(event);
    if (worker != 0)
        return NULL;
    for (size_t i = 0; i < load->workers; i++) {
        sum.sessions += load->by_worker[i].sessions;
        sum.cpu += load->by_worker[i].cpu;
        sum.rtp_out_pps += load->by_worker[i].rtp_out_pps;
    }
    return link_load(sum.sessions, sum.cpu, sum.rtp_out_pps);
}
