/* recording_write.c - write a recording: chunks in order, by a thread of their own */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two runs of one guest must give the same file, so where chunks begin may depend on the guest
 * alone, never on how far the thread got or when the host was looked at. The rules are: an event
 * begins a new chunk when it is of another window of steps than the event before it, or when the
 * machine idled in between; console output is cut at a size; and whatever else is put first ends
 * the chunk of events. A flush then cuts only where these rules would have cut as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/check.h"
#include "emu/input.h"
#include "emu/log.h"
#include "emu/machine.h"
#include "replay/chunk.h"
#include "replay/recording.h"

#define EVENT_WINDOW_BITS 16 /* steps an events chunk may span */
#define EVENT_CHUNK_BYTES (256 * KiB)
#define OUTPUT_CHUNK_BYTES (4 * KiB)
#define OUTPUT_RUN_BITS 14     /* bytes sent within so many steps are one run */
#define QUEUE_BYTES (256 * MiB) /* beyond this the machine waits for the compressor and the disk */
#define KEPT_BYTES (64 * MiB) /* of a buffer of the thread, to be used again */

struct job {
    struct job *next;
    u32 type;
    struct buf raw;
    struct snapshot *snapshot, *parent; /* CHUNK_SNAPSHOT: references; its pages follow */
    u64 cost;
};

struct output {      /* of one port, not yet put into a chunk */
    struct buf runs; /* finished runs */
    struct buf run;  /* bytes of the last one */
    u64 run_icount, last_icount;
};

struct written { /* a chunk, for the index */
    u32 type;
    u64 offset;
};

struct rec_writer {
    char *path;
    int fd;

    /* The machine's thread only. */
    struct buf events;
    u64 n_events, pending_events, unflushed;
    struct door_event last; /* its data is not used */
    struct output output[MACHINE_MAX_PORTS];
    struct put_snapshot {
        const struct snapshot *s;
        char name[64];
    } * put;
    u64 n_put;

    /* Between the two. */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    struct job *first, **tail;
    u64 queued; /* cost of jobs not yet finished */
    bool busy, quit;
    _Atomic bool failed;
    _Atomic u64 bytes;

    /* The thread's only, until it has ended. The buffers are used again: to give memory back to the
     * host and to get it anew also stops the machine's thread for a while. */
    struct chunk_packer *packer;
    struct buf pages, stored;
    struct written *written;
    u64 n_written, cap_written;
};

/* The thread. */

static bool write_all(struct rec_writer *w, const u8 *p, size_t n)
{
    while (n) {
        ssize_t k = write(w->fd, p, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0) {
            if (!w->failed)
                error_report("%s: cannot write the recording: %s", w->path,
                             k < 0 ? strerror(errno) : "no space");
            w->failed = true;
            return false;
        }
        p += k;
        n -= k;
        w->bytes += k;
    }
    return true;
}

static void use_again(struct buf *b)
{
    buf_clear(b);
    if (b->cap > KEPT_BYTES)
        buf_fini(b);
}

static void write_chunk(struct rec_writer *w, u32 type, const struct buf *raw)
{
    if (w->failed)
        return;
    if (w->n_written == w->cap_written) {
        w->cap_written = MAX(w->cap_written * 2, (u64)256);
        w->written = xrealloc(w->written, w->cap_written * sizeof(*w->written));
    }
    w->written[w->n_written++] = (struct written){type, w->bytes};
    chunk_encode(w->packer, type, raw->data, raw->len, &w->stored);
    write_all(w, w->stored.data, w->stored.len);
    use_again(&w->stored);
}

static void do_job(struct rec_writer *w, struct job *j)
{
    write_chunk(w, j->type, &j->raw);
    if (j->snapshot && !w->failed) {
        snapshot_encode(j->snapshot, j->parent, &w->pages);
        write_chunk(w, CHUNK_PAGES, &w->pages);
        use_again(&w->pages);
    }
    snapshot_unref(j->snapshot);
    snapshot_unref(j->parent);
    buf_fini(&j->raw);
}

static void *writer_thread(void *opaque)
{
    struct rec_writer *w = opaque;

    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (!w->first && !w->quit)
            pthread_cond_wait(&w->work, &w->lock);
        struct job *j = w->first;
        if (!j)
            break;
        w->first = j->next;
        if (!w->first)
            w->tail = &w->first;
        w->busy = true;
        pthread_mutex_unlock(&w->lock);
        do_job(w, j);
        pthread_mutex_lock(&w->lock);
        w->busy = false;
        w->queued -= j->cost;
        free(j);
        pthread_cond_broadcast(&w->done);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* The machine's thread. */

static struct job *job_new(u32 type, struct buf *raw) /* takes over raw's content */
{
    struct job *j = xcalloc(1, sizeof(*j));
    j->type = type;
    j->raw = *raw;
    j->cost = sizeof(*j) + raw->len;
    *raw = (struct buf){0};
    return j;
}

static bool enqueue(struct rec_writer *w, struct job *j)
{
    pthread_mutex_lock(&w->lock);
    while (w->queued && w->queued + j->cost > QUEUE_BYTES)
        pthread_cond_wait(&w->done, &w->lock);
    w->queued += j->cost;
    j->next = NULL;
    *w->tail = j;
    w->tail = &j->next;
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->lock);
    return !w->failed;
}

static bool put_chunk(struct rec_writer *w, u32 type, struct buf *raw)
{
    return enqueue(w, job_new(type, raw));
}

static bool cut_events(struct rec_writer *w)
{
    struct buf raw = {0};

    if (!w->pending_events)
        return !w->failed;
    buf_put_varint(&raw, w->n_events - w->pending_events);
    buf_put_varint(&raw, w->pending_events);
    buf_put(&raw, w->events.data, w->events.len);
    buf_clear(&w->events);
    w->pending_events = 0;
    return put_chunk(w, CHUNK_EVENTS, &raw);
}

bool rec_put_event(struct rec_writer *w, const struct door_event *ev)
{
    if (w->pending_events &&
        (ev->idle_ns != w->last.idle_ns || w->events.len > EVENT_CHUNK_BYTES ||
         ev->icount >> EVENT_WINDOW_BITS != w->last.icount >> EVENT_WINDOW_BITS))
        cut_events(w);
    if (!w->pending_events)
        w->last = (struct door_event){0};
    buf_put_varint(&w->events, ev->icount - w->last.icount);
    buf_put_varint(&w->events, ev->source);
    buf_put_varint(&w->events, ev->idle_ns - w->last.idle_ns);
    buf_put_varint(&w->events, ev->len);
    buf_put(&w->events, ev->data, ev->len);
    w->last = *ev;
    w->pending_events++;
    w->n_events++;
    w->unflushed++;
    return !w->failed;
}

static void end_run(struct output *o)
{
    if (!o->run.len)
        return;
    buf_put_varint(&o->runs, o->run_icount - o->last_icount);
    buf_put_varint(&o->runs, o->run.len);
    buf_put(&o->runs, o->run.data, o->run.len);
    o->last_icount = o->run_icount;
    buf_clear(&o->run);
}

static bool cut_output(struct rec_writer *w, u32 port)
{
    struct output *o = &w->output[port];
    struct buf raw = {0};

    end_run(o);
    if (!o->runs.len)
        return !w->failed;
    buf_put_varint(&raw, port);
    buf_put(&raw, o->runs.data, o->runs.len);
    buf_clear(&o->runs);
    o->last_icount = 0;
    return cut_events(w) && put_chunk(w, CHUNK_OUTPUT, &raw);
}

static bool cut_outputs(struct rec_writer *w)
{
    bool ok = true;
    for (u32 i = 0; i < MACHINE_MAX_PORTS; i++)
        ok = cut_output(w, i) && ok;
    return ok;
}

bool rec_put_output(struct rec_writer *w, u32 port, u64 icount, const u8 *data, u32 n)
{
    CHECK(port < MACHINE_MAX_PORTS);
    struct output *o = &w->output[port];

    if (o->run.len && icount - o->run_icount >= (u64)1 << OUTPUT_RUN_BITS)
        end_run(o);
    if (!o->run.len)
        o->run_icount = icount;
    buf_put(&o->run, data, n);
    return o->runs.len + o->run.len < OUTPUT_CHUNK_BYTES || cut_output(w, port);
}

bool rec_put_digest(struct rec_writer *w, u64 icount, u64 digest)
{
    struct buf raw = {0};

    buf_put_varint(&raw, icount);
    buf_put_u64(&raw, digest);
    return cut_outputs(w) && cut_events(w) && put_chunk(w, CHUNK_DIGEST, &raw);
}

static i64 put_index(const struct rec_writer *w, const struct snapshot *s)
{
    for (u64 i = w->n_put; i-- > 0;) /* newest first: an older one of this address is gone */
        if (w->put[i].s == s)
            return i;
    return -1;
}

bool rec_put_past_snapshot(struct rec_writer *w, struct snapshot *s, struct snapshot *parent,
                           const char *name, u64 events)
{
    struct buf raw = {0};
    i64 parent_index = parent ? put_index(w, parent) : -1;

    CHECK(!parent || parent_index >= 0);
    w->put = xrealloc(w->put, (w->n_put + 1) * sizeof(*w->put));
    struct put_snapshot *p = &w->put[w->n_put];
    *p = (struct put_snapshot){.s = s};
    if (name)
        strncpy(p->name, name, sizeof(p->name) - 1);

    buf_put_varint(&raw, w->n_put++);
    buf_put_varint(&raw, snapshot_icount(s));
    buf_put_u64(&raw, snapshot_digest(s));
    buf_put_varint(&raw, events);
    buf_put_varint(&raw, parent_index + 1);
    buf_put_str(&raw, p->name);
    buf_put_varint(&raw, snapshot_idle_ns(s));
    cut_events(w);

    struct job *j = job_new(CHUNK_SNAPSHOT, &raw);
    j->snapshot = snapshot_ref(s);
    j->parent = snapshot_ref(parent);
    j->cost += snapshot_pages_since(s, parent) * PAGE_SIZE;
    return enqueue(w, j);
}

bool rec_put_snapshot(struct rec_writer *w, struct snapshot *s, struct snapshot *parent,
                      const char *name)
{
    return rec_put_past_snapshot(w, s, parent, name, w->n_events);
}

bool rec_put_unname(struct rec_writer *w, const char *name)
{
    struct buf raw = {0};

    for (u64 i = w->n_put; i-- > 0;) {
        if (strcmp(w->put[i].name, name))
            continue;
        w->put[i].name[0] = 0;
        buf_put_varint(&raw, i);
        return cut_events(w) && put_chunk(w, CHUNK_UNNAME, &raw);
    }
    return !w->failed;
}

bool rec_has_unflushed(const struct rec_writer *w)
{
    return w->unflushed;
}

bool rec_push(struct rec_writer *w)
{
    w->unflushed = 0;
    return cut_events(w);
}

bool rec_flush(struct rec_writer *w)
{
    rec_push(w);
    pthread_mutex_lock(&w->lock);
    while (w->queued || w->busy)
        pthread_cond_wait(&w->done, &w->lock);
    pthread_mutex_unlock(&w->lock);
    return !w->failed;
}

u64 rec_bytes_written(struct rec_writer *w)
{
    return w->bytes;
}

static void put_header(struct rec_writer *w, const struct machine_config *cfg,
                       const struct door *door)
{
    struct buf head = {0}, config = {0}, sources = {0};

    buf_put(&head, REC_MAGIC, 8);
    buf_put_u32(&head, REC_VERSION);
    buf_put_u32(&head, 0);
    CHECK(head.len == REC_HEADER_BYTES);
    write_all(w, head.data, head.len);
    buf_fini(&head);

    config_save(cfg, &config);
    put_chunk(w, CHUNK_CONFIG, &config);
    buf_put_varint(&sources, door_n_sources(door));
    for (u32 i = 0; i < door_n_sources(door); i++)
        buf_put_str(&sources, door_source_name(door, i));
    put_chunk(w, CHUNK_SOURCES, &sources);
}

/* A recording may take an older one's place. Anything else is more likely a slip, as -o with the
 * kernel's name. */
static bool may_replace(const char *path)
{
    char magic[8] = {0};
    struct stat st;

    if (stat(path, &st) || !S_ISREG(st.st_mode) || !st.st_size)
        return true;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return true; /* the attempt to write it will say why not */
    bool ours = read(fd, magic, sizeof(magic)) == sizeof(magic) && !memcmp(magic, REC_MAGIC, 8);
    close(fd);
    return ours ||
           error_report(
               "%s: there is a file of that name that is not a recording; remove it, or record "
               "to another one",
               path);
}

/* Emptied only when it is known that nobody else is recording to it. -1 (reported). */
static int create_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
        error_report("%s: another process is recording to this file", path);
    else if (fd >= 0 && (!ftruncate(fd, 0) || errno == EINVAL)) /* a device, as /dev/null */
        return fd;
    else
        error_report("%s: cannot create the recording: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

struct rec_writer *rec_create(const char *path, const struct machine_config *cfg,
                              const struct door *door)
{
    int fd = may_replace(path) ? create_file(path) : -1;
    if (fd < 0)
        return NULL;
    struct rec_writer *w = xcalloc(1, sizeof(*w));
    w->path = xstrdup(path);
    w->fd = fd;
    w->tail = &w->first;
    w->packer = chunk_packer_new();
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->work, NULL);
    pthread_cond_init(&w->done, NULL);
    put_header(w, cfg, door); /* before there is a thread, so that the header is first */
    CHECK(!pthread_create(&w->thread, NULL, writer_thread, w));
    if (rec_flush(w))
        return w;
    rec_finish(w, REC_END_QUIT, 0, 0); /* it was reported */
    return NULL;
}

static void write_index(struct rec_writer *w)
{
    struct buf raw = {0}, trailer = {0};
    u64 at = w->bytes, last = 0;

    if (w->failed)
        return;
    buf_put_varint(&raw, w->n_written);
    for (u64 i = 0; i < w->n_written; i++) {
        buf_put_u32(&raw, w->written[i].type);
        buf_put_varint(&raw, w->written[i].offset - last);
        last = w->written[i].offset;
    }
    write_chunk(w, CHUNK_INDEX, &raw);
    buf_put_u64(&trailer, at);
    buf_put(&trailer, REC_TRAILER_MAGIC, 8);
    write_all(w, trailer.data, trailer.len);
    buf_fini(&raw);
    buf_fini(&trailer);
}

bool rec_finish(struct rec_writer *w, enum rec_end end, u64 icount, int code)
{
    struct buf raw = {0};

    cut_outputs(w);
    cut_events(w);
    buf_put_u8(&raw, end);
    buf_put_varint(&raw, icount);
    buf_put_u32(&raw, code);
    put_chunk(w, CHUNK_END, &raw);

    pthread_mutex_lock(&w->lock);
    w->quit = true;
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    write_index(w);
    if (close(w->fd) && !w->failed) {
        error_report("%s: cannot write the recording: %s", w->path, strerror(errno));
        w->failed = true;
    }

    bool ok = !w->failed;
    for (u32 i = 0; i < MACHINE_MAX_PORTS; i++) {
        buf_fini(&w->output[i].runs);
        buf_fini(&w->output[i].run);
    }
    buf_fini(&w->events);
    buf_fini(&w->pages);
    buf_fini(&w->stored);
    chunk_packer_delete(w->packer);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->work);
    pthread_cond_destroy(&w->done);
    free(w->put);
    free(w->written);
    free(w->path);
    free(w);
    return ok;
}
