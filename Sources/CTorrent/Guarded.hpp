#pragma once

#include "ctorrent.h"

#include <new>
#include <string>
#include <string_view>
#include <system_error>

#include <libtorrent/error_code.hpp>

namespace ct {

/// Fills in the error, its message cut between characters if it is too long.
void set_error(ct_error *error, ct_domain domain, int32_t code, std::string_view message) noexcept;

/// The same for libtorrent's or Boost's error; `detail` follows the message.
void set_error(ct_error *error, lt::error_code const &code, std::string_view detail) noexcept;

/// A fault that the shim has found.
struct Fault {
    ct_fault code;
    char const *message;
};

/// A fault in the bytes of a file, with its place.
struct Unreadable {
    lt::error_code code;
    int offset;
};

void set_error(ct_error *error, Unreadable const &fault) noexcept;

/// Runs `body` so that no exception leaves it; says whether it finished.
template <class Body> bool guarded(ct_error *error, Body &&body) noexcept
{
    set_error(error, ct_domain_none, 0, "");
    try {
        body();
        return true;
    } catch (Fault const &fault) {
        set_error(error, ct_domain_shim, fault.code, fault.message);
    } catch (Unreadable const &fault) {
        set_error(error, fault);
    } catch (lt::system_error const &thrown) {
        set_error(error, thrown.code(), "");
    } catch (std::system_error const &thrown) {
        // std::thread: no more threads.
        set_error(error, ct_domain_system, thrown.code().value(), thrown.what());
    } catch (std::bad_alloc const &) {
        set_error(error, ct_domain_shim, ct_fault_out_of_memory, "out of memory");
    } catch (std::exception const &thrown) {
        set_error(error, ct_domain_other, 0, thrown.what());
    } catch (...) {
        set_error(error, ct_domain_other, 0, "unknown C++ exception");
    }
    return false;
}

/// Text from outside, without blanks and line ends around it.
std::string_view trimmed(std::string_view text) noexcept;

/// Copies as much of `text` as fits and returns its length.
size_t copy(std::string_view text, char *buffer, size_t capacity) noexcept;

} // namespace ct
