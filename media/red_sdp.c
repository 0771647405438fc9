#include "media/red_sdp.h"

#include <stdlib.h>

#define FORMAT G_STRINGIFY(RED_PAYLOAD_TYPE)

static bool is_audio(const GstSDPMedia *media)
{
    return g_strcmp0(gst_sdp_media_get_media(media), "audio") == 0;
}

/* "111 OPUS/48000/2" → 111; -1 when the m-line has no such codec. */
static int opus_payload_type(const GstSDPMedia *media)
{
    const char *rtpmap;

    for (guint i = 0; (rtpmap = gst_sdp_media_get_attribute_val_n(media, "rtpmap", i)); i++) {
        const char *name = strchr(rtpmap, ' ');
        if (name && g_ascii_strncasecmp(name + 1, "opus/48000", 10) == 0)
            return atoi(rtpmap);
    }
    return -1;
}

static int find_format(const GstSDPMedia *media)
{
    for (guint i = 0; i < gst_sdp_media_formats_len(media); i++)
        if (g_strcmp0(gst_sdp_media_get_format(media, i), FORMAT) == 0)
            return (int)i;
    return -1;
}

void red_sdp_add(GstSDPMessage *offer)
{
    for (guint i = 0; i < gst_sdp_message_medias_len(offer); i++) {
        /* the message is ours to change, but hands out its parts as constant */
        GstSDPMedia *media = (GstSDPMedia *)gst_sdp_message_get_media(offer, i);
        int opus = is_audio(media) ? opus_payload_type(media) : -1;

        if (opus < 0 || find_format(media) >= 0)
            continue;
        g_autofree char *blocks = g_strdup_printf(FORMAT " %d/%d", opus, opus);
        gst_sdp_media_add_format(media, FORMAT);
        gst_sdp_media_add_attribute(media, "rtpmap", FORMAT " red/48000/2");
        gst_sdp_media_add_attribute(media, "fmtp", blocks);
    }
}

static bool is_of_format(const GstSDPAttribute *attribute)
{
    return (g_strcmp0(attribute->key, "rtpmap") == 0 || g_strcmp0(attribute->key, "fmtp") == 0 ||
               g_strcmp0(attribute->key, "rtcp-fb") == 0) &&
           g_str_has_prefix(attribute->value ? attribute->value : "", FORMAT " ");
}

static enum red_sdp_answer remove_from(GstSDPMedia *media)
{
    int at = find_format(media);

    if (at < 0)
        return RED_SDP_REFUSED;
    /* alone it would leave an m-line without formats; no server that knows it answers so */
    if (gst_sdp_media_formats_len(media) == 1)
        return RED_SDP_REFUSED;
    gst_sdp_media_remove_format(media, (guint)at);
    for (guint i = gst_sdp_media_attributes_len(media); i-- > 0;)
        if (is_of_format(gst_sdp_media_get_attribute(media, i)))
            gst_sdp_media_remove_attribute(media, i);
    return at == 0 ? RED_SDP_PREFERRED : RED_SDP_TAKEN;
}

enum red_sdp_answer red_sdp_remove(GstSDPMessage *answer)
{
    enum red_sdp_answer first = RED_SDP_REFUSED;
    bool seen = false;

    for (guint i = 0; i < gst_sdp_message_medias_len(answer); i++) {
        GstSDPMedia *media = (GstSDPMedia *)gst_sdp_message_get_media(answer, i);

        /* a refused m-line repeats what was offered */
        if (!is_audio(media) || gst_sdp_media_get_port(media) == 0)
            continue;
        enum red_sdp_answer found = remove_from(media);
        if (!seen)
            first = found;
        seen = true;
    }
    return first;
}
