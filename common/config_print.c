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

static void print_setting(
    const struct config_setting *setting, const char *name, int depth, FILE *out)
{
    char allowed[256];
    config_describe_type(setting, allowed, sizeof(allowed));
    const char *quote = needs_quotes(setting) ? "'" : "";
    const char *value = setting->fallback;
    if (setting->type == CONFIG_LIST && *value == '\0')
        value = "[]";
    bool bare = setting->type == CONFIG_LIST && *value != '[';
    fprintf(out, "%*s# %s\n", depth * 2, "", setting->help);
    fprintf(out, "%*s# (%s)\n", depth * 2, "", allowed);
    fprintf(out, "%*s#%s: %s%s%s%s%s\n", depth * 2, "", name, quote, bare ? "[" : "", value,
        bare ? "]" : "", quote);
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

/* Prints what stands below the first prefix_len bytes of key ("http." or nothing). */
static void print_level(
    const struct config_table *table, const char *key, size_t prefix_len, int depth, FILE *out)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct config_setting *setting = &table->settings[i];
        if (strncmp(setting->key, key, prefix_len) != 0)
            continue;
        const char *name = setting->key + prefix_len;
        const char *dot = strchr(name, '.');
        if (!dot) {
            print_setting(setting, name, depth, out);
            continue;
        }
        size_t section_len = (size_t)(dot - setting->key) + 1;
        if (opened_before(table, i, section_len) || depth >= DEPTH_MAX)
            continue;
        fprintf(
            out, "%s%*s%.*s:\n", depth == 0 ? "\n" : "", depth * 2, "", (int)(dot - name), name);
        print_level(table, setting->key, section_len, depth + 1, out);
    }
}

void config_print_file(const struct config_table *table, FILE *out)
{
    fprintf(out,
        "# %s: every setting with its default. Remove the # in front of one to change it.\n",
        table->program);
    print_level(table, "", 0, 0, out);
}
