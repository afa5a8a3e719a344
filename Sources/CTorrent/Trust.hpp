#pragma once

#include <memory>

#include <libtorrent/client_data.hpp>
#include <libtorrent/extensions.hpp>
#include <libtorrent/torrent_handle.hpp>

namespace ct {

/// Keeps a peer with wrong bytes from taking good peers with it.
std::shared_ptr<lt::torrent_plugin> watch_trust(lt::torrent_handle const &torrent,
                                                lt::client_data_t data);

} // namespace ct
