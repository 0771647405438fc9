#include "player/words.h"

#include <gio/gio.h>
#include <jansson.h>

#include "player/player_resources.h"

struct words {
    json_t *texts; /* owned */
};

struct words *words_new(const char *language, GError **error)
{
    /* Naming the resource keeps the linker from leaving it out of a static library. */
    (void)player_get_resource();
    g_autofree char *path = g_strdup_printf("/duet/i18n/%s.json", language);
    g_autoptr(GBytes) bytes = g_resources_lookup_data(path, G_RESOURCE_LOOKUP_FLAGS_NONE, error);
    json_error_t problem;

    if (!bytes)
        return NULL;
    gsize len = 0;
    const char *data = g_bytes_get_data(bytes, &len);
    json_t *texts = json_loadb(data, len, 0, &problem);
    if (!json_is_object(texts)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s:%d: %s", path, problem.line,
            problem.text);
        json_decref(texts);
        return NULL;
    }
    struct words *words = g_new0(struct words, 1);
    words->texts = texts;
    return words;
}

void words_free(struct words *words)
{
    if (!words)
        return;
    json_decref(words->texts);
    g_free(words);
}

const char *words_get(const struct words *words, const char *id)
{
    const char *text = json_string_value(json_object_get(words->texts, id));
    return text ? text : id;
}

char *words_fill(const struct words *words, const char *id, const char *name, const char *value)
{
    g_autofree char *place = g_strdup_printf("{%s}", name);
    GString *text = g_string_new(words_get(words, id));

    g_string_replace(text, place, value, 0);
    return g_string_free(text, FALSE);
}
