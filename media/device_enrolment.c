#include "media/device_enrolment.h"

#include <string.h>

#include "common/json.h"
#include "media/device_identity.h"
#include "media/http_client.h"
#include "media/json_call.h"

#define LINK_PREFIX       "duet-enrol:"
#define TIMEOUT_S         10
#define TOO_MANY_REQUESTS 429

struct device_enrolment {
    struct device_enrolment_params params; /* without the four strings */
    struct device_identity identity;       /* owned, as all below */
    SoupSession *soup;
    GCancellable *cancellable;
    char *folder;
    GSource *failing;
    char *failure;
};

/* ---- what people give ---- */

/* Grouped as people write it: "027 833", "027-833". */
static bool parse_digits(const char *text, char ret_code[DEVICE_CODE_DIGITS + 1])
{
    size_t count = 0;

    for (; *text; text++) {
        if (*text == ' ' || *text == '-')
            continue;
        if (!g_ascii_isdigit(*text) || count == DEVICE_CODE_DIGITS)
            return false;
        ret_code[count++] = *text;
    }
    ret_code[count] = '\0';
    return count == DEVICE_CODE_DIGITS;
}

bool device_enrolment_parse(
    const char *text, char **ret_server, char ret_code[DEVICE_CODE_DIGITS + 1])
{
    g_autofree char *trimmed = g_strstrip(g_strdup(text));
    g_autofree char *server = NULL;
    char code[DEVICE_CODE_DIGITS + 1];
    const char *hash;

    if (!g_str_has_prefix(trimmed, LINK_PREFIX)) {
        if (!parse_digits(trimmed, ret_code))
            return false;
        *ret_server = NULL;
        return true;
    }
    hash = strrchr(trimmed, '#');
    if (!hash || !parse_digits(hash + 1, code))
        return false;
    server =
        g_strndup(trimmed + strlen(LINK_PREFIX), (gsize)(hash - trimmed) - strlen(LINK_PREFIX));
    if (!http_client_is_address(server))
        return false;
    memcpy(ret_code, code, sizeof(code));
    *ret_server = g_steal_pointer(&server);
    return true;
}

bool device_enrolment_same_server(const char *left, const char *right)
{
    g_autoptr(GUri) a = g_uri_parse(left, SOUP_HTTP_URI_FLAGS, NULL);
    g_autoptr(GUri) b = g_uri_parse(right, SOUP_HTTP_URI_FLAGS, NULL);

    return a && b && g_uri_get_host(a) && g_uri_get_host(b) &&
           g_strcmp0(g_uri_get_scheme(a), g_uri_get_scheme(b)) == 0 &&
           g_ascii_strcasecmp(g_uri_get_host(a), g_uri_get_host(b)) == 0 &&
           g_uri_get_port(a) == g_uri_get_port(b);
}

/* ---- the conversation ---- */

static char *place_of(const json_t *answer)
{
    const char *room = json_string_value(json_object_get(json_object_get(answer, "room"), "name"));
    const char *school =
        json_string_value(json_object_get(json_object_get(answer, "school"), "name"));

    return room && school ? g_strdup_printf("%s, %s", room, school) : NULL;
}

static void end(struct device_enrolment *enrolment, enum device_enrolment_end how, const char *text)
{
    enrolment->params.on_end(enrolment->params.user, how, text);
}

static void refuse(struct device_enrolment *enrolment, const struct json_call_answer *answer)
{
    end(enrolment,
        answer->status == 0                   ? DEVICE_ENROLMENT_UNREACHABLE
        : answer->status == TOO_MANY_REQUESTS ? DEVICE_ENROLMENT_TOO_OFTEN
        : answer->status == SOUP_STATUS_NOT_FOUND && answer->is_problem
            ? DEVICE_ENROLMENT_WRONG_CODE
            : DEVICE_ENROLMENT_FAILED,
        answer->error);
}

static void on_answer(void *user, const struct json_call_answer *answer)
{
    struct device_enrolment *enrolment = user;
    struct device_identity *identity = &enrolment->identity;
    g_autofree char *place = answer->json ? place_of(answer->json) : NULL;
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    struct json_error wrong;

    if (answer->error) {
        refuse(enrolment, answer);
    } else if (!place ||
               json_get_int(answer->json, "device", 1, INT64_MAX, &identity->id, &wrong) < 0) {
        text = g_strdup_printf("%s is no server of Duet", identity->server);
        end(enrolment, DEVICE_ENROLMENT_FAILED, text);
    } else if (!device_identity_save(enrolment->folder, identity, &error)) {
        end(enrolment, DEVICE_ENROLMENT_FAILED, error->message);
    } else {
        end(enrolment, DEVICE_ENROLMENT_DONE, place);
    }
}

static void send_code(struct device_enrolment *enrolment, const char *code)
{
    const struct device_identity *identity = &enrolment->identity;
    g_autofree char *url = g_strconcat(identity->server, "/api/v1/devices", NULL);
    g_autofree char *key = device_identity_public_key(identity);

    json_call(enrolment->soup, url, NULL,
        json_pack("{s:s, s:s, s:s, s:s}", "code", code, "public_key", key, "name",
            g_get_host_name(), "version", DUET_VERSION),
        enrolment->cancellable, on_answer, enrolment);
}

static gboolean on_failing(gpointer user)
{
    struct device_enrolment *enrolment = user;

    end(enrolment, DEVICE_ENROLMENT_FAILED, enrolment->failure);
    return G_SOURCE_REMOVE;
}

/* From the main loop, as every end. */
static void fail(struct device_enrolment *enrolment, const char *text)
{
    enrolment->failure = g_strdup(text);
    enrolment->failing = g_idle_source_new();
    g_source_set_callback(enrolment->failing, on_failing, enrolment, NULL);
    g_source_attach(enrolment->failing, g_main_context_get_thread_default());
}

struct device_enrolment *device_enrolment_begin(const struct device_enrolment_params *params)
{
    struct device_enrolment *enrolment = g_new0(struct device_enrolment, 1);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;

    enrolment->params = *params;
    enrolment->folder = g_strdup(params->folder);
    enrolment->cancellable = g_cancellable_new();
    device_identity_init(&enrolment->identity, params->server, params->ca_file);
    if (!http_client_is_address(params->server)) {
        text = g_strdup_printf("%s is not an address like https://school.example", params->server);
        fail(enrolment, text);
    } else if (!device_identity_can_save(params->folder, &error) ||
               !(enrolment->soup =
                       http_client_new(enrolment->identity.ca_file, TIMEOUT_S, &error))) {
        fail(enrolment, error->message);
    } else {
        send_code(enrolment, params->code);
    }
    return enrolment;
}

void device_enrolment_free(struct device_enrolment *enrolment)
{
    if (!enrolment)
        return;
    g_cancellable_cancel(enrolment->cancellable);
    g_object_unref(enrolment->cancellable);
    if (enrolment->failing) {
        g_source_destroy(enrolment->failing);
        g_source_unref(enrolment->failing);
    }
    g_clear_object(&enrolment->soup);
    device_identity_finish(&enrolment->identity);
    g_free(enrolment->folder);
    g_free(enrolment->failure);
    g_free(enrolment);
}

/* ---- waiting for it ---- */

struct waiting {
    bool ended;
    char *place;
    GError *error;
};

static void on_end(void *user, enum device_enrolment_end how, const char *text)
{
    struct waiting *waiting = user;

    waiting->ended = true;
    if (how == DEVICE_ENROLMENT_DONE)
        waiting->place = g_strdup(text);
    else
        g_set_error_literal(&waiting->error, G_IO_ERROR, G_IO_ERROR_FAILED, text);
}

bool device_enrolment_run(const char *server, const char *ca_file, const char *code,
    const char *folder, char **ret_place, GError **error)
{
    struct waiting waiting = {.ended = false};
    struct device_enrolment_params params = {server, ca_file, code, folder, on_end, &waiting};
    g_autoptr(GMainContext) context = g_main_context_new();
    struct device_enrolment *enrolment;

    g_main_context_push_thread_default(context);
    enrolment = device_enrolment_begin(&params);
    while (!waiting.ended)
        g_main_context_iteration(context, TRUE);
    device_enrolment_free(enrolment);
    while (g_main_context_iteration(context, FALSE))
        ; /* what was cancelled comes to its end */
    g_main_context_pop_thread_default(context);
    if (waiting.error) {
        g_propagate_error(error, waiting.error);
        return false;
    }
    *ret_place = waiting.place;
    return true;
}
