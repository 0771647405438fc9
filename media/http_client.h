/*
 * What our HTTP clients share on libsoup: sessions that may trust a CA of a school's own, the token's header, and
 * sentences for people when something fails. Any thread with a main context of its own.
 */
#ifndef DUET_MEDIA_HTTP_CLIENT_H
#define DUET_MEDIA_HTTP_CLIENT_H

#include <libsoup/soup.h>
#include <stdbool.h>

/* ca_file: PEM, NULL or "" for the system's authorities. NULL with an error that names the file. */
SoupSession *http_client_new(const char *ca_file, guint timeout_s, GError **error);

/* One more that trusts whom the other trusts, for another thread or main context. */
SoupSession *http_client_new_like(SoupSession *other, guint timeout_s);

/* An http or https address with a host. */
bool http_client_is_address(const char *url);

/* "school.example:8080". Free with g_free(), as what the next two return. */
char *http_client_host(const char *url);

/* No answer came: why, and what to do about a certificate. */
char *http_client_transport_text(const char *url, const GError *cause);

/* The server's own sentence (RFC 9457) in an answer's body, one line of printable text; NULL when there is none. */
char *http_client_problem(SoupMessage *message, const char *body, size_t len);

/* Authorization: Bearer; token may be NULL. */
void http_client_authorise(SoupMessage *message, const char *token);

#endif
