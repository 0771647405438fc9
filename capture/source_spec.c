#include "capture/source_spec.h"

#include <stddef.h>
#include <string.h>

#define FILE_PREFIX "file:"

struct source_spec source_spec_parse(const char *text)
{
    static const struct {
        const char *word;
        enum source_kind kind;
    } words[] = {
        {"auto", SOURCE_AUTO},
        {"sample", SOURCE_SAMPLE},
        {"screen", SOURCE_SCREEN},
        {"none", SOURCE_NONE},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(text, words[i].word) == 0)
            return (struct source_spec){.kind = words[i].kind};
    size_t prefix = strlen(FILE_PREFIX);
    if (strncmp(text, FILE_PREFIX, prefix) == 0 && text[prefix])
        return (struct source_spec){.kind = SOURCE_FILE, .value = text + prefix};
    return (struct source_spec){.kind = SOURCE_DEVICE, .value = text};
}
