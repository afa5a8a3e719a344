#pragma once

#include "ctorrent.h"

#include <libtorrent/session_params.hpp>

namespace ct {

/// All our settings, each with its reason.
lt::session_params session_params(ct_session_settings const &wanted);

} // namespace ct
