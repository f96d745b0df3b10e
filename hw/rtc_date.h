/* rtc_date.h - dates, and the one that a real-time clock starts with */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_RTC_DATE_H
#define HW_RTC_DATE_H

#include "emu/machine.h"

enum { RTC_SECONDS_PER_DAY = 86400 };

struct rtc_date {
    int sec, min, hour, weekday, day, month, year; /* weekday 1 (Sunday) to 7, month 1 to 12 */
};

i64 rtc_date_floor_div(i64 a, i64 b);
/* Days since 1970-01-01 of a date in the Gregorian calendar; and the date of a Unix time. */
i64 rtc_date_days(int year, int month, int day);
struct rtc_date rtc_date_of(i64 seconds);

/* Is this a -rtc base we understand: "utc", "localtime", YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS? NULL
 * counts as "utc". For a date, its Unix time goes to *seconds and *fixed is set. Not reported. */
bool rtc_date_check(const char *text, bool *fixed, i64 *seconds);

/* The board's one clock adds the source "rtc" to the door; and asks, once, when the guest first
 * wants to know: what is to be added to virtual time for Unix time, in ns. */
int rtc_date_source(struct machine *m);
int rtc_date_source_named(struct machine *m, const char *name); /* another one */
i64 rtc_date_offset_ns(struct machine *m, int source);

#endif
