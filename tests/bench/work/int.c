/* int.c - integer work as programs do it: lists, matrices, a state machine, a CRC; and sorting */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "work.h"

static uint16_t crc16(uint16_t crc, uint32_t value)
{
    for (unsigned i = 0; i < 32; i++, value >>= 1)
        crc = (uint16_t)((crc >> 1) ^ ((crc ^ value) & 1 ? 0xa001 : 0));
    return crc;
}

/* ---- lists ---- */

struct node {
    struct node *next;
    int16_t key, data;
};

#define NODES 300

static struct node *merge(struct node *a, struct node *b, int by_data)
{
    struct node *head, **tail = &head;
    while (a && b) {
        int left = by_data ? a->data <= b->data : a->key <= b->key;
        struct node **from = left ? &a : &b;
        *tail = *from;
        tail = &(*from)->next;
        *from = *tail;
    }
    *tail = a ? a : b;
    return head;
}

static struct node *sort(struct node *list, unsigned n, int by_data)
{
    if (n < 2)
        return list;
    struct node *half = list, *cut;
    for (unsigned i = 1; i < n / 2; i++)
        half = half->next;
    cut = half->next;
    half->next = NULL;
    return merge(sort(list, n / 2, by_data), sort(cut, n - n / 2, by_data), by_data);
}

static struct node *reverse(struct node *list)
{
    struct node *done = NULL;
    while (list) {
        struct node *next = list->next;
        list->next = done;
        done = list;
        list = next;
    }
    return done;
}

static uint16_t lists(uint32_t *seed, uint16_t crc)
{
    static struct node pool[NODES];
    struct node *list = NULL;
    for (unsigned i = 0; i < NODES; i++) {
        uint32_t r = work_random(seed);
        pool[i] = (struct node){list, (int16_t)r, (int16_t)(r >> 16)};
        list = &pool[i];
    }
    for (unsigned i = 0; i < 20; i++) {
        int16_t wanted = pool[work_random(seed) % NODES].key;
        struct node *n = list;
        while (n && n->key != wanted)
            n = n->next;
        if (n)
            crc = crc16(crc, (uint16_t)n->data);
        list = reverse(list);
    }
    list = sort(list, NODES, 0);
    crc = crc16(crc, (uint16_t)list->key);
    list = sort(list, NODES, 1);
    for (struct node *n = list; n; n = n->next)
        crc = (uint16_t)(crc * 3 + (uint16_t)n->key);
    return crc;
}

/* ---- matrices ---- */

#define SIDE 24

static uint16_t matrices(uint32_t *seed, uint16_t crc)
{
    static int16_t a[SIDE][SIDE], b[SIDE][SIDE];
    static int32_t c[SIDE][SIDE];
    for (unsigned i = 0; i < SIDE; i++)
        for (unsigned k = 0; k < SIDE; k++) {
            uint32_t r = work_random(seed);
            a[i][k] = (int16_t)(r & 0xff);
            b[i][k] = (int16_t)(r >> 24);
        }
    for (unsigned i = 0; i < SIDE; i++)
        for (unsigned j = 0; j < SIDE; j++) {
            int32_t sum = 0;
            for (unsigned k = 0; k < SIDE; k++)
                sum += a[i][k] * b[k][j];
            c[i][j] = sum;
        }
    int32_t run = 0, last = 0;
    for (unsigned i = 0; i < SIDE; i++)
        for (unsigned k = 0; k < SIDE; k++) {
            int32_t bits = (c[i][k] >> 2 & 15) * (c[i][k] >> 5 & 127);
            run = bits > last ? run + 10 : run + (bits & 3);
            last = bits;
        }
    return crc16(crc, (uint32_t)run);
}

/* ---- a state machine: which of the words are numbers? ---- */

enum state { START, SIGN, DIGITS, POINT, FRACTION, EXPONENT, POWER_SIGN, POWER, BAD, STATES };

static enum state step(enum state s, char c)
{
    int digit = c >= '0' && c <= '9', sign = c == '+' || c == '-';
    switch (s) {
    case START:
        return digit ? DIGITS : sign ? SIGN : c == '.' ? POINT : BAD;
    case SIGN:
        return digit ? DIGITS : c == '.' ? POINT : BAD;
    case DIGITS:
        return digit ? DIGITS : c == '.' ? FRACTION : c == 'e' || c == 'E' ? EXPONENT : BAD;
    case POINT:
    case FRACTION:
        return digit ? FRACTION : c == 'e' || c == 'E' ? EXPONENT : BAD;
    case EXPONENT:
        return digit ? POWER : sign ? POWER_SIGN : BAD;
    case POWER_SIGN:
    case POWER:
        return digit ? POWER : BAD;
    default:
        return BAD;
    }
}

static uint16_t words(uint32_t *seed, uint16_t crc)
{
    static const char *const some[] = {"5012",     "-874",     "+122.0",   "35.54400", ".1234500",
                                       "-110.700", "5.500e+3", "-.123e-2", "-87e+832", "T0.3e-1F",
                                       "-T.T++Tq", "1T3.4e4z", "0.6e-12"};
    unsigned ends[STATES] = {0}, visits[STATES] = {0};
    for (unsigned i = 0; i < 120; i++) {
        enum state s = START;
        for (const char *p = some[work_random(seed) % 13]; *p && s != BAD; p++) {
            s = step(s, *p);
            visits[s]++;
        }
        ends[s]++;
    }
    for (unsigned i = 0; i < STATES; i++)
        crc = crc16(crc16(crc, ends[i]), visits[i]);
    return crc;
}

uint64_t work_core(unsigned n)
{
    uint32_t seed = 66;
    uint16_t crc = 0;
    for (unsigned i = 0; i < n * 16; i++) {
        crc = lists(&seed, crc);
        crc = matrices(&seed, crc);
        crc = words(&seed, crc);
    }
    return crc;
}

/* ---- sorting ---- */

static int compare(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return x < y ? -1 : x > y;
}

uint64_t work_qsort(unsigned n)
{
    int *a = malloc(n * sizeof(*a));
    uint32_t seed = 1;
    for (unsigned i = 0; i < n; i++)
        a[i] = (int)(work_random(&seed) >> 1);
    qsort(a, n, sizeof(*a), compare);
    uint64_t sum = 0;
    for (unsigned i = 0; i < n; i++)
        sum = sum * 31 + (uint64_t)a[i];
    free(a);
    return sum;
}
