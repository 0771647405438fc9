#include "media/qr_reader.h"

#include <gio/gio.h>

#include "common/clock.h"

static char *text_of(GstMessage *message, bool (*wanted)(const char *text))
{
    const GstStructure *code = gst_message_get_structure(message);
    const char *text =
        gst_structure_has_name(code, "barcode") ? gst_structure_get_string(code, "symbol") : NULL;

    return text && wanted(text) ? g_strdup(text) : NULL;
}

static char *wait_for(
    GstBus *bus, bool (*wanted)(const char *text), unsigned limit_s, GError **error)
{
    uint64_t end_us = clock_now_us() + limit_s * US_PER_S;
    char *text = NULL;

    while (!text) {
        uint64_t now_us = clock_now_us();
        g_autoptr(GstMessage) message =
            gst_bus_timed_pop_filtered(bus, now_us < end_us ? (end_us - now_us) * GST_USECOND : 0,
                GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR | GST_MESSAGE_EOS);

        if (message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_ELEMENT) {
            text = text_of(message, wanted);
        } else if (message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
            gst_message_parse_error(message, error, NULL);
            return NULL;
        } else {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no code to enrol with was seen%s",
                message ? "" : "; hold it steady, and as large as the picture");
            return NULL;
        }
    }
    return text;
}

char *qr_reader_wait(
    GstElement *camera, bool (*wanted)(const char *text), unsigned limit_s, GError **error)
{
    g_autoptr(GstElement) owned = gst_object_ref_sink(camera);
    g_autoptr(GstElement) pipeline = gst_pipeline_new(NULL);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    GstElement *reader = gst_parse_bin_from_description_full(
        "decodebin name=decoder ! videoconvert ! zbar ! fakesink sync=false", FALSE, NULL,
        GST_PARSE_FLAG_FATAL_ERRORS, error);
    g_autoptr(GstElement) decoder = NULL;
    g_autoptr(GstPad) pad = NULL;
    char *text;

    if (!reader)
        return NULL;
    decoder = gst_bin_get_by_name(GST_BIN(reader), "decoder");
    pad = gst_element_get_static_pad(decoder, "sink");
    gst_element_add_pad(reader, gst_ghost_pad_new("sink", pad));
    gst_bin_add_many(GST_BIN(pipeline), owned, reader, NULL);
    gst_element_link(owned, reader);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    text = wait_for(bus, wanted, limit_s, error);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    return text;
}
