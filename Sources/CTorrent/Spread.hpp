#pragma once

#include <atomic>
#include <memory>

#include <libtorrent/bitfield.hpp>
#include <libtorrent/extensions.hpp>
#include <libtorrent/units.hpp>

namespace ct {

using PieceSet = lt::typed_bitfield<lt::piece_index_t>;

/// Super seeding by a machine that itself still downloads; libtorrent's own is for seeds.
///
/// All neighbours ask for the piece that has just come. If each got it from this machine, they
/// would have nothing for each other, and its link would carry every piece as often as there are
/// neighbours. So, while `is_on`, each piece is shown to one neighbour, and the others get it from
/// there. HAVE shows a piece, and `lt_donthave` (BEP 54) takes back what libtorrent has announced;
/// a peer that does not know that message sees everything.
std::shared_ptr<lt::torrent_plugin> spread_pieces(std::shared_ptr<std::atomic<bool> const> is_on,
                                                  PieceSet have);

} // namespace ct
