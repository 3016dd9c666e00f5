#ifndef C_RESOURCE_CATALOG_H
#define C_RESOURCE_CATALOG_H

#include <stddef.h>

/// The catalog that scripts/make-catalog.py wrote, as it lies in the program; valid for as long as the process lives.
const unsigned char *resource_catalog_bytes(void);

/// How many bytes it has.
size_t resource_catalog_size(void);

#endif
