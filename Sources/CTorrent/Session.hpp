#pragma once

#include "ctorrent.h"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include <libtorrent/ip_filter.hpp>
#include <libtorrent/session.hpp>

#include "Disk.hpp"

namespace ct {

/// An eventfd that any thread may signal.
class EventDescriptor {
public:
    EventDescriptor();
    ~EventDescriptor();
    EventDescriptor(EventDescriptor const &) = delete;
    EventDescriptor &operator=(EventDescriptor const &) = delete;

    void signal() noexcept;
    void clear() noexcept;
    int descriptor() const noexcept { return descriptor_; }

private:
    int descriptor_;
};

/// Gives addresses of the local network and of this machine one value, and all others another.
lt::ip_filter local_filter(std::uint32_t local, std::uint32_t other);

/// A libtorrent session that can be ended. That may take long (it joins a thread that may wait for
/// the resolver), so a thread that exists from the start does it.
class Session {
public:
    Session(lt::session_params params, bool is_lab);

    EventDescriptor &events() noexcept { return events_; }

    StoreRegistry &stores() noexcept { return *stores_; }

    /// Whether the machines of the local network share what one of them gets.
    bool is_lab() const noexcept { return is_lab_; }

    /// Runs `body` with the session, which lives until it returns. Throws once it is stopping.
    template <class Body> auto use(Body &&body)
    {
        Using const using_it(*this);
        return body(*session_);
    }

    /// One drain at a time: alerts die when the next ones are taken.
    std::mutex &drain_mutex() noexcept { return drain_mutex_; }

    void request_stop() noexcept;
    bool wait_until_ended(std::chrono::milliseconds limit);
    /// The ending thread's work: waits for the stop and for all users, then ends the session.
    void end_when_asked() noexcept;

private:
    struct Using {
        explicit Using(Session &session);
        ~Using();
        Using(Using const &) = delete;
        Using &operator=(Using const &) = delete;
        Session &session;
    };

    // Declared before the session, which signals it until its last moment.
    EventDescriptor events_;
    std::shared_ptr<StoreRegistry> stores_ = std::make_shared<StoreRegistry>();
    std::mutex mutex_;
    std::mutex drain_mutex_;
    std::condition_variable changed_;
    std::optional<lt::session> session_;
    bool const is_lab_;
    int users_ = 0;
    bool stopping_ = false;
    bool ended_ = false;
};

} // namespace ct

struct ct_session {
    std::shared_ptr<ct::Session> session;
    std::thread ending;
};
