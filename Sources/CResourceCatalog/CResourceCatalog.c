#include "CResourceCatalog.h"

// C23's #embed, which clang knows in every C mode but warns about in the older ones.
#pragma clang diagnostic ignored "-Wc23-extensions"

// Aligned, so that no reader needs to care.
static const unsigned char catalog[] __attribute__((aligned(8))) = {
#embed "catalog.bin"
};

const unsigned char *resource_catalog_bytes(void) { return catalog; }

size_t resource_catalog_size(void) { return sizeof catalog; }
