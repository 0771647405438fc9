#include "common/config_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A program's tables are small; nothing that a person writes needs a longer list. */
#define LIST_ITEMS_MAX 1024

void config_value_finish(struct config_value *value)
{
    free(value->string);
    for (size_t i = 0; i < value->list.count; i++)
        free(value->list.items[i]);
    free(value->list.items);
    *value = (struct config_value){0};
}

void config_describe_type(const struct config_setting *setting, char *ret_text, size_t size)
{
    size_t used;
    switch (setting->type) {
    case CONFIG_BOOL:
        snprintf(ret_text, size, "true or false");
        break;
    case CONFIG_INT:
        snprintf(
            ret_text, size, "an integer from %" PRId64 " to %" PRId64, setting->min, setting->max);
        break;
    case CONFIG_STRING:
        if (setting->max > 0 && setting->min > 0)
            snprintf(ret_text, size, "a text of %" PRId64 " to %" PRId64 " bytes", setting->min,
                setting->max);
        else if (setting->max > 0)
            snprintf(ret_text, size, "a text of at most %" PRId64 " bytes", setting->max);
        else
            snprintf(ret_text, size, "a text");
        break;
    case CONFIG_CHOICE:
        used = (size_t)snprintf(ret_text, size, "one of");
        for (size_t i = 0; setting->choices[i] && used < size; i++)
            used += (size_t)snprintf(
                ret_text + used, size - used, "%s %s", i > 0 ? "," : "", setting->choices[i]);
        break;
    case CONFIG_LIST:
        if (setting->max > 0)
            snprintf(ret_text, size, "a list of at most %" PRId64 " texts", setting->max);
        else
            snprintf(ret_text, size, "a list of texts");
        break;
    }
}

static int fail_type(const struct config_setting *setting, struct config_place place,
    const char *got, struct config_error *ret_error)
{
    char allowed[256];
    config_describe_type(setting, allowed, sizeof(allowed));
    if (setting->secret)
        return config_fail(ret_error, place, setting->key, "expected %s", allowed);
    return config_fail(
        ret_error, place, setting->key, "expected %s, got %.64s", allowed, *got ? got : "nothing");
}

static int parse_bool(const char *text, bool *ret_value)
{
    static const char *const words[][2] = {{"false", "true"}, {"no", "yes"}, {"off", "on"}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        for (int value = 0; value < 2; value++)
            if (strcmp(text, words[i][value]) == 0) {
                *ret_value = value;
                return 0;
            }
    return -EINVAL;
}

/* Decimal only; beyond 64 bits is -ERANGE. */
static int parse_integer(const char *text, int64_t *ret_value)
{
    const char *digits = text + (*text == '-');
    if (!*digits || digits[strspn(digits, "0123456789")] != '\0')
        return -EINVAL;
    errno = 0;
    long long value = strtoll(text, NULL, 10);
    if (errno)
        return -ERANGE;
    *ret_value = value;
    return 0;
}

static int integer_from_text(const struct config_setting *setting, struct config_place place,
    const char *text, int64_t *ret_value, struct config_error *ret_error)
{
    int64_t value = 0;
    int r = parse_integer(text, &value);
    if (r == -EINVAL)
        return fail_type(setting, place, text, ret_error);
    if (r == -ERANGE || value < setting->min || value > setting->max)
        return config_fail(ret_error, place, setting->key,
            "%.64s is out of range, allowed %" PRId64 " to %" PRId64, text, setting->min,
            setting->max);
    *ret_value = value;
    return 0;
}

/* The default is always allowed: an empty text there means "not set". */
static bool length_allowed(const struct config_setting *setting, const char *text, size_t len)
{
    return setting->max <= 0 || ((int64_t)len >= setting->min && (int64_t)len <= setting->max) ||
           strcmp(text, setting->fallback) == 0;
}

static bool choice_allowed(const struct config_setting *setting, const char *text)
{
    for (size_t i = 0; setting->choices[i]; i++)
        if (strcmp(setting->choices[i], text) == 0)
            return true;
    return false;
}

static int string_from_text(const struct config_setting *setting, struct config_place place,
    const char *text, size_t len, struct config_value *value, struct config_error *ret_error)
{
    if (setting->type == CONFIG_CHOICE && !choice_allowed(setting, text))
        return fail_type(setting, place, text, ret_error);
    if (setting->type == CONFIG_STRING && !length_allowed(setting, text, len)) {
        char allowed[128];
        config_describe_type(setting, allowed, sizeof(allowed));
        return config_fail(
            ret_error, place, setting->key, "expected %s, got %zu bytes", allowed, len);
    }
    value->string = strdup(text);
    return value->string ? 0 : -ENOMEM;
}

int config_value_from_scalar(const struct config_setting *setting, struct config_place place,
    const char *text, size_t len, bool quoted, struct config_value *ret_value,
    struct config_error *ret_error)
{
    struct config_value value = {.present = true};
    if (strlen(text) != len)
        return config_fail(ret_error, place, setting->key, "a zero byte is not allowed");

    int r = 0;
    bool null = !quoted && (strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
    switch (setting->type) {
    case CONFIG_BOOL:
        if (quoted || parse_bool(text, &value.boolean) < 0)
            r = fail_type(setting, place, text, ret_error);
        break;
    case CONFIG_INT:
        if (quoted)
            r = fail_type(setting, place, "a text in quotes", ret_error);
        else
            r = integer_from_text(setting, place, text, &value.integer, ret_error);
        break;
    case CONFIG_STRING:
    case CONFIG_CHOICE:
        r = string_from_text(setting, place, null ? "" : text, null ? 0 : len, &value, ret_error);
        break;
    case CONFIG_LIST:
        /* "key:" with nothing after it is an empty list, one text alone is not. */
        if (quoted || (len > 0 && !null))
            r = fail_type(setting, place, text, ret_error);
        break;
    }
    if (r < 0)
        return r;
    *ret_value = value;
    return 0;
}

static int list_append(struct config_list *list, const char *text, size_t len)
{
    char **items = reallocarray(list->items, list->count + 1, sizeof(*items));
    if (!items)
        return -ENOMEM;
    list->items = items;
    items[list->count] = strndup(text, len);
    if (!items[list->count])
        return -ENOMEM;
    list->count++;
    return 0;
}

static size_t list_limit(const struct config_setting *setting)
{
    return setting->max > 0 ? (size_t)setting->max : LIST_ITEMS_MAX;
}

static int append_item(const struct config_setting *setting, struct config_place place,
    yaml_document_t *document, yaml_node_item_t index, struct config_list *list,
    struct config_error *ret_error)
{
    const yaml_node_t *item = yaml_document_get_node(document, index);
    if (!item || item->type != YAML_SCALAR_NODE)
        return fail_type(setting, place, "something else in the list", ret_error);
    const char *text = (const char *)item->data.scalar.value;
    if (strlen(text) != item->data.scalar.length)
        return config_fail(ret_error, place, setting->key, "a zero byte is not allowed");
    return list_append(list, text, item->data.scalar.length);
}

static int list_from_sequence(const struct config_setting *setting, struct config_place place,
    yaml_document_t *document, const yaml_node_t *node, struct config_value *ret_value,
    struct config_error *ret_error)
{
    const yaml_node_item_t *first = node->data.sequence.items.start;
    size_t count = (size_t)(node->data.sequence.items.top - first);
    if (count > list_limit(setting))
        return config_fail(ret_error, place, setting->key, "%zu items are too many, allowed %zu",
            count, list_limit(setting));
    struct config_value value = {.present = true};
    for (size_t i = 0; i < count; i++) {
        int r = append_item(setting, place, document, first[i], &value.list, ret_error);
        if (r < 0) {
            config_value_finish(&value);
            return r;
        }
    }
    *ret_value = value;
    return 0;
}

int config_value_from_node(const struct config_setting *setting, const char *name,
    yaml_document_t *document, const yaml_node_t *node, struct config_value *ret_value,
    struct config_error *ret_error)
{
    struct config_place place = {name, node->start_mark.line + 1};
    switch (node->type) {
    case YAML_SCALAR_NODE:
        return config_value_from_scalar(setting, place, (const char *)node->data.scalar.value,
            node->data.scalar.length, node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE, ret_value,
            ret_error);
    case YAML_SEQUENCE_NODE:
        if (setting->type == CONFIG_LIST)
            return list_from_sequence(setting, place, document, node, ret_value, ret_error);
        return fail_type(setting, place, "a list", ret_error);
    default:
        return fail_type(setting, place, "a section", ret_error);
    }
}

/* The next item of "a, 'b, c', \"d\"" at *cursor, without spaces and quotes around it; *cursor then
 * stands behind its comma, or at the end. */
static void next_item(const char **cursor, const char *end, const char **ret_item, size_t *ret_len)
{
    const char *item = *cursor;
    while (item < end && *item == ' ')
        item++;
    char quote = item < end && (*item == '"' || *item == '\'') ? *item : '\0';
    const char *item_end = quote ? memchr(item + 1, quote, (size_t)(end - item - 1)) : NULL;
    if (item_end) {
        item++;
    } else {
        item_end = memchr(item, ',', (size_t)(end - item));
        if (!item_end)
            item_end = end;
    }
    const char *comma = memchr(item_end, ',', (size_t)(end - item_end));
    *cursor = comma ? comma + 1 : end;
    while (!quote && item_end > item && item_end[-1] == ' ')
        item_end--;
    *ret_item = item;
    *ret_len = (size_t)(item_end - item);
}

static int list_from_text(const struct config_setting *setting, struct config_place place,
    const char *text, size_t len, struct config_value *ret_value, struct config_error *ret_error)
{
    struct config_value value = {.present = true};
    const char *end = text + len;
    for (const char *cursor = text + strspn(text, " "); cursor < end;) {
        const char *item;
        size_t item_len;
        next_item(&cursor, end, &item, &item_len);
        int r = value.list.count < list_limit(setting)
                    ? list_append(&value.list, item, item_len)
                    : config_fail(ret_error, place, setting->key, "too many items, allowed %zu",
                          list_limit(setting));
        if (r < 0) {
            config_value_finish(&value);
            return r;
        }
    }
    *ret_value = value;
    return 0;
}

int config_value_from_text(const struct config_setting *setting, struct config_place place,
    const char *text, struct config_value *ret_value, struct config_error *ret_error)
{
    size_t len = strlen(text);
    if (setting->type != CONFIG_LIST)
        return config_value_from_scalar(setting, place, text, len, false, ret_value, ret_error);
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']')
        return list_from_text(setting, place, text + 1, len - 2, ret_value, ret_error);
    return list_from_text(setting, place, text, len, ret_value, ret_error);
}
