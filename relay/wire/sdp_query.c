/* Look-ups in a parsed SDP. */
#include "relay/wire/sdp.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct sdp_media *sdp_find_media(const struct sdp *sdp, const char *mid)
{
    for (size_t i = 0; i < sdp->media_count; i++) {
        if (strcmp(sdp->media[i].mid, mid) == 0)
            return &sdp->media[i];
    }
    return NULL;
}

const struct sdp_codec *sdp_find_codec(const struct sdp_media *media, uint8_t payload_type)
{
    for (size_t i = 0; i < media->codec_count; i++) {
        if (media->codecs[i].payload_type == payload_type)
            return &media->codecs[i];
    }
    return NULL;
}

const struct sdp_codec *sdp_find_rtx(const struct sdp_media *media, uint8_t payload_type)
{
    for (size_t i = 0; i < media->codec_count; i++) {
        const struct sdp_codec *codec = &media->codecs[i];
        if (strcasecmp(codec->name, "rtx") == 0 &&
            sdp_fmtp_get_u32(codec->fmtp, "apt", 10, UINT32_MAX) == payload_type)
            return codec;
    }
    return NULL;
}

/* "111/111": a payload type per block, all of them that one (RFC 2198 section 5). */
static bool is_red_of(const char *fmtp, uint8_t payload_type)
{
    for (;;) {
        char *end;

        if (*fmtp < '0' || *fmtp > '9' || strtoul(fmtp, &end, 10) != payload_type)
            return false;
        if (*end != '/')
            return *end == '\0' || *end == ' ' || *end == ';';
        fmtp = end + 1;
    }
}

const struct sdp_codec *sdp_find_red(const struct sdp_media *media, uint8_t payload_type)
{
    for (size_t i = 0; i < media->codec_count; i++) {
        const struct sdp_codec *codec = &media->codecs[i];
        if (strcasecmp(codec->name, "red") == 0 && is_red_of(codec->fmtp, payload_type))
            return codec;
    }
    return NULL;
}

const struct sdp_extmap *sdp_find_extmap(const struct sdp_media *media, const char *uri)
{
    for (size_t i = 0; i < media->extmap_count; i++) {
        if (strcmp(media->extmaps[i].uri, uri) == 0)
            return &media->extmaps[i];
    }
    return NULL;
}

uint32_t sdp_find_rtx_ssrc(const struct sdp_media *media, uint32_t ssrc)
{
    for (size_t i = 0; i < media->ssrc_group_count; i++) {
        const struct sdp_ssrc_group *group = &media->ssrc_groups[i];
        if (group->semantics == SDP_GROUP_FID && group->ssrc_count == 2 && group->ssrcs[0] == ssrc)
            return group->ssrcs[1];
    }
    return 0;
}

bool sdp_fmtp_get(const char *fmtp, const char *key, const char **ret_value, size_t *ret_len)
{
    size_t key_len = strlen(key);

    while (*fmtp != '\0') {
        fmtp += strspn(fmtp, "; \t");
        size_t len = strcspn(fmtp, ";");
        size_t name_len = strcspn(fmtp, "=; \t");
        if (name_len > 0 && name_len == key_len && strncasecmp(fmtp, key, key_len) == 0) {
            const char *end = fmtp + len;
            const char *value = fmtp + name_len;
            if (*value == '=')
                value++;
            while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
                end--;
            *ret_value = value;
            *ret_len = (size_t)(end - value);
            return true;
        }
        fmtp += len;
    }
    return false;
}

uint32_t sdp_fmtp_get_u32(const char *fmtp, const char *key, int base, uint32_t fallback)
{
    const char *digits = base == 16 ? "0123456789abcdefABCDEF" : "0123456789";
    const char *value;
    size_t len;
    char number[12];

    if (!sdp_fmtp_get(fmtp, key, &value, &len) || len == 0 || len >= sizeof(number))
        return fallback;
    memcpy(number, value, len);
    number[len] = '\0';
    if (strspn(number, digits) != len)
        return fallback;
    unsigned long long parsed = strtoull(number, NULL, base);
    return parsed > UINT32_MAX ? fallback : (uint32_t)parsed;
}

const char *sdp_direction_name(enum sdp_direction direction)
{
    switch (direction) {
    case SDP_SENDRECV:
        return "sendrecv";
    case SDP_SENDONLY:
        return "sendonly";
    case SDP_RECVONLY:
        return "recvonly";
    case SDP_INACTIVE:
        return "inactive";
    }
    return "inactive";
}
