#pragma once

#include "ctorrent.h"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <libtorrent/disk_buffer_holder.hpp>
#include <libtorrent/disk_interface.hpp>
#include <libtorrent/io_context.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/sha1_hash.hpp>

namespace ct {

/// Brings answers of the store's threads to libtorrent's network thread, and keeps that thread
/// until the last one is there: the handlers hold parts of the session, which ends with the thread.
class Answers {
public:
    explicit Answers(lt::io_context &network) : network_(&network) {}

    void owe();
    /// Runs `answer` on the network thread.
    template <class Answer> void give(Answer answer);
    /// Runs `work` on the network thread, if there still is one.
    template <class Work> void run(Work work);
    /// The network thread is gone.
    void end();

private:
    using Executor = lt::io_context::executor_type;

    std::mutex mutex_;
    lt::io_context *network_;
    std::optional<boost::asio::executor_work_guard<Executor>> work_;
    int owed_ = 0;
};

class Disk;

/// The stores of torrents that will be added: libtorrent makes a storage on its own thread and
/// knows only the infohash.
class StoreRegistry {
public:
    /// The session's disk, which lives as long as the network thread.
    void attach(Disk *disk, std::shared_ptr<Answers> answers);
    void detach();
    /// Lets peers continue that the disk has held back; from any thread.
    void resume_writers();
    void add(lt::sha1_hash const &infohash, ct_store const &store);
    void remove(lt::sha1_hash const &infohash);
    /// False when there is none: a torrent without payload has no store.
    bool find(lt::sha1_hash const &infohash, ct_store &store);

private:
    std::mutex mutex_;
    std::map<lt::sha1_hash, ct_store> stores_;
    Disk *disk_ = nullptr;
    std::shared_ptr<Answers> answers_;
};

/// libtorrent's disk, backed by the caller's store: blocks are handed over from libtorrent's buffer
/// as they arrive, so that they are copied once and hashed once.
class Disk final : public lt::disk_interface, lt::buffer_allocator_interface {
public:
    Disk(lt::io_context &network, std::shared_ptr<StoreRegistry> registry);
    ~Disk() override;

    lt::storage_holder new_torrent(lt::storage_params const &params,
                                   std::shared_ptr<void> const &torrent) override;
    void remove_torrent(lt::storage_index_t index) override;
    void async_read(lt::storage_index_t index, lt::peer_request const &request,
                    std::function<void(lt::disk_buffer_holder, lt::storage_error const &)> handler,
                    lt::disk_job_flags_t flags) override;
    bool async_write(lt::storage_index_t index, lt::peer_request const &request, char const *bytes,
                     std::shared_ptr<lt::disk_observer> observer,
                     std::function<void(lt::storage_error const &)> handler,
                     lt::disk_job_flags_t flags) override;
    void async_hash(lt::storage_index_t index, lt::piece_index_t piece,
                    lt::span<lt::sha256_hash> v2, lt::disk_job_flags_t flags,
                    std::function<void(lt::piece_index_t, lt::sha1_hash const &,
                                       lt::storage_error const &)> handler) override;
    void async_hash2(lt::storage_index_t index, lt::piece_index_t piece, int offset,
                     lt::disk_job_flags_t flags,
                     std::function<void(lt::piece_index_t, lt::sha256_hash const &,
                                        lt::storage_error const &)> handler) override;
    void async_move_storage(lt::storage_index_t index, std::string path, lt::move_flags_t flags,
                            std::function<void(lt::status_t, std::string const &,
                                               lt::storage_error const &)> handler) override;
    void async_release_files(lt::storage_index_t index, std::function<void()> handler) override;
    void async_check_files(
        lt::storage_index_t index, lt::add_torrent_params const *resume_data,
        lt::aux::vector<std::string, lt::file_index_t> links,
        std::function<void(lt::status_t, lt::storage_error const &)> handler) override;
    void async_stop_torrent(lt::storage_index_t index, std::function<void()> handler) override;
    void async_rename_file(lt::storage_index_t index, lt::file_index_t file, std::string name,
                           std::function<void(std::string const &, lt::file_index_t,
                                              lt::storage_error const &)> handler) override;
    void async_delete_files(lt::storage_index_t index, lt::remove_flags_t options,
                            std::function<void(lt::storage_error const &)> handler) override;
    void async_set_file_priority(
        lt::storage_index_t index,
        lt::aux::vector<lt::download_priority_t, lt::file_index_t> priorities,
        std::function<void(lt::storage_error const &,
                           lt::aux::vector<lt::download_priority_t, lt::file_index_t>)> handler)
        override;
    void async_clear_piece(lt::storage_index_t index, lt::piece_index_t piece,
                           std::function<void(lt::piece_index_t)> handler) override;
    void update_stats_counters(lt::counters &) const override {}
    std::vector<lt::open_file_state> get_status(lt::storage_index_t) const override { return {}; }
    void abort(bool wait) override;
    void submit_jobs() override {}
    void settings_updated() override {}

    /// Lets peers continue that `async_write` has held back. On the network thread.
    void resume_writers();

private:
    void free_disk_buffer(char *buffer) override;
    /// Null for a torrent without a store.
    ct_store const *store(lt::storage_index_t index) const;
    template <class Handler> void post(Handler handler);

    lt::io_context &network_;
    std::shared_ptr<StoreRegistry> registry_;
    std::shared_ptr<Answers> answers_;
    std::vector<ct_store> stores_;
    std::vector<lt::storage_index_t> unused_;
    std::vector<std::weak_ptr<lt::disk_observer>> held_back_;
    /// Reads of a piece under way, and what waits for them. On the network thread.
    struct Reading {
        int reads = 0;
        std::vector<std::function<void(lt::piece_index_t)>> clears;
    };
    using Piece = std::pair<lt::storage_index_t, lt::piece_index_t>;
    void end_reading(Piece const &piece);
    std::map<Piece, Reading> reading_;
    /// Peers that are held back wait for these: libtorrent stops reading from a peer only while one
    /// of its writes is unanswered.
    std::vector<std::function<void(lt::storage_error const &)>> held_answers_;
};

} // namespace ct
