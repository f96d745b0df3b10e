/* semihost_files.h - the host's files for a guest's semihosting calls */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_HOST_SEMIHOST_FILES_H
#define EMU_HOST_SEMIHOST_FILES_H

#include "emu/semihost.h"

struct semihost_files;

/* The guest may do with files what this program may. Delete closes those that are open. */
struct semihost_files *semihost_files_new(void);
void semihost_files_delete(struct semihost_files *f); /* NULL is allowed */
struct semihost_host semihost_files_host(struct semihost_files *f);

#endif
