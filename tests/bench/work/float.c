/* float.c - double and single precision as compilers use them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "work.h"

static uint64_t bits(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof(u));
    return u;
}

#define SIDE 200

uint64_t work_matmul(unsigned n)
{
    static double a[SIDE][SIDE], b[SIDE][SIDE], c[SIDE][SIDE];
    for (unsigned i = 0; i < SIDE; i++)
        for (unsigned k = 0; k < SIDE; k++) {
            a[i][k] = (double)(i + k) / 7;
            b[i][k] = (double)i - (double)k / 3;
        }
    for (unsigned round = 0; round < n; round++) {
        for (unsigned i = 0; i < SIDE; i++)
            for (unsigned j = 0; j < SIDE; j++) {
                double sum = 0;
                for (unsigned k = 0; k < SIDE; k++)
                    sum += a[i][k] * b[k][j];
                c[i][j] = sum;
            }
        a[round % SIDE][3] = c[5][round % SIDE] / 1e6;
    }
    return bits(c[3][4] + c[SIDE - 1][SIDE - 1]);
}

/* ---- bodies that attract each other ---- */

#define BODIES 5

struct body {
    double x, y, z, vx, vy, vz, mass;
};

static void advance(struct body *b, double dt)
{
    for (unsigned i = 0; i < BODIES; i++)
        for (unsigned k = i + 1; k < BODIES; k++) {
            double dx = b[i].x - b[k].x, dy = b[i].y - b[k].y, dz = b[i].z - b[k].z;
            double square = dx * dx + dy * dy + dz * dz;
            double pull = dt / (square * sqrt(square));
            b[i].vx -= dx * b[k].mass * pull;
            b[i].vy -= dy * b[k].mass * pull;
            b[i].vz -= dz * b[k].mass * pull;
            b[k].vx += dx * b[i].mass * pull;
            b[k].vy += dy * b[i].mass * pull;
            b[k].vz += dz * b[i].mass * pull;
        }
    for (unsigned i = 0; i < BODIES; i++) {
        b[i].x += dt * b[i].vx;
        b[i].y += dt * b[i].vy;
        b[i].z += dt * b[i].vz;
    }
}

uint64_t work_nbody(unsigned n)
{
    struct body b[BODIES] = {{0, 0, 0, 0, 0, 0, 40},
                             {5, -1, -0.1, 0.6, 2.8, -0.02, 0.04},
                             {8, 4, -0.4, -1.0, 1.8, 0.008, 0.01},
                             {13, -15, -0.2, 1.1, 0.9, -0.01, 0.002},
                             {15, -26, 0.2, 1.0, 0.6, -0.03, 0.002}};
    for (unsigned i = 0; i < n; i++)
        advance(b, 0.001);
    return bits(b[0].x) ^ bits(b[1].y) ^ bits(b[4].z);
}

/* ---- single precision: how long points of the plane stay near ---- */

#define ROW 64

uint64_t work_mandel(unsigned n)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < n * ROW; i++) {
        float a = (float)(i % ROW) * (3.0f / ROW) - 2.1f;
        float b = (float)(i / ROW % ROW) * (2.4f / ROW) - 1.2f, x = 0, y = 0;
        unsigned k = 0;
        for (; k < 1000 && x * x + y * y < 4.0f; k++) {
            float next = x * x - y * y + a;
            y = 2 * x * y + b;
            x = next;
        }
        sum = sum * 31 + k;
    }
    return sum;
}
