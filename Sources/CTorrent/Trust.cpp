#include "Trust.hpp"

#include <utility>

#include <libtorrent/peer_connection.hpp>
#include <libtorrent/peer_connection_handle.hpp>
#include <libtorrent/torrent_peer.hpp>

namespace ct {

namespace {

/// Corrects libtorrent's opinion of a peer in two ways.
///
/// - Its first pieces are made of blocks of several peers, and a wrong one is blamed on all who had
///   a share in it. So newcomers are on parole, which libtorrent knows for those who had such a
///   share: they bring whole pieces. The first wrong one shuts a liar out, the first right one
///   ends the parole.
/// - Trust goes to 8 and is kept in four bits, where 8 is -8 (2.0.8): who has just brought the
///   eighth right piece was shut out for a share in a single wrong one.
class TrustedPeer final : public lt::peer_plugin {
  public:
    explicit TrustedPeer(lt::peer_connection_handle peer) : peer_(std::move(peer)) {}

    bool on_handshake(lt::span<char const>) override
    {
        put_trust_right();
        end_of_parole_ = lt::clock_type::now() + lt::seconds(10);
        if (auto *peer = known(); peer != nullptr && peer->trust_points <= 0)
            peer->on_parole = true;
        return true;
    }

    void on_piece_pass(lt::piece_index_t) override { put_trust_right(); }

    /// On parole a peer keeps the requests that it does not answer, and nobody else is asked.
    bool on_choke() override
    {
        end_parole();
        return false;
    }

    bool on_reject(lt::peer_request const &) override
    {
        end_parole();
        return false;
    }

    /// On parole nobody continues the pieces of others, and there may be no other peer.
    void tick() override
    {
        if (lt::clock_type::now() >= end_of_parole_)
            end_parole();
    }

  private:
    lt::torrent_peer *known() const
    {
        auto const connection = peer_.native_handle();
        return connection == nullptr ? nullptr : connection->peer_info_struct();
    }

    void put_trust_right()
    {
        if (auto *peer = known(); peer != nullptr && peer->trust_points == -8)
            peer->trust_points = 7;
    }

    /// Not for peers with a share in wrong pieces.
    void end_parole()
    {
        if (auto *peer = known(); peer != nullptr && peer->hashfails == 0)
            peer->on_parole = false;
    }

    lt::peer_connection_handle peer_;
    lt::time_point end_of_parole_;
};

class Trust final : public lt::torrent_plugin {
  public:
    std::shared_ptr<lt::peer_plugin> new_connection(lt::peer_connection_handle const &peer) override
    {
        return std::make_shared<TrustedPeer>(peer);
    }
};

} // namespace

std::shared_ptr<lt::torrent_plugin> watch_trust(lt::torrent_handle const &, lt::client_data_t)
{
    return std::make_shared<Trust>();
}

} // namespace ct
