#include "CCurl.h"

#include <dlfcn.h>

struct ccurl_functions ccurl_library;

static void *load(void) {
#ifdef __APPLE__
    return dlopen("libcurl.4.dylib", RTLD_LAZY);
#else
    // Debian has two builds; the one with GnuTLS has a name of its own.
    void *library = dlopen("libcurl.so.4", RTLD_LAZY);
    return library ? library : dlopen("libcurl-gnutls.so.4", RTLD_LAZY);
#endif
}

const char *ccurl_start(void) {
    void *library = load();
    if (!library) return dlerror();
#define CCURL_FIND(name)                                                                                               \
    ccurl_library.name = (__typeof__(&curl_##name))dlsym(library, "curl_" #name);                                      \
    if (!ccurl_library.name) return dlerror();
    CCURL_FUNCTIONS(CCURL_FIND)
#undef CCURL_FIND
    CURLcode code = ccurl_library.global_init(CURL_GLOBAL_DEFAULT);
    return code == CURLE_OK ? NULL : ccurl_library.easy_strerror(code);
}
