#include "Guarded.hpp"
#include "Session.hpp"
#include "Settings.hpp"
#include "Spread.hpp"
#include "Trust.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <vector>

#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/ip_filter.hpp>
#include <libtorrent/load_torrent.hpp>
#include <libtorrent/peer_info.hpp>
#include <libtorrent/torrent_flags.hpp>
#include <libtorrent/torrent_handle.hpp>
#include <libtorrent/torrent_info.hpp>
#include <libtorrent/torrent_status.hpp>

struct ct_torrent {
    std::shared_ptr<ct::Session> session;
    lt::torrent_handle handle;
    lt::sha1_hash infohash;
    /// Whether it downloads for its neighbours.
    std::shared_ptr<std::atomic<bool>> is_first;
};

namespace {

/// What both ways of adding share.
void set_usual(lt::add_torrent_params &params, const ct_text *trackers, size_t tracker_count,
               int32_t max_peers)
{
    if (max_peers < 2)
        throw ct::Fault{ct_fault_bad_argument, "a torrent needs room for 2 peers"};
    // Never used: the store has its own place. libtorrent refuses an empty path.
    params.save_path = "/";
    params.max_connections = max_peers;
    params.flags &= ~(lt::torrent_flags::auto_managed | lt::torrent_flags::paused);
    params.flags |= lt::torrent_flags::duplicate_is_error | lt::torrent_flags::override_trackers
        | lt::torrent_flags::override_web_seeds;
    params.trackers.clear();
    params.url_seeds.clear();
    for (size_t i = 0; i < tracker_count; ++i)
        params.trackers.emplace_back(trackers[i].bytes, trackers[i].count);
}

ct_torrent *add(ct_session *session, lt::add_torrent_params params, lt::sha1_hash const &infohash)
{
    auto torrent = std::make_unique<ct_torrent>();
    torrent->session = session->session;
    torrent->infohash = infohash;
    torrent->handle = session->session->use(
        [&](lt::session &libtorrent) { return libtorrent.add_torrent(std::move(params)); });
    return torrent.release();
}

/// Calls libtorrent for a torrent of a session that may be stopping; says whether it could.
template <class Body> bool with(ct_torrent *torrent, Body &&body) noexcept
{
    ct_error ignored;
    return ct::guarded(&ignored, [&] {
        torrent->session->use([&](lt::session &libtorrent) { body(libtorrent); });
    });
}

} // namespace

ct_torrent *ct_torrent_add(ct_session *session, const uint8_t *metainfo, size_t count,
                           const uint8_t *have, size_t have_count, const ct_text *trackers,
                           size_t tracker_count, int32_t max_peers, bool gives_only,
                           ct_store store, ct_error *error) noexcept
{
    ct_torrent *added = nullptr;
    ct::guarded(error, [&] {
        lt::add_torrent_params params = lt::load_torrent_buffer(
            {reinterpret_cast<char const *>(metainfo), static_cast<std::ptrdiff_t>(count)});
        int const pieces = params.ti->num_pieces();
        if (params.ti->num_files() != 1 || !params.ti->info_hashes().has_v1())
            throw ct::Fault{ct_fault_bad_argument, "not a v1 torrent of one file"};
        if (have_count != (static_cast<size_t>(pieces) + 7) / 8)
            throw ct::Fault{ct_fault_bad_argument, "not a bit for each piece"};
        lt::sha1_hash const infohash = params.ti->info_hashes().v1;
        params.have_pieces.assign(reinterpret_cast<char const *>(have), pieces);
        set_usual(params, trackers, tracker_count, max_peers);
        auto const is_first = std::make_shared<std::atomic<bool>>(false);
        if (gives_only) {
            // It uploads all the same.
            params.flags |= lt::torrent_flags::upload_mode;
        } else {
            // Digests of a whole file go from its beginning to its end.
            params.flags |= lt::torrent_flags::sequential_download;
            params.extensions.emplace_back(&ct::watch_trust);
            if (session->session->is_lab())
                params.extensions.emplace_back(
                    [is_first, held = params.have_pieces](auto const &, auto) {
                        return ct::spread_pieces(is_first, held);
                    });
        }
        session->session->stores().add(infohash, store);
        try {
            added = add(session, std::move(params), infohash);
            added->is_first = is_first;
        } catch (...) {
            session->session->stores().remove(infohash);
            throw;
        }
    });
    return added;
}

ct_torrent *ct_torrent_add_infohash(ct_session *session, ct_sha1 infohash, const ct_text *trackers,
                                    size_t tracker_count, int32_t max_peers,
                                    ct_error *error) noexcept
{
    ct_torrent *added = nullptr;
    ct::guarded(error, [&] {
        lt::add_torrent_params params;
        lt::sha1_hash const hash(reinterpret_cast<char const *>(infohash.bytes));
        params.info_hashes.v1 = hash;
        set_usual(params, trackers, tracker_count, max_peers);
        // Only the metadata is wanted. Not stop_when_ready: fetching metadata counts as ready, so
        // the torrent would stop before it starts.
        params.flags |= lt::torrent_flags::upload_mode;
        added = add(session, std::move(params), hash);
    });
    return added;
}

size_t ct_torrent_get_metainfo(ct_torrent *torrent, uint8_t *buffer, size_t capacity) noexcept
{
    size_t needed = 0;
    with(torrent, [&](lt::session &) {
        auto const info = torrent->handle.torrent_file();
        if (info == nullptr || !info->is_valid())
            return;
        lt::span<char const> const section = info->info_section();
        std::string whole = "d4:info";
        whole.append(section.data(), static_cast<size_t>(section.size()));
        whole += 'e';
        needed = ct::copy(whole, reinterpret_cast<char *>(buffer), capacity);
    });
    return needed;
}

bool ct_torrent_connect(ct_torrent *torrent, const char *address, size_t count, uint16_t port,
                        ct_error *error) noexcept
{
    return ct::guarded(error, [&] {
        lt::error_code code;
        auto const parsed = lt::make_address(std::string(address, count), code);
        if (code)
            throw lt::system_error(code);
        torrent->session->use([&](lt::session &) {
            torrent->handle.connect_peer(lt::tcp::endpoint(parsed, port));
        });
    });
}

void ct_torrent_reannounce(ct_torrent *torrent) noexcept
{
    with(torrent, [&](lt::session &) {
        torrent->handle.force_reannounce(0, -1, lt::torrent_handle::ignore_min_interval);
    });
}

void ct_torrent_want_pieces(ct_torrent *torrent, uint32_t first, uint32_t count,
                            bool wanted) noexcept
{
    with(torrent, [&](lt::session &) {
        auto const priority = wanted ? lt::default_priority : lt::dont_download;
        // One message to libtorrent's thread, however many pieces.
        std::vector<std::pair<lt::piece_index_t, lt::download_priority_t>> pieces;
        pieces.reserve(count);
        for (uint32_t piece = first; piece - first < count; ++piece)
            pieces.emplace_back(lt::piece_index_t(static_cast<int>(piece)), priority);
        torrent->handle.prioritize_pieces(pieces);
    });
}

void ct_torrent_hasten_piece(ct_torrent *torrent, uint32_t piece) noexcept
{
    with(torrent, [&](lt::session &) {
        torrent->handle.set_piece_deadline(lt::piece_index_t(static_cast<int>(piece)), 0);
    });
}

void ct_torrent_add_piece(ct_torrent *torrent, uint32_t piece, uint32_t length) noexcept
{
    with(torrent, [&](lt::session &) {
        torrent->handle.add_piece(lt::piece_index_t(static_cast<int>(piece)),
                                  std::vector<char>(length));
    });
}

bool ct_torrent_get_status(ct_torrent *torrent, ct_torrent_status *status) noexcept
{
    *status = ct_torrent_status{};
    return with(torrent, [&](lt::session &) {
        lt::torrent_status const now = torrent->handle.status(lt::status_flags_t{});
        status->peers = now.num_peers;
        status->seeds = now.num_seeds;
        std::vector<lt::peer_info> peers;
        torrent->handle.get_peer_info(peers);
        status->tcp_peers = static_cast<int32_t>(
            std::count_if(peers.begin(), peers.end(), [](lt::peer_info const &peer) {
                return !(peer.flags & (lt::peer_info::utp_socket | lt::peer_info::connecting));
            }));
        status->candidates = now.connect_candidates;
        status->pieces = now.num_pieces;
        status->download_rate = now.download_payload_rate;
        status->upload_rate = now.upload_payload_rate;
        status->downloaded = now.total_payload_download;
        status->uploaded = now.total_payload_upload;
        status->failed = now.total_failed_bytes;
        status->redundant = now.total_redundant_bytes;
        status->swarm_seeds = now.num_complete;
        status->swarm_peers = now.num_incomplete;
        status->is_finished = now.is_finished;
    });
}

bool ct_torrent_get_neighbours(ct_torrent *torrent, ct_neighbours *neighbours) noexcept
{
    *neighbours = ct_neighbours{};
    lt::ip_filter const locals = ct::local_filter(1, 0);
    return with(torrent, [&](lt::session &) {
        std::vector<lt::peer_info> peers;
        torrent->handle.get_peer_info(peers);
        lt::torrent_status const now = torrent->handle.status(lt::torrent_handle::query_pieces);
        auto const is_ahead = [&](lt::peer_info const &peer) {
            for (lt::piece_index_t piece{0}; piece < now.pieces.end_index(); ++piece)
                if (piece < peer.pieces.end_index() && peer.pieces[piece] && !now.pieces[piece])
                    return true;
            return false;
        };
        for (lt::peer_info const &peer : peers) {
            auto const address = peer.ip.address();
            if (peer.flags & (lt::peer_info::connecting | lt::peer_info::handshake)
                || locals.access(address) == 0)
                continue;
            ++neighbours->count;
            if (!(peer.flags & lt::peer_info::seed))
                ++neighbours->unfinished;
            if (address < peer.local_endpoint.address()) {
                ++neighbours->lower;
                if (!neighbours->lower_is_ahead)
                    neighbours->lower_is_ahead = is_ahead(peer);
            }
        }
    });
}

void ct_torrent_open_outside(ct_torrent *torrent, bool is_open) noexcept
{
    *torrent->is_first = is_open;
    with(torrent, [&](lt::session &session) {
        session.set_ip_filter(
            ct::local_filter(0, is_open ? 0 : static_cast<std::uint32_t>(lt::ip_filter::blocked)));
        lt::settings_pack pack;
        pack.set_int(lt::settings_pack::request_queue_time, ct::request_queue_time(!is_open));
        session.apply_settings(std::move(pack));
        if (!is_open)
            return;
        // Peers that the filter kept away are forgotten.
        torrent->handle.force_reannounce(0, -1, lt::torrent_handle::ignore_min_interval);
        torrent->handle.force_dht_announce();
    });
}

void ct_torrent_remove(ct_torrent *torrent) noexcept
{
    if (torrent == nullptr)
        return;
    with(torrent, [&](lt::session &libtorrent) { libtorrent.remove_torrent(torrent->handle); });
    torrent->session->stores().remove(torrent->infohash);
    delete torrent;
}

void ct_session_resume_writers(ct_session *session) noexcept
{
    session->session->stores().resume_writers();
}
