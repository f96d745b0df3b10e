/* sound.c - plays tones and captures on a guest's sound card; built with the host's compiler */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sound tone HZ RATE MS      plays a sine
 * sound capture RATE FRAMES  captures, and prints a checksum of what it was
 */
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/soundcard.h>
#include <unistd.h>

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* The whole volume for what is played; for what is captured no gain (0 would be mute). */
static void set_mixer(void)
{
    int fd = open("/dev/mixer", O_RDWR), full = 100 | 100 << 8, least = 1 | 1 << 8;
    if (fd < 0 || ioctl(fd, SOUND_MIXER_WRITE_VOLUME, &full) ||
        ioctl(fd, SOUND_MIXER_WRITE_PCM, &full) || ioctl(fd, SOUND_MIXER_WRITE_IGAIN, &least))
        fail("mixer");
    close(fd);
}

static int open_dsp(int flags, int rate)
{
    int fd = open("/dev/dsp", flags), format = AFMT_S16_LE, channels = 2, got = rate;
    if (fd < 0 || ioctl(fd, SNDCTL_DSP_SETFMT, &format) ||
        ioctl(fd, SNDCTL_DSP_CHANNELS, &channels) || ioctl(fd, SNDCTL_DSP_SPEED, &got))
        fail("dsp");
    if (format != AFMT_S16_LE || channels != 2 || got != rate) {
        fprintf(stderr, "the card has %d channels at %d Hz\n", channels, got);
        exit(1);
    }
    return fd;
}

static void tone(int hz, int rate, int ms)
{
    int fd = open_dsp(O_WRONLY, rate), n = rate / 1000 * ms;
    int16_t *frames = calloc(n, 4);
    for (int i = 0; i < n; i++)
        frames[2 * i] = frames[2 * i + 1] = (int16_t)lrint(4000 * sin(i * 2 * M_PI * hz / rate));
    for (int at = 0, k; at < n * 4; at += k)
        if ((k = write(fd, (char *)frames + at, n * 4 - at)) <= 0)
            fail("write");
    ioctl(fd, SNDCTL_DSP_SYNC, 0);
    close(fd);
    free(frames);
    printf("played %d Hz\n", hz);
}

static void capture(int rate, int n)
{
    int fd = open_dsp(O_RDONLY, rate);
    char *frames = calloc(n, 4);
    uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */
    for (int at = 0, k; at < n * 4; at += k)
        if ((k = read(fd, frames + at, n * 4 - at)) <= 0)
            fail("read");
    for (int i = 0; i < n * 4; i++)
        hash = (hash ^ (uint8_t)frames[i]) * 0x100000001b3;
    printf("captured %016llx\n", (unsigned long long)hash);
    free(frames);
}

int main(int argc, char **argv)
{
    set_mixer();
    if (argc == 5 && !strcmp(argv[1], "tone"))
        tone(atoi(argv[2]), atoi(argv[3]), atoi(argv[4]));
    else if (argc == 4 && !strcmp(argv[1], "capture"))
        capture(atoi(argv[2]), atoi(argv[3]));
    else
        return 2;
    return 0;
}
