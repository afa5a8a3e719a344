#include "ctorrent_testing.h"

#include "Guarded.hpp"
#include "Session.hpp"

#include <future>
#include <stdexcept>

#include <libtorrent/ip_filter.hpp>
#include <libtorrent/peer_class.hpp>
#include <libtorrent/settings_pack.hpp>

bool ct_testing_throw(ct_thrown thrown, const char *text, size_t count, ct_error *error)
{
    return ct::guarded(error, [&] {
        switch (thrown) {
        case ct_thrown_libtorrent: throw lt::system_error(lt::errors::torrent_missing_name);
        case ct_thrown_boost_system:
            throw lt::system_error(lt::error_code(ENOSPC, boost::system::system_category()));
        case ct_thrown_system: throw std::system_error(EAGAIN, std::generic_category());
        case ct_thrown_bad_alloc: throw std::bad_alloc();
        case ct_thrown_runtime_error: throw std::runtime_error(std::string(text, count));
        case ct_thrown_no_exception_class: throw 42;
        case ct_thrown_nothing: break;
        }
    });
}

int64_t ct_testing_setting(ct_session *session, const char *name)
{
    int const setting = lt::setting_by_name(name);
    if (setting < 0)
        return -1;
    lt::settings_pack const pack = session->session->use([](lt::session &s) {
        return s.get_settings();
    });
    bool const is_bool
        = (setting & lt::settings_pack::type_mask) == lt::settings_pack::bool_type_base;
    return is_bool ? pack.get_bool(setting) : pack.get_int(setting);
}

size_t ct_testing_text_setting(ct_session *session, const char *name, char *buffer,
                               size_t capacity)
{
    lt::settings_pack const pack = session->session->use([](lt::session &s) {
        return s.get_settings();
    });
    return ct::copy(pack.get_str(lt::setting_by_name(name)), buffer, capacity);
}

bool ct_testing_is_limited(ct_session *session, const char *address)
{
    return session->session->use([&](lt::session &s) {
        auto const global = 1u << static_cast<std::uint32_t>(lt::session::global_peer_class_id);
        return s.get_peer_class_filter().access(lt::make_address(address)) == global;
    });
}

void ct_testing_occupy(ct_session *session, uint32_t milliseconds)
{
    std::promise<void> begun;
    std::thread([&begun, held = session->session, milliseconds] {
        held->use([&](lt::session &) {
            begun.set_value();
            std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
            return 0;
        });
    }).detach();
    begun.get_future().wait();
}
