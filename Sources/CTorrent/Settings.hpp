#pragma once

#include "ctorrent.h"

#include <libtorrent/session_params.hpp>

namespace ct {

/// All our settings, each with its reason.
lt::session_params session_params(ct_session_settings const &wanted);

/// Seconds of its rate that a peer is asked for in advance. Near ones need little, and what was
/// asked of one of them is not taken from another who has it too.
int request_queue_time(bool is_near);

} // namespace ct
