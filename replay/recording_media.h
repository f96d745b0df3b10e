/* recording_media.h - the images that were put into drives while a recording was made */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef REPLAY_RECORDING_MEDIA_H
#define REPLAY_RECORDING_MEDIA_H

#include "replay/recording.h"

/* Lists them in cfg->medium. False (reported): ill-formed, or too many. */
bool rec_media(struct rec_reader *r, struct machine_config *cfg);

#endif
