/* input.h - the door: the one way in which anything comes into the guest from outside */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An event is {icount, idle_ns, source, bytes}. There are two kinds: what a host end *posts* (a
 * key, a serial byte, a reset button, a debugger's write), which is delivered at a step boundary,
 * and the answer to a *question* the guest asks (the host's clock, random bytes), at the icount of
 * the asking.
 *
 * Live, posts come from host ends and answers from their source; a tap (the recorder) sees each
 * event. With a feed (a recording) attached, posts are refused, and events and answers come from
 * the feed. Devices and CPUs cannot tell which is the case and must not try to.
 */
#ifndef EMU_INPUT_H
#define EMU_INPUT_H

#include "emu/types.h"

struct door;
struct clock;

struct door_event {
    u64 icount, idle_ns; /* when it takes effect; for a question, when it was asked */
    u32 source;          /* index into the door's sources */
    u32 len;
    const u8 *data;      /* borrowed for the call */
};

/* The recorded future. peek() yields the next event without consuming it, false at the end. */
struct door_feed {
    bool (*peek)(void *opaque, struct door_event *ev);
    void (*pop)(void *opaque);
    /* An answer was asked for and the next event is not it, or an event is overdue: the replay has
     * diverged. The message says how. */
    void (*diverged)(void *opaque, const char *message);
    void *opaque;
};

typedef void (*door_deliver)(void *opaque, const u8 *data, u32 len);
typedef void (*door_answer)(void *opaque, u8 *data, u32 len);

struct door *door_new(struct clock *clock);
void door_delete(struct door *d);

/* Sources are numbered in the order of being added, which is the same for the same machine options.
 * A source has either deliver (posts) or answer (questions). Data delivered may come from a hostile
 * file: a deliver callback checks every byte and length of it. name must outlive the door and is
 * unique. */
int door_add_source(struct door *d, const char *name, door_deliver deliver, door_answer answer,
                    void *opaque);
u32 door_n_sources(const struct door *d);
const char *door_source_name(const struct door *d, u32 source);

/* From a host end, at any time the host loop runs. The bytes are copied and delivered at the next
 * step boundary of the live machine. False when the door has a feed: the input is not taken. */
bool door_post(struct door *d, int source, const void *data, u32 len);
bool door_is_fed(const struct door *d); /* for host ends and the timeline only */

/* The guest asks. Fills `out` with exactly len bytes: live, from the source's answer callback. */
void door_ask(struct door *d, int source, void *out, u32 len);

/* Owned by the timeline. NULL detaches. */
void door_set_feed(struct door *d, const struct door_feed *feed);
void door_set_tap(struct door *d, void (*tap)(void *opaque, const struct door_event *ev), void *opaque);

/* For the machine. An event that it applies itself, at once (a debugger's write): the tap sees it.
 */
void door_tap_event(struct door *d, int source, const void *data, u32 len);
/* The run loop sees that the recorded future cannot happen any more. */
void door_declare_diverged(struct door *d, const char *message);
bool door_diverged(const struct door *d); /* since the feed was set */

/* Called by the run loop at step boundaries. */
bool door_deliver_due(struct door *d);            /* at most one event; true if one was delivered */
bool door_next(struct door *d, u64 *icount, u64 *idle_ns); /* the feed's next post; false if none */
bool door_has_posts(const struct door *d);        /* live posts waiting */

#endif
