/*
 * Reads many UDP sockets cheaply: several messages per system call, each up to a run of equal packets
 * that the kernel kept together (UDP_GRO), with the kernel's time of arrival, so that the reader's own
 * queueing is not measured. A run has one time: that of its arrival.
 *
 *   socket → gro_receiver_read → gro_split → on_packet (modifiable, valid during the call)
 *
 * One buffer for all sockets; one thread.
 */
#ifndef DUET_TESTS_BENCH_LOAD_GRO_RECEIVER_H
#define DUET_TESTS_BENCH_LOAD_GRO_RECEIVER_H

#include <stddef.h>
#include <stdint.h>

typedef void gro_packet_fn(void *user, uint8_t *data, size_t len, uint64_t arrival_ns);

/* Cuts a run into packets of segment_bytes, the last may be shorter; 0 = one packet. Returns how
 * many. */
size_t gro_split(uint8_t *data, size_t len, size_t segment_bytes, uint64_t arrival_ns,
    gro_packet_fn *on_packet, void *user);

/* Turns on UDP_GRO and time stamps and makes room for buffer_bytes. Returns 0 or a negative errno. */
int gro_prepare_socket(int fd, int buffer_bytes);

struct gro_receiver;

/* Returns 0 or -ENOMEM. */
int gro_receiver_create(struct gro_receiver **ret_receiver);
void gro_receiver_destroy(struct gro_receiver *receiver);

/* Learns how far the kernel's wall-clock stamps are from CLOCK_MONOTONIC; about once a second. */
void gro_receiver_sync_clock(struct gro_receiver *receiver);

/* One system call. arrival_ns is on CLOCK_MONOTONIC. Returns the number of messages, 0 when nothing
 * waits, or a negative errno. more is set when the call came back full. */
int gro_receiver_read(
    struct gro_receiver *receiver, int fd, gro_packet_fn *on_packet, void *user, int *ret_full);

#endif
