/*
 * Settings of duet-signaling: the table that reads them, and what must fit together. Used at start.
 */
#ifndef DUET_SIGNALING_SETTINGS_H
#define DUET_SIGNALING_SETTINGS_H

#include "common/config.h"

struct signaling_settings {
    struct config_list listen;
    int64_t port;
    char *web_root;
    char *certificate;
    char *key;
    bool allow_plain;
    struct config_list cors_origins;
    struct config_list trusted_proxies;
    char *store_path;
    char *backup_folder;
    int64_t backup_minutes;
    int64_t backup_keep;
    int64_t backup_keep_days;
    char *token_key_file;
    char *relay_key;
    char *relay_key_file;
    int64_t relay_capacity;
    struct config_list ice_servers;
    int64_t address_burst;
    int64_t address_per_second;
    int64_t publish_burst;
    int64_t publish_per_second;
    int64_t watch_burst;
    int64_t watch_per_second;
    int64_t connections;
    int64_t address_connections;
    int64_t password_max_age_days;
    int64_t session_idle_minutes;
    int64_t session_hours;
    int64_t sessions_per_person;
    char *metrics_token_file;
    char *log_levels;
};

const struct config_table *signaling_settings_table(void);

/* What one setting cannot know of another. Returns 0, or -EINVAL with a sentence in ret_error. */
int signaling_settings_check(
    const struct signaling_settings *settings, struct config_error *ret_error);

/* The relay key from relay.key or relay.key_file, at least 16 characters; "" when neither is set.
 * Owned by the caller. Returns 0 or a negative errno with ret_error. */
int signaling_settings_relay_key(
    const struct signaling_settings *settings, char **ret_key, struct config_error *ret_error);

/* What /metrics asks for, at least 16 characters; "" when metrics.token_file is not set. Owned by the
 * caller. Returns 0 or a negative errno with ret_error. */
int signaling_settings_metrics_token(
    const struct signaling_settings *settings, char **ret_token, struct config_error *ret_error);

#endif
