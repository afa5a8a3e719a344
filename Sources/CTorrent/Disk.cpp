#include "Disk.hpp"

#include "Guarded.hpp"

#include <boost/asio/post.hpp>
#include <cstring>

#include <libtorrent/disk_observer.hpp>
#include <libtorrent/peer_request.hpp>

namespace ct {

// MARK: Answers

void Answers::owe()
{
    std::lock_guard const lock(mutex_);
    if (owed_++ == 0 && network_ != nullptr)
        work_.emplace(network_->get_executor());
}

template <class Answer> void Answers::give(Answer answer)
{
    std::lock_guard const lock(mutex_);
    boost::asio::post(*network_, std::move(answer));
    // Only after the post: the network thread may end with the last piece of work.
    if (--owed_ == 0)
        work_.reset();
}

template <class Work> void Answers::run(Work work)
{
    std::lock_guard const lock(mutex_);
    if (network_ != nullptr)
        boost::asio::post(*network_, std::move(work));
}

void Answers::end()
{
    std::lock_guard const lock(mutex_);
    network_ = nullptr;
}

// MARK: StoreRegistry

void StoreRegistry::attach(Disk *disk, std::shared_ptr<Answers> answers)
{
    std::lock_guard const lock(mutex_);
    disk_ = disk;
    answers_ = std::move(answers);
}

void StoreRegistry::detach()
{
    std::lock_guard const lock(mutex_);
    answers_->end();
}

void StoreRegistry::resume_writers()
{
    std::lock_guard const lock(mutex_);
    // The disk ends after the network thread, so it exists when this runs.
    if (answers_ != nullptr)
        answers_->run([disk = disk_] { disk->resume_writers(); });
}

void StoreRegistry::add(lt::sha1_hash const &infohash, ct_store const &store)
{
    std::lock_guard const lock(mutex_);
    stores_[infohash] = store;
}

void StoreRegistry::remove(lt::sha1_hash const &infohash)
{
    std::lock_guard const lock(mutex_);
    stores_.erase(infohash);
}

bool StoreRegistry::find(lt::sha1_hash const &infohash, ct_store &store)
{
    std::lock_guard const lock(mutex_);
    auto const found = stores_.find(infohash);
    if (found == stores_.end())
        return false;
    store = found->second;
    return true;
}

namespace {

lt::storage_error failure(int number, lt::operation_t operation)
{
    if (number == 0)
        return {};
    return {lt::error_code(number, boost::system::system_category()), lt::file_index_t(0),
            operation};
}

lt::storage_error unsupported(lt::operation_t operation) { return failure(ENOTSUP, operation); }

} // namespace

// MARK: Disk

Disk::Disk(lt::io_context &network, std::shared_ptr<StoreRegistry> registry)
    : network_(network), registry_(std::move(registry)),
      answers_(std::make_shared<Answers>(network))
{
    registry_->attach(this, answers_);
}

Disk::~Disk() { registry_->detach(); }

// Handlers must never run inside the call that takes them.
template <class Handler> void Disk::post(Handler handler)
{
    boost::asio::post(network_, std::move(handler));
}

ct_store const *Disk::store(lt::storage_index_t index) const
{
    ct_store const &found = stores_[static_cast<std::uint32_t>(index)];
    return found.write != nullptr ? &found : nullptr;
}

lt::storage_holder Disk::new_torrent(lt::storage_params const &params,
                                     std::shared_ptr<void> const &)
{
    ct_store store{};
    registry_->find(params.info_hash, store);
    lt::storage_index_t index(static_cast<std::uint32_t>(stores_.size()));
    if (unused_.empty()) {
        stores_.push_back(store);
    } else {
        index = unused_.back();
        unused_.pop_back();
        stores_[static_cast<std::uint32_t>(index)] = store;
    }
    return {index, *this};
}

void Disk::remove_torrent(lt::storage_index_t index)
{
    stores_[static_cast<std::uint32_t>(index)] = ct_store{};
    unused_.push_back(index);
}

bool Disk::async_write(lt::storage_index_t index, lt::peer_request const &request,
                       char const *bytes, std::shared_ptr<lt::disk_observer> observer,
                       std::function<void(lt::storage_error const &)> handler,
                       lt::disk_job_flags_t)
{
    bool is_full = false;
    int error = ENOTSUP;
    if (ct_store const *to = store(index)) {
        error = to->write(to->context, static_cast<std::uint32_t>(static_cast<int>(request.piece)),
                          static_cast<std::uint32_t>(request.start),
                          reinterpret_cast<std::uint8_t const *>(bytes),
                          static_cast<std::uint32_t>(request.length), &is_full);
    }
    // Without an observer it is not a peer's block.
    if (is_full && observer && error == 0) {
        held_back_.push_back(observer);
        held_answers_.push_back(std::move(handler));
    } else {
        post([handler = std::move(handler), error] {
            handler(failure(error, lt::operation_t::file_write));
        });
    }
    return is_full;
}

void Disk::resume_writers()
{
    for (auto &answer : held_answers_)
        post([answer = std::move(answer)] { answer({}); });
    held_answers_.clear();
    std::vector<std::weak_ptr<lt::disk_observer>> writers;
    writers.swap(held_back_);
    for (auto const &writer : writers) {
        if (auto const alive = writer.lock())
            alive->on_disk();
    }
}

} // namespace ct

struct ct_hash_request {
    std::shared_ptr<ct::Answers> answers;
    lt::piece_index_t piece;
    std::function<void(lt::piece_index_t, lt::sha1_hash const &, lt::storage_error const &)> handler;
};

struct ct_read_request {
    std::shared_ptr<ct::Answers> answers;
    lt::disk_buffer_holder buffer;
    std::function<void(lt::disk_buffer_holder, lt::storage_error const &)> handler;
};

namespace ct {

void Disk::async_read(lt::storage_index_t index, lt::peer_request const &request,
                      std::function<void(lt::disk_buffer_holder, lt::storage_error const &)> handler,
                      lt::disk_job_flags_t)
{
    ct_store const *from = store(index);
    if (from == nullptr) {
        post([handler = std::move(handler)] {
            handler({}, unsupported(lt::operation_t::file_read));
        });
        return;
    }
    lt::disk_buffer_holder buffer(*this, new char[static_cast<std::size_t>(request.length)],
                                  request.length);
    Piece const piece(index, request.piece);
    // The disk outlives the network thread, on which this runs.
    auto answered = [this, piece, handler = std::move(handler)](lt::disk_buffer_holder bytes,
                                                                 lt::storage_error const &error) {
        handler(std::move(bytes), error);
        end_reading(piece);
    };
    auto *asked = new ct_read_request{answers_, std::move(buffer), std::move(answered)};
    ++reading_[piece].reads;
    answers_->owe();
    from->read(from->context, static_cast<std::uint32_t>(static_cast<int>(request.piece)),
               static_cast<std::uint32_t>(request.start),
               reinterpret_cast<std::uint8_t *>(asked->buffer.data()),
               static_cast<std::uint32_t>(request.length), asked);
}

void Disk::async_hash(lt::storage_index_t index, lt::piece_index_t piece,
                      lt::span<lt::sha256_hash>, lt::disk_job_flags_t,
                      std::function<void(lt::piece_index_t, lt::sha1_hash const &,
                                         lt::storage_error const &)> handler)
{
    ct_store const *in = store(index);
    if (in == nullptr) {
        post([handler = std::move(handler), piece] {
            handler(piece, {}, unsupported(lt::operation_t::file_read));
        });
        return;
    }
    answers_->owe();
    in->check(in->context, static_cast<std::uint32_t>(static_cast<int>(piece)),
              new ct_hash_request{answers_, piece, std::move(handler)});
}

void Disk::async_clear_piece(lt::storage_index_t index, lt::piece_index_t piece,
                             std::function<void(lt::piece_index_t)> handler)
{
    if (ct_store const *in = store(index))
        in->clear(in->context, static_cast<std::uint32_t>(static_cast<int>(piece)));
    // New blocks come after the handler. The old ones must be read first, or the wrong peers are
    // banned.
    auto const found = reading_.find(Piece(index, piece));
    if (found != reading_.end())
        found->second.clears.push_back(std::move(handler));
    else
        post([handler = std::move(handler), piece] { handler(piece); });
}

void Disk::end_reading(Piece const &piece)
{
    auto const found = reading_.find(piece);
    if (found == reading_.end() || --found->second.reads > 0)
        return;
    for (auto &clear : found->second.clears)
        post([clear = std::move(clear), number = piece.second] { clear(number); });
    reading_.erase(found);
}

void Disk::async_check_files(lt::storage_index_t, lt::add_torrent_params const *,
                             lt::aux::vector<std::string, lt::file_index_t>,
                             std::function<void(lt::status_t, lt::storage_error const &)> handler)
{
    // The store knows what it has; libtorrent is told with the torrent.
    post([handler = std::move(handler)] { handler(lt::status_t::no_error, {}); });
}

void Disk::async_stop_torrent(lt::storage_index_t, std::function<void()> handler)
{
    // The session's end waits for its peers, and they wait for their writes.
    resume_writers();
    if (handler)
        post(std::move(handler));
}

void Disk::async_release_files(lt::storage_index_t, std::function<void()> handler)
{
    if (handler)
        post(std::move(handler));
}

void Disk::async_set_file_priority(
    lt::storage_index_t, lt::aux::vector<lt::download_priority_t, lt::file_index_t> priorities,
    std::function<void(lt::storage_error const &,
                       lt::aux::vector<lt::download_priority_t, lt::file_index_t>)> handler)
{
    post([handler = std::move(handler), priorities = std::move(priorities)] {
        handler({}, priorities);
    });
}

// MARK: What a single v1 file in the caller's place does not need

void Disk::async_hash2(lt::storage_index_t, lt::piece_index_t piece, int, lt::disk_job_flags_t,
                       std::function<void(lt::piece_index_t, lt::sha256_hash const &,
                                          lt::storage_error const &)> handler)
{
    post([handler = std::move(handler), piece] {
        handler(piece, {}, unsupported(lt::operation_t::file_read));
    });
}

void Disk::async_move_storage(lt::storage_index_t, std::string path, lt::move_flags_t,
                              std::function<void(lt::status_t, std::string const &,
                                                 lt::storage_error const &)> handler)
{
    post([handler = std::move(handler), path = std::move(path)] {
        handler(lt::status_t::fatal_disk_error, path, unsupported(lt::operation_t::file_rename));
    });
}

void Disk::async_rename_file(lt::storage_index_t, lt::file_index_t file, std::string name,
                             std::function<void(std::string const &, lt::file_index_t,
                                                lt::storage_error const &)> handler)
{
    post([handler = std::move(handler), file, name = std::move(name)] {
        handler(name, file, unsupported(lt::operation_t::file_rename));
    });
}

void Disk::async_delete_files(lt::storage_index_t, lt::remove_flags_t,
                              std::function<void(lt::storage_error const &)> handler)
{
    post([handler = std::move(handler)] {
        handler(unsupported(lt::operation_t::file_remove));
    });
}

void Disk::abort(bool)
{
    // Nothing runs here, and `Answers` keeps the network thread until every answer was given.
    resume_writers();
}

void Disk::free_disk_buffer(char *buffer) { delete[] buffer; }

} // namespace ct

// MARK: The C functions

void ct_hash_answer(ct_hash_request *request, const uint8_t *sha1, int32_t error_number) noexcept
{
    std::unique_ptr<ct_hash_request> const owned(request);
    ct_error ignored;
    ct::guarded(&ignored, [&] {
        lt::sha1_hash hash;
        if (sha1 != nullptr)
            std::memcpy(hash.data(), sha1, 20);
        owned->answers->give(
            [handler = std::move(owned->handler), piece = owned->piece, hash, error_number] {
                handler(piece, hash, ct::failure(error_number, lt::operation_t::file_write));
            });
    });
}

void ct_read_answer(ct_read_request *request, int32_t error_number) noexcept
{
    std::unique_ptr<ct_read_request> const owned(request);
    ct_error ignored;
    ct::guarded(&ignored, [&] {
        owned->answers->give([handler = std::move(owned->handler),
                              buffer = std::move(owned->buffer), error_number]() mutable {
            handler(std::move(buffer), ct::failure(error_number, lt::operation_t::file_read));
        });
    });
}
