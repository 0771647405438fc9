#include "common/config_internal.h"

#include <string.h>

#define DEPTH_MAX 8

void config_print_help(const struct config_table *table, FILE *out)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct config_setting *setting = &table->settings[i];
        char allowed[256];
        config_describe_type(setting, allowed, sizeof(allowed));
        fprintf(out, "  %-24s %s\n  %-24s %s; default %s\n", setting->key, setting->help, "",
            allowed, *setting->fallback ? setting->fallback : "empty");
    }
}

/* A text stands in quotes when plain YAML would read it as something else. */
static bool needs_quotes(const struct config_setting *setting)
{
    const char *text = setting->fallback;
    if (setting->type != CONFIG_STRING)
        return false;
    return *text == '\0' || strpbrk(text, "#\"'{}[],&*!|>%@`") || strstr(text, ": ") ||
           *text == ' ' || *text == '-' || *text == '~' || *text == '?' || *text == ':';
}

/* In YAML's single quotes, where only the quote itself is doubled. */
static void print_quoted(const char *text, FILE *out)
{
    fputc('\'', out);
    for (; *text; text++)
        fprintf(out, "%s%c", *text == '\'' ? "'" : "", *text);
    fputc('\'', out);
}

/* Items are quoted: "::1" is no plain text inside brackets. */
static void print_list(const struct config_setting *setting, FILE *out)
{
    struct config_value value = {0};
    struct config_error error;
    config_value_from_text(
        setting, (struct config_place){"default", 0}, setting->fallback, &value, &error);
    fputc('[', out);
    for (size_t i = 0; i < value.list.count; i++) {
        fputs(i > 0 ? ", " : "", out);
        print_quoted(value.list.items[i], out);
    }
    fputc(']', out);
    config_value_finish(&value);
}

static void print_setting(
    const struct config_setting *setting, const char *name, int depth, FILE *out)
{
    char allowed[256];
    config_describe_type(setting, allowed, sizeof(allowed));
    fprintf(out, "%*s# %s\n", depth * 2, "", setting->help);
    fprintf(out, "%*s# (%s)\n", depth * 2, "", allowed);
    fprintf(out, "%*s#%s: ", depth * 2, "", name);
    if (setting->type == CONFIG_LIST)
        print_list(setting, out);
    else if (needs_quotes(setting))
        print_quoted(setting->fallback, out);
    else
        fputs(setting->fallback, out);
    fputc('\n', out);
}

/* Whether an earlier setting already opened the same section. */
static bool opened_before(const struct config_table *table, size_t index, size_t prefix_len)
{
    const char *key = table->settings[index].key;
    for (size_t i = 0; i < index; i++)
        if (strncmp(table->settings[i].key, key, prefix_len) == 0)
            return true;
    return false;
}

static void print_level(
    const struct config_table *table, const char *key, size_t prefix_len, int depth, FILE *out);

static void print_section(
    const struct config_table *table, size_t index, size_t prefix_len, int depth, FILE *out)
{
    const char *key = table->settings[index].key;
    size_t name_len = strcspn(key + prefix_len, ".");
    size_t section_len = prefix_len + name_len + 1;
    if (opened_before(table, index, section_len) || depth >= DEPTH_MAX)
        return;
    fprintf(out, "\n%*s%.*s:\n", depth * 2, "", (int)name_len, key + prefix_len);
    print_level(table, key, section_len, depth + 1, out);
}

/* Prints what stands below the first prefix_len bytes of key ("http." or nothing): settings, then
 * sections, so that a setting never looks as if it belonged to the section above it. */
static void print_level(
    const struct config_table *table, const char *key, size_t prefix_len, int depth, FILE *out)
{
    bool first = depth > 0;
    for (size_t i = 0; i < table->count; i++) {
        const char *setting_key = table->settings[i].key;
        if (strncmp(setting_key, key, prefix_len) != 0 || strchr(setting_key + prefix_len, '.'))
            continue;
        fputs(first ? "" : "\n", out);
        first = false;
        print_setting(&table->settings[i], setting_key + prefix_len, depth, out);
    }
    for (size_t i = 0; i < table->count; i++) {
        const char *setting_key = table->settings[i].key;
        if (strncmp(setting_key, key, prefix_len) == 0 && strchr(setting_key + prefix_len, '.'))
            print_section(table, i, prefix_len, depth, out);
    }
}

void config_print_file(const struct config_table *table, FILE *out)
{
    fprintf(out,
        "# %s: every setting with its default. Remove the # in front of one to change it.\n",
        table->program);
    print_level(table, "", 0, 0, out);
}
