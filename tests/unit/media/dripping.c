#include "tests/unit/media/dripping.h"

#define DRIP_EVERY_MS 200

struct drip {
    SoupServerMessage *message; /* borrowed */
    unsigned *drips;            /* borrowed */
    guint timer;
};

static gboolean on_drip(gpointer user)
{
    struct drip *drip = user;

    ++*drip->drips;
    soup_message_body_append(
        soup_server_message_get_response_body(drip->message), SOUP_MEMORY_STATIC, " ", 1);
    soup_server_message_unpause(drip->message);
    return G_SOURCE_CONTINUE;
}

static void on_finished(SoupServerMessage *message, gpointer user)
{
    struct drip *drip = user;

    (void)message;
    g_source_remove(drip->timer);
    g_free(drip);
}

void dripping_answer(SoupServerMessage *message, unsigned *drips)
{
    struct drip *drip = g_new(struct drip, 1);

    *drip = (struct drip){message, drips, g_timeout_add(DRIP_EVERY_MS, on_drip, drip)};
    soup_server_message_set_status(message, 200, NULL);
    soup_message_headers_set_encoding(
        soup_server_message_get_response_headers(message), SOUP_ENCODING_CHUNKED);
    g_signal_connect(message, "finished", G_CALLBACK(on_finished), drip);
}
