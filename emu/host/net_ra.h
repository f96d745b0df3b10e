/* net_ra.h - router advertisements without a name server */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_HOST_NET_RA_H
#define EMU_HOST_NET_RA_H

#include "emu/types.h"

#define NET_RA_MAX 512 /* bytes of one, at most */

/* Is this frame a router advertisement, and not a longer one than NET_RA_MAX? */
bool net_ra_is(const u8 *frame, u32 len);
/* Takes the name servers out of one; its new length. */
u32 net_ra_drop_dns(u8 *frame, u32 len);

#endif
