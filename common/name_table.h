/* Names of an enumeration, by value: the way back from a name to its value. Pure; any thread. */
#ifndef DUET_COMMON_NAME_TABLE_H
#define DUET_COMMON_NAME_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* False for a name that is none of them; then ret_value stays. */
static inline bool name_table_find(
    const char *const *names, size_t count, const char *name, unsigned *ret_value)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            *ret_value = (unsigned)i;
            return true;
        }
    }
    return false;
}

#define NAME_TABLE_COUNT(names) (sizeof(names) / sizeof((names)[0]))

/* Defines both ways of a table: const char *name_of(type value), and bool value_of(const char *name, type *ret_value), false
 * for a name that is none. */
#define NAME_TABLE_FUNCTIONS(names, type, name_of, value_of)                                       \
    const char *name_of(type value)                                                                \
    {                                                                                              \
        return (names)[value];                                                                     \
    }                                                                                              \
                                                                                                   \
    bool value_of(const char *name, type *ret_value)                                               \
    {                                                                                              \
        unsigned value;                                                                            \
                                                                                                   \
        if (!name_table_find((names), NAME_TABLE_COUNT(names), name, &value))                      \
            return false;                                                                          \
        *ret_value = (type)value;                                                                  \
        return true;                                                                               \
    }

#endif
