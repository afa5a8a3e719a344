#include "Guarded.hpp"

#include <algorithm>
#include <cstring>

#include <libtorrent/bdecode.hpp>
#include <libtorrent/version.hpp>

namespace ct {

namespace {

/// The bytes of `text` that fit in `limit` without cutting a UTF-8 character in two.
size_t whole_characters(std::string_view text, size_t limit) noexcept
{
    if (text.size() <= limit)
        return text.size();
    // The first byte left out must begin a character. Text that is not UTF-8 has no boundary near,
    // so it is cut anyway.
    for (size_t end = limit; end > 0 && limit - end < 4; --end) {
        if ((static_cast<unsigned char>(text[end]) & 0xC0) != 0x80)
            return end;
    }
    return limit;
}

ct_domain domain_of(lt::error_code const &code) noexcept
{
    if (code.category() == lt::libtorrent_category())
        return ct_domain_libtorrent;
    if (code.category() == lt::bdecode_category())
        return ct_domain_bdecode;
    if (code.category() == boost::system::system_category()
        || code.category() == boost::system::generic_category())
        return ct_domain_system;
    return ct_domain_other;
}

} // namespace

void set_error(ct_error *error, ct_domain domain, int32_t code, std::string_view message) noexcept
{
    error->domain = domain;
    error->code = code;
    std::memset(error->message, 0, sizeof error->message);
    size_t count = whole_characters(message, sizeof error->message - 1);
    std::memcpy(error->message, message.data(), count);
}

void set_error(ct_error *error, lt::error_code const &code, std::string_view detail) noexcept
{
    // message() makes a string, which can fail when memory is short.
    try {
        std::string message = code.message();
        message += detail;
        set_error(error, domain_of(code), code.value(), message);
    } catch (...) {
        set_error(error, domain_of(code), code.value(), "");
    }
}

void set_error(ct_error *error, Unreadable const &fault) noexcept
{
    char detail[32];
    std::snprintf(detail, sizeof detail, " at byte %d", fault.offset);
    set_error(error, fault.code, detail);
}

std::string_view trimmed(std::string_view text) noexcept
{
    constexpr std::string_view blanks = " \t\r\n";
    auto const start = text.find_first_not_of(blanks);
    if (start == std::string_view::npos)
        return {};
    return text.substr(start, text.find_last_not_of(blanks) - start + 1);
}

size_t copy(std::string_view text, char *buffer, size_t capacity) noexcept
{
    if (buffer != nullptr)
        std::memcpy(buffer, text.data(), std::min(text.size(), capacity));
    return text.size();
}

} // namespace ct

const char *ct_version() noexcept { return lt::version(); }
