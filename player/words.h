/*
 * The window's words in two languages, from web/i18n/<language>.json, which the pages share: flat
 * objects of id → text, with {name} where a value goes. Bundled into the program as a resource.
 *
 * Main thread only. An unknown id shows itself, as in the pages.
 */
#ifndef DUET_PLAYER_WORDS_H
#define DUET_PLAYER_WORDS_H

#include <glib.h>
#include <stdbool.h>

struct words;

/* language is "zh-CN" or "en". NULL with error when the resource is not what it should be. */
struct words *words_new(const char *language, GError **error);
void words_free(struct words *words);

const char *words_get(const struct words *words, const char *id);

/* The text with {name} replaced by value; free with g_free(). */
char *words_fill(const struct words *words, const char *id, const char *name, const char *value);

#endif
