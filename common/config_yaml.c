/* The document API keeps the line of every node, which event-based readers lose. */
#include "common/config_internal.h"

#include <errno.h>
#include <string.h>

/* Settings stand a few levels deep. For each token libyaml looks at every bracket that is open: the
 * largest file allowed, of nothing but brackets, would take it minutes. */
#define NESTING_MAX 32

struct reading {
    const struct config_table *table;
    const char *name;
    yaml_document_t *document;
    struct config_value *pending;
    struct config_error *error;
};

static int read_mapping(
    const struct reading *reading, const yaml_node_t *mapping, const char *path);

/* "http" and "port" make "http.port"; at the top the path is empty. */
static int join_path(char *ret_path, size_t size, const char *path, const char *key)
{
    int n = snprintf(ret_path, size, "%s%s%s", path, *path ? "." : "", key);
    return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static bool is_empty(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE && node->data.scalar.length == 0 &&
           node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static int read_section(const struct reading *reading, struct config_place place,
    const yaml_node_t *node, const char *path)
{
    /* The commented-default file leaves "http:" with nothing below it. */
    if (is_empty(node))
        return 0;
    if (node->type != YAML_MAPPING_NODE)
        return config_fail(
            reading->error, place, path, "expected a section with settings below it");
    return read_mapping(reading, node, path);
}

static int read_setting(const struct reading *reading, struct config_place place,
    const struct config_setting *setting, const yaml_node_t *node)
{
    struct config_value *pending = &reading->pending[setting - reading->table->settings];
    if (pending->present)
        return config_fail(reading->error, place, setting->key, "set twice in the same file");
    return config_value_from_node(
        setting, reading->name, reading->document, node, pending, reading->error);
}

/* Sections that come twice; settings that do are noticed by read_setting(). */
static bool section_seen(
    const struct reading *reading, const yaml_node_t *mapping, const yaml_node_pair_t *pair)
{
    const yaml_node_t *key = yaml_document_get_node(reading->document, pair->key);
    for (const yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < pair; p++) {
        const yaml_node_t *earlier = yaml_document_get_node(reading->document, p->key);
        if (strcmp((const char *)earlier->data.scalar.value,
                (const char *)key->data.scalar.value) == 0)
            return true;
    }
    return false;
}

static int read_pair(const struct reading *reading, const yaml_node_t *mapping,
    const yaml_node_pair_t *pair, const char *parent)
{
    const yaml_node_t *key = yaml_document_get_node(reading->document, pair->key);
    const yaml_node_t *value = yaml_document_get_node(reading->document, pair->value);
    struct config_place place = {reading->name, key->start_mark.line + 1};
    char path[128];
    if (key->type != YAML_SCALAR_NODE)
        return config_fail(reading->error, place, parent, "the name of a setting must be a text");
    if (strlen((const char *)key->data.scalar.value) != key->data.scalar.length ||
        join_path(path, sizeof(path), parent, (const char *)key->data.scalar.value) < 0)
        return config_fail(reading->error, place, parent, "unknown setting with a very long name");

    const struct config_setting *setting = config_find(reading->table, path);
    if (setting)
        return read_setting(reading, place, setting, value);
    if (!config_is_section(reading->table, path))
        return config_fail_unknown(reading->table, place, path, reading->error);
    if (section_seen(reading, mapping, pair))
        return config_fail(reading->error, place, path, "set twice in the same file");
    return read_section(reading, place, value, path);
}

/* Recurses only along known sections, so neither depth nor aliases can run away. */
static int read_mapping(const struct reading *reading, const yaml_node_t *mapping, const char *path)
{
    const yaml_node_pair_t *end = mapping->data.mapping.pairs.top;
    for (const yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < end; p++) {
        int r = read_pair(reading, mapping, p, path);
        if (r < 0)
            return r;
    }
    return 0;
}

static int fail_syntax(
    const yaml_parser_t *parser, const char *name, struct config_error *ret_error)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return -ENOMEM;
    /* The reader (bad UTF-8) knows only an offset, and leaves the mark where parsing stood. */
    size_t line =
        parser->error == YAML_READER_ERROR ? parser->mark.line : parser->problem_mark.line;
    return config_fail(ret_error, (struct config_place){name, line + 1}, NULL, "not YAML: %s",
        parser->problem ? parser->problem : "broken text");
}

static int read_root(const struct reading *reading)
{
    const yaml_node_t *root = yaml_document_get_root_node(reading->document);
    if (!root || is_empty(root))
        return 0;
    if (root->type != YAML_MAPPING_NODE)
        return config_fail(reading->error,
            (struct config_place){reading->name, root->start_mark.line + 1}, NULL,
            "expected settings, as in \"key: value\"");
    return read_mapping(reading, root, "");
}

/* A second document would be ignored silently: say so instead. */
static int expect_end(yaml_parser_t *parser, const char *name, struct config_error *ret_error)
{
    yaml_document_t extra;
    if (!yaml_parser_load(parser, &extra))
        return fail_syntax(parser, name, ret_error);
    const yaml_node_t *root = yaml_document_get_root_node(&extra);
    size_t line = root ? root->start_mark.line + 1 : 0;
    yaml_document_delete(&extra);
    return root ? config_fail(ret_error, (struct config_place){name, line}, NULL,
                      "only one document is allowed in a file")
                : 0;
}

/* -EINVAL for what is nested too deep. What is no YAML ends the look: the loader says what is wrong. */
static int check_nesting(
    const char *name, const char *text, size_t len, struct config_error *ret_error)
{
    yaml_parser_t parser;
    yaml_event_t event;
    if (!yaml_parser_initialize(&parser))
        return -ENOMEM;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    int r = 0;
    int depth = 0;
    bool ended = false;
    while (r == 0 && !ended && yaml_parser_parse(&parser, &event)) {
        if (event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_MAPPING_START_EVENT)
            depth++;
        else if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT)
            depth--;
        if (depth > NESTING_MAX)
            r = config_fail(ret_error, (struct config_place){name, event.start_mark.line + 1}, NULL,
                "nested deeper than %d levels", NESTING_MAX);
        ended = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return r;
}

int config_read_document(const struct config_table *table, const char *name, const char *text,
    size_t len, struct config_value *pending, struct config_error *ret_error)
{
    yaml_parser_t parser;
    yaml_document_t document;
    int r = check_nesting(name, text, len, ret_error);
    if (r < 0)
        return r;
    if (!yaml_parser_initialize(&parser))
        return -ENOMEM;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    if (!yaml_parser_load(&parser, &document)) {
        r = fail_syntax(&parser, name, ret_error);
        goto out;
    }
    struct reading reading = {table, name, &document, pending, ret_error};
    r = read_root(&reading);
    if (r == 0 && yaml_document_get_root_node(&document))
        r = expect_end(&parser, name, ret_error);
    yaml_document_delete(&document);
out:
    yaml_parser_delete(&parser);
    return r;
}
