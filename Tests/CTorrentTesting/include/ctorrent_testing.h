#ifndef CTORRENT_TESTING_H
#define CTORRENT_TESTING_H

// What tests have to do with the libtorrent shim from inside. No product is linked with this.

#include "ctorrent.h"

#pragma clang assume_nonnull begin

#ifdef __cplusplus
extern "C" {
#endif

typedef enum CT_OPEN_ENUM ct_thrown : int32_t {
    ct_thrown_nothing = 0,
    ct_thrown_libtorrent = 1,
    ct_thrown_boost_system = 2,
    ct_thrown_system = 3,
    ct_thrown_bad_alloc = 4,
    ct_thrown_runtime_error = 5,
    ct_thrown_no_exception_class = 6,
} ct_thrown;

/// Throws within the guard that stands around every function of the shim. `text` is the message of
/// a runtime error.
bool ct_testing_throw(ct_thrown thrown, const char *text, size_t count, ct_error *error);

/// A number or yes-no setting of a running session by libtorrent's name for it; -1 for one that
/// there is not.
int64_t ct_testing_setting(ct_session *session, const char *name);

/// A text setting of a running session.
size_t ct_testing_text_setting(ct_session *session, const char *name, char *_Nullable buffer,
                               size_t capacity);

/// Whether peers at this address are held to the limits.
bool ct_testing_is_limited(ct_session *session, const char *address);

/// Holds the session in use for that long, as a call that does not return would, on a thread of
/// its own. It returns at once, when that has begun.
void ct_testing_occupy(ct_session *session, uint32_t milliseconds);

#ifdef __cplusplus
}
#endif

#pragma clang assume_nonnull end

#endif
