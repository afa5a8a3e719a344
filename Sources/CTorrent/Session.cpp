#include "Session.hpp"

#include "Guarded.hpp"
#include "Settings.hpp"

#include <cerrno>
#include <cstdint>
#include <malloc.h>
#include <mutex>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <libtorrent/alert_types.hpp>
#include <libtorrent/ip_filter.hpp>
#include <libtorrent/peer_class.hpp>

namespace ct {

// MARK: EventDescriptor

EventDescriptor::EventDescriptor() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
    if (descriptor_ < 0)
        throw lt::system_error(lt::error_code(errno, boost::system::system_category()));
}

EventDescriptor::~EventDescriptor() { close(descriptor_); }

void EventDescriptor::signal() noexcept
{
    // Fails only when the counter is full, and then the descriptor is readable anyway.
    uint64_t const one = 1;
    ssize_t const written = write(descriptor_, &one, sizeof one);
    static_cast<void>(written);
}

void EventDescriptor::clear() noexcept
{
    // Fails only when there is nothing to clear.
    uint64_t count = 0;
    ssize_t const got = read(descriptor_, &count, sizeof count);
    static_cast<void>(got);
}

// MARK: Session

lt::ip_filter local_filter(std::uint32_t local, std::uint32_t other)
{
    // RFC 1918, 3927, 6598 and 4193, and this machine.
    static constexpr std::pair<char const *, char const *> ranges[] = {
        {"10.0.0.0", "10.255.255.255"},     {"172.16.0.0", "172.31.255.255"},
        {"192.168.0.0", "192.168.255.255"}, {"169.254.0.0", "169.254.255.255"},
        {"100.64.0.0", "100.127.255.255"},  {"127.0.0.0", "127.255.255.255"},
        {"::1", "::1"},                     {"fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
        {"fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    };
    lt::ip_filter filter;
    filter.add_rule(lt::make_address("0.0.0.0"), lt::make_address("255.255.255.255"), other);
    filter.add_rule(lt::make_address("::"),
                    lt::make_address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), other);
    for (auto const &[first, last] : ranges)
        filter.add_rule(lt::make_address(first), lt::make_address(last), local);
    return filter;
}

namespace {

/// Puts every address into the class with limits: libtorrent exempts the local network and this
/// machine. In a lab neighbours need no turn to be given something.
void limit_all_addresses(lt::session &session, bool is_lab)
{
    auto const global = 1u << static_cast<std::uint32_t>(lt::session::global_peer_class_id);
    auto const local = 1u << static_cast<std::uint32_t>(lt::session::local_peer_class_id);
    session.set_peer_class_filter(local_filter(is_lab ? global | local : global, global));
}

/// Receive buffers grow by being moved, up to tens of MiB. glibc keeps as much memory as the
/// largest block that was ever freed: 3 GiB took 130 MiB with these limits and 145 to 221 MiB
/// without.
void keep_heap_small()
{
    static std::once_flag once;
    std::call_once(once, [] {
        mallopt(M_MMAP_THRESHOLD, 1 << 20);
        mallopt(M_TRIM_THRESHOLD, 4 << 20);
    });
}

} // namespace

Session::Session(lt::session_params params, bool is_lab) : is_lab_(is_lab)
{
    keep_heap_small();
    params.disk_io_constructor
        = [stores = stores_](lt::io_context &network, lt::settings_interface const &,
                             lt::counters &) { return std::make_unique<Disk>(network, stores); };
    session_.emplace(std::move(params));
    limit_all_addresses(*session_, is_lab);
    if (is_lab)
        session_->set_ip_filter(local_filter(0, lt::ip_filter::blocked));
    session_->set_alert_notify([this] { events_.signal(); });
}

Session::Using::Using(Session &session) : session(session)
{
    std::lock_guard const lock(session.mutex_);
    if (session.stopping_)
        throw Fault{ct_fault_stopped, "the session has been stopped"};
    ++session.users_;
}

Session::Using::~Using()
{
    std::lock_guard const lock(session.mutex_);
    --session.users_;
    session.changed_.notify_all();
}

void Session::request_stop() noexcept
{
    std::lock_guard const lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
}

bool Session::wait_until_ended(std::chrono::milliseconds limit)
{
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [this] { return ended_; });
}

void Session::end_when_asked() noexcept
{
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ && users_ == 0; });
    }
    // Nobody can start to use the session any more. Its destructor joins its thread, unless a proxy
    // holds the thread; either way the wait is here. The signal goes out while a caller may still
    // poll.
    session_.reset();
    events_.signal();
    std::lock_guard const lock(mutex_);
    ended_ = true;
    changed_.notify_all();
}

namespace {

bool is_out_of_reach(lt::error_code const &error) noexcept
{
    namespace asio = boost::asio::error;
    return error == asio::host_not_found || error == asio::host_not_found_try_again
        || error == asio::no_data || error == asio::no_recovery || error == asio::network_down
        || error == asio::network_unreachable || error == asio::host_unreachable;
}

ct_event_kind translate_torrent(lt::alert const *alert, ct_event &event) noexcept
{
    if (lt::alert_cast<lt::torrent_finished_alert>(alert) != nullptr)
        return ct_event_finished;
    if (auto const *failed = lt::alert_cast<lt::torrent_error_alert>(alert)) {
        set_error(&event.error, failed->error, "");
        return ct_event_torrent_failed;
    }
    if (auto const *failed = lt::alert_cast<lt::file_error_alert>(alert)) {
        set_error(&event.error, failed->error, "");
        return ct_event_torrent_failed;
    }
    if (lt::alert_cast<lt::metadata_received_alert>(alert) != nullptr)
        return ct_event_metadata;
    if (auto const *replied = lt::alert_cast<lt::tracker_reply_alert>(alert)) {
        event.count = replied->num_peers;
        return ct_event_tracker_replied;
    }
    if (auto const *failed = lt::alert_cast<lt::tracker_error_alert>(alert)) {
        // From an address without a route to the tracker it was not asked at all.
        if (failed->error == lt::errors::announce_skipped)
            return {};
        set_error(&event.error, failed->error, "");
        event.count = is_out_of_reach(failed->error) ? 1 : 0;
        return ct_event_tracker_failed;
    }
    if (auto const *failed = lt::alert_cast<lt::hash_failed_alert>(alert)) {
        event.count = static_cast<int>(failed->piece_index);
        return ct_event_bad_piece;
    }
    if (lt::alert_cast<lt::peer_ban_alert>(alert) != nullptr)
        return ct_event_peer_banned;
    return ct_event_kind{};
}

ct_event_kind translate(lt::alert const *alert, ct_event &event) noexcept
{
    if (auto const *open = lt::alert_cast<lt::listen_succeeded_alert>(alert)) {
        event.port = open->port;
        return ct_event_listening;
    }
    if (auto const *failed = lt::alert_cast<lt::listen_failed_alert>(alert)) {
        event.port = failed->port;
        set_error(&event.error, failed->error, "");
        return ct_event_listen_failed;
    }
    if (auto const *failed = lt::alert_cast<lt::session_error_alert>(alert)) {
        set_error(&event.error, failed->error, "");
        return ct_event_session_failed;
    }
    if (lt::alert_cast<lt::alerts_dropped_alert>(alert) != nullptr)
        return ct_event_lost;
    return translate_torrent(alert, event);
}

/// The event as a sentence. libtorrent's own also names the torrent and the socket.
std::string text_of(lt::alert const *alert)
{
    auto const *failed = lt::alert_cast<lt::tracker_error_alert>(alert);
    if (failed == nullptr)
        return alert->message();
    auto const reason = std::string(trimmed(failed->failure_reason()));
    return std::string(failed->tracker_url()) + ": "
        + (reason.empty() ? failed->error.message() : reason);
}

void report(lt::alert const *alert, ct_event_callback callback, void *context)
{
    ct_event event{};
    event.kind = translate(alert, event);
    if (event.kind == ct_event_kind{})
        return;
    std::string const text = text_of(alert);
    event.text = text.data();
    event.text_count = text.size();
    callback(&event, context);
}

} // namespace

} // namespace ct

// MARK: The C functions

ct_session *ct_session_create(const ct_session_settings *settings, ct_error *error) noexcept
{
    std::unique_ptr<ct_session> made;
    bool const done = ct::guarded(error, [&] {
        made = std::make_unique<ct_session>();
        made->session = std::make_shared<ct::Session>(ct::session_params(*settings),
                                                      settings->lab);
        made->ending = std::thread([session = made->session] { session->end_when_asked(); });
    });
    return done ? made.release() : nullptr;
}

int ct_session_event_fd(ct_session *session) noexcept
{
    return session->session->events().descriptor();
}

uint16_t ct_session_listen_port(ct_session *session) noexcept
{
    uint16_t port = 0;
    ct_error ignored;
    // A stopped session listens on nothing, which is no error here.
    ct::guarded(&ignored, [&] {
        port = session->session->use([](lt::session &libtorrent) {
            return libtorrent.listen_port();
        });
    });
    return port;
}

uint32_t ct_session_dht_nodes(ct_session *session) noexcept
{
    size_t count = 0;
    ct_error ignored;
    // As with the port.
    ct::guarded(&ignored, [&] {
        count = session->session->use([](lt::session &libtorrent) {
            auto const state = libtorrent.session_state(lt::session_handle::save_dht_state);
            return state.dht_state.nodes.size() + state.dht_state.nodes6.size();
        });
    });
    return static_cast<uint32_t>(count);
}

void ct_session_allow_utp(ct_session *session) noexcept
{
    ct_error ignored;
    ct::guarded(&ignored, [&] {
        session->session->use([](lt::session &libtorrent) {
            lt::settings_pack pack;
            pack.set_bool(lt::settings_pack::enable_outgoing_utp, true);
            libtorrent.apply_settings(std::move(pack));
        });
    });
}

bool ct_session_drain(ct_session *session, ct_event_callback callback, void *context,
                      ct_error *error) noexcept
{
    return ct::guarded(error, [&] {
        session->session->use([&](lt::session &libtorrent) {
            std::lock_guard const lock(session->session->drain_mutex());
            // Cleared first: what comes in from here on signals again.
            session->session->events().clear();
            std::vector<lt::alert *> alerts;
            libtorrent.pop_alerts(&alerts);
            for (lt::alert const *alert : alerts)
                ct::report(alert, callback, context);
        });
    });
}

bool ct_session_stop(ct_session *session, uint32_t milliseconds, ct_error *error) noexcept
{
    return ct::guarded(error, [&] {
        session->session->request_stop();
        if (!session->session->wait_until_ended(std::chrono::milliseconds(milliseconds)))
            throw ct::Fault{ct_fault_timed_out, "the session has not ended in time"};
    });
}

void ct_session_destroy(ct_session *session) noexcept
{
    if (session == nullptr)
        return;
    ct_error late;
    // The thread owns a share of the session, so it can be left alone with it.
    if (ct_session_stop(session, 2000, &late))
        session->ending.join();
    else
        session->ending.detach();
    delete session;
}
