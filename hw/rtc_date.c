/* rtc_date.c - dates, and the one that a real-time clock starts with */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hw/rtc_date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* -rtc clock=vm without a date starts here: 2020-01-01 00:00:00. */
#define VM_EPOCH INT64_C(1577836800)

i64 rtc_date_floor_div(i64 a, i64 b)
{
    return a / b - (a % b < 0);
}

/* Days since 1970-01-01 of a date in the Gregorian calendar, and back. */
i64 rtc_date_days(int year, int month, int day)
{
    i64 y = month <= 2 ? year - 1 : year;
    i64 era = rtc_date_floor_div(y, 400), of_era = y - era * 400;
    i64 of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct rtc_date rtc_date_of(i64 seconds)
{
    i64 days = rtc_date_floor_div(seconds, RTC_SECONDS_PER_DAY), left = seconds - days * RTC_SECONDS_PER_DAY;
    i64 z = days + 719468, era = rtc_date_floor_div(z, 146097), doe = z - era * 146097;
    i64 yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    i64 doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    struct rtc_date d = {
        .sec = left % 60, .min = left / 60 % 60, .hour = left / 3600,
        .weekday = ((days + 4) % 7 + 7) % 7 + 1,
        .day = doy - (153 * mp + 2) / 5 + 1,
        .month = mp < 10 ? mp + 3 : mp - 9,
    };
    d.year = yoe + era * 400 + (d.month <= 2);
    return d;
}

bool rtc_date_check(const char *text, bool *fixed, i64 *seconds)
{
    *fixed = false;
    if (!text || !strcmp(text, "utc") || !strcmp(text, "localtime"))
        return true;
    int y, mo, d, h = 0, mi = 0, sec = 0, end = -1;
    if (sscanf(text, "%4d-%2d-%2d%n", &y, &mo, &d, &end) != 3)
        return false;
    if (text[end] == 'T') {
        const char *clock = text + end + 1;
        end = -1;
        if (sscanf(clock, "%2d:%2d:%2d%n", &h, &mi, &sec, &end) != 3 || clock[end])
            return false;
    } else if (text[end]) {
        return false;
    }
    if (y < 1970 || y > 2099 || mo < 1 || mo > 12 || d < 1 || d > 31 || h < 0 || h > 23 || mi < 0 ||
        mi > 59 || sec < 0 || sec > 59)
        return false;
    *seconds = rtc_date_days(y, mo, d) * RTC_SECONDS_PER_DAY + h * 3600 + mi * 60 + sec;
    *fixed = rtc_date_of(*seconds).day == d; /* a day that the month does not have is one of the next */
    return *fixed;
}

static void answer(void *opaque, u8 *data, u32 len)
{
    struct machine *m = opaque;
    const char *base = m->config->rtc_base;
    time_t now = time(NULL);
    struct tm tm;
    i64 seconds = now;
    if (base && !strcmp(base, "localtime") && localtime_r(&now, &tm))
        seconds += tm.tm_gmtoff;
    memset(data, 0, len);
    memcpy(data, &seconds, MIN(len, sizeof(seconds)));
}

int rtc_date_source(struct machine *m)
{
    return rtc_date_source_named(m, "rtc");
}

int rtc_date_source_named(struct machine *m, const char *name)
{
    return door_add_source(m->door, name, NULL, answer, m);
}

i64 rtc_date_offset_ns(struct machine *m, int source)
{
    const struct machine_config *cfg = m->config;
    bool fixed;
    i64 seconds = VM_EPOCH, asked;
    rtc_date_check(cfg->rtc_base, &fixed, &seconds);
    if (fixed || cfg->rtc_clock != RTC_CLOCK_HOST)
        return seconds * (i64)NS_PER_S;
    door_ask(m->door, source, &asked, sizeof(asked));
    /* Bounded, as it may come from a hostile recording: until the year 2100. */
    seconds = asked < 0 || asked >= INT64_C(4102444800) ? VM_EPOCH : asked;
    return seconds * (i64)NS_PER_S - (i64)machine_now_ns(m); /* it is the date now, not that of virtual time 0 */
}
