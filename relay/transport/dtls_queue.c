#include "relay/transport/dtls_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int dtls_queue_init(struct dtls_queue *queue)
{
    memset(queue, 0, sizeof(*queue));
    queue->ring = calloc(DTLS_QUEUE_DATAGRAMS, sizeof(queue->ring[0]));
    return queue->ring != NULL ? 0 : -ENOMEM;
}

void dtls_queue_finish(struct dtls_queue *queue)
{
    free(queue->ring);
    memset(queue, 0, sizeof(*queue));
}

bool dtls_queue_push(
    struct dtls_queue *queue, const struct transport_path *path, const uint8_t *data, size_t len)
{
    struct dtls_datagram *datagram;

    if (queue->count == DTLS_QUEUE_DATAGRAMS || len > sizeof(datagram->data))
        return false;
    datagram = &queue->ring[(queue->first + queue->count) % DTLS_QUEUE_DATAGRAMS];
    datagram->path = *path;
    datagram->len = len;
    memcpy(datagram->data, data, len);
    queue->count++;
    return true;
}

struct dtls_datagram *dtls_queue_pop(struct dtls_queue *queue)
{
    struct dtls_datagram *datagram;

    if (queue->count == 0)
        return NULL;
    datagram = &queue->ring[queue->first];
    queue->first = (queue->first + 1) % DTLS_QUEUE_DATAGRAMS;
    queue->count--;
    return datagram;
}
