// libcurl for Swift.
//
// libcurl is loaded with the first request. It brings some thirty libraries along, and linking those at every start takes
// longer than planning a small stack, which makes no request.
#ifndef CCURL_H
#define CCURL_H

#include <curl/curl.h>
#include <limits.h>

#if LIBCURL_VERSION_NUM < 0x074b00
#error "pipeplan needs libcurl 7.75 or newer"
#endif

/// All that is used of libcurl, by its names there without the `curl_` before them.
#define CCURL_FUNCTIONS(FUNCTION)                                                                                      \
    FUNCTION(global_init)                                                                                              \
    FUNCTION(easy_init)                                                                                                \
    FUNCTION(easy_cleanup)                                                                                             \
    FUNCTION(easy_setopt)                                                                                              \
    FUNCTION(easy_getinfo)                                                                                             \
    FUNCTION(easy_strerror)                                                                                            \
    FUNCTION(slist_append)                                                                                             \
    FUNCTION(slist_free_all)                                                                                           \
    FUNCTION(multi_init)                                                                                               \
    FUNCTION(multi_cleanup)                                                                                            \
    FUNCTION(multi_add_handle)                                                                                         \
    FUNCTION(multi_remove_handle)                                                                                      \
    FUNCTION(multi_perform)                                                                                            \
    FUNCTION(multi_info_read)                                                                                          \
    FUNCTION(multi_poll)                                                                                               \
    FUNCTION(multi_wakeup)                                                                                             \
    FUNCTION(multi_strerror)

struct ccurl_functions {
#define CCURL_MEMBER(name) __typeof__(&curl_##name) name;
    CCURL_FUNCTIONS(CCURL_MEMBER)
#undef CCURL_MEMBER
};

/// Filled by `ccurl_start`.
extern struct ccurl_functions ccurl_library;

/// Loads libcurl and makes it ready. Called once, before any other function here.
/// Returns NULL, or why libcurl can't be used.
const char *ccurl_start(void);

// Handles

static inline CURL *ccurl_easy_init(void) { return ccurl_library.easy_init(); }

static inline void ccurl_easy_cleanup(CURL *easy) { ccurl_library.easy_cleanup(easy); }

static inline const char *ccurl_easy_strerror(CURLcode code) { return ccurl_library.easy_strerror(code); }

static inline struct curl_slist *ccurl_slist_append(struct curl_slist *list, const char *line) {
    return ccurl_library.slist_append(list, line);
}

static inline void ccurl_slist_free_all(struct curl_slist *list) { ccurl_library.slist_free_all(list); }

static inline CURLM *ccurl_multi_init(void) { return ccurl_library.multi_init(); }

static inline CURLMcode ccurl_multi_cleanup(CURLM *multi) { return ccurl_library.multi_cleanup(multi); }

static inline CURLMcode ccurl_multi_add_handle(CURLM *multi, CURL *easy) {
    return ccurl_library.multi_add_handle(multi, easy);
}

static inline CURLMcode ccurl_multi_remove_handle(CURLM *multi, CURL *easy) {
    return ccurl_library.multi_remove_handle(multi, easy);
}

static inline CURLMcode ccurl_multi_perform(CURLM *multi, int *running) {
    return ccurl_library.multi_perform(multi, running);
}

static inline CURLMsg *ccurl_multi_info_read(CURLM *multi, int *waiting) {
    return ccurl_library.multi_info_read(multi, waiting);
}

/// Waits for something to do on one of the connections, for as long as it takes.
static inline CURLMcode ccurl_multi_wait(CURLM *multi) {
    return ccurl_library.multi_poll(multi, NULL, 0, INT_MAX, NULL);
}

/// Ends a wait; from any thread.
static inline CURLMcode ccurl_multi_wakeup(CURLM *multi) { return ccurl_library.multi_wakeup(multi); }

static inline const char *ccurl_multi_strerror(CURLMcode code) { return ccurl_library.multi_strerror(code); }

// curl_easy_setopt and curl_easy_getinfo are variadic C functions, which Swift cannot call and C does not check: one function
// here per option that is used, with the type that the option really takes.

// The request

static inline CURLcode ccurl_set_url(CURL *easy, const char *url) {
    return ccurl_library.easy_setopt(easy, CURLOPT_URL, url);
}

/// Leaves `/../` and `//` in the path as they are: the path that was signed is the path that is sent.
static inline CURLcode ccurl_set_path_as_is(CURL *easy) {
    return ccurl_library.easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
}

static inline CURLcode ccurl_set_method(CURL *easy, const char *method) {
    return ccurl_library.easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
}

/// A request without a body, whose answer has none either (HEAD).
static inline CURLcode ccurl_set_no_body(CURL *easy) { return ccurl_library.easy_setopt(easy, CURLOPT_NOBODY, 1L); }

/// Copies `size` bytes as the request's body.
static inline CURLcode ccurl_set_body(CURL *easy, const void *bytes, curl_off_t size) {
    CURLcode code = ccurl_library.easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, size);
    return code != CURLE_OK ? code : ccurl_library.easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, (const char *)bytes);
}

/// The list must live as long as the transfer.
static inline CURLcode ccurl_set_headers(CURL *easy, struct curl_slist *list) {
    return ccurl_library.easy_setopt(easy, CURLOPT_HTTPHEADER, list);
}

// The connection

/// HTTP/2 where the server offers it. A request then waits for a connection that is being opened, to share it.
static inline CURLcode ccurl_set_http2_over_tls(CURL *easy) {
    CURLcode code = ccurl_library.easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    return code != CURLE_OK ? code : ccurl_library.easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
}

static inline CURLcode ccurl_set_only_http(CURL *easy) {
#if LIBCURL_VERSION_NUM >= 0x075500
    return ccurl_library.easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    return ccurl_library.easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

/// Opens a connection of its own instead of taking an idle one.
static inline CURLcode ccurl_set_fresh_connection(CURL *easy) {
    return ccurl_library.easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
}

static inline CURLcode ccurl_set_no_signals(CURL *easy) {
    return ccurl_library.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
}

static inline CURLcode ccurl_set_connect_timeout(CURL *easy, long milliseconds) {
    return ccurl_library.easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds);
}

static inline CURLcode ccurl_set_timeout(CURL *easy, long milliseconds) {
    return ccurl_library.easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds);
}

/// `""` is no proxy at all; libcurl's own look into the environment is switched off either way.
static inline CURLcode ccurl_set_proxy(CURL *easy, const char *url, const char *exceptions) {
    CURLcode code = ccurl_library.easy_setopt(easy, CURLOPT_PROXY, url);
    if (code == CURLE_OK) code = ccurl_library.easy_setopt(easy, CURLOPT_NOPROXY, exceptions);
    return code != CURLE_OK ? code : ccurl_library.easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

/// Checks the server's certificate and its name.
static inline CURLcode ccurl_set_verified(CURL *easy) {
    CURLcode code = ccurl_library.easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    return code != CURLE_OK ? code : ccurl_library.easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
}

static inline CURLcode ccurl_set_ca_bundle(CURL *easy, const char *path) {
    return ccurl_library.easy_setopt(easy, CURLOPT_CAINFO, path);
}

// The answer

/// Must return `size`; anything less ends the transfer.
typedef size_t (*ccurl_receiver)(char *bytes, size_t one, size_t size, void *context);

static inline CURLcode ccurl_set_body_receiver(CURL *easy, ccurl_receiver receiver, void *context) {
    CURLcode code = ccurl_library.easy_setopt(easy, CURLOPT_WRITEFUNCTION, receiver);
    return code != CURLE_OK ? code : ccurl_library.easy_setopt(easy, CURLOPT_WRITEDATA, context);
}

static inline CURLcode ccurl_set_header_receiver(CURL *easy, ccurl_receiver receiver, void *context) {
    CURLcode code = ccurl_library.easy_setopt(easy, CURLOPT_HEADERFUNCTION, receiver);
    return code != CURLE_OK ? code : ccurl_library.easy_setopt(easy, CURLOPT_HEADERDATA, context);
}

/// `buffer` holds CURL_ERROR_SIZE bytes and lives as long as the handle.
static inline CURLcode ccurl_set_error_buffer(CURL *easy, char *buffer) {
    return ccurl_library.easy_setopt(easy, CURLOPT_ERRORBUFFER, buffer);
}

/// The HTTP status, or 0 where none came.
static inline long ccurl_status(CURL *easy) {
    long status = 0;
    return ccurl_library.easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? status : 0;
}

/// Microseconds until the connection was ready for the request; 0 where it never was.
static inline curl_off_t ccurl_time_until_request(CURL *easy) {
    curl_off_t time = 0;
    return ccurl_library.easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &time) == CURLE_OK ? time : 0;
}

#endif
