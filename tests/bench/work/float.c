/* float.c - double in SSE registers, long double in the x87's */
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

uint64_t work_x87(unsigned n)
{
    long double x = 1, y = 0.5L;
    for (unsigned i = 0; i < n; i++) {
        x = x * 1.0000001L + 0.5L;
        if (x > 100)
            x -= 99;
        y = y * 0.999L + x / 3;
    }
    return bits((double)(x + y));
}
