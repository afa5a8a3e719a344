#pragma once

#include "ctorrent.h"

#include <libtorrent/session_params.hpp>

namespace ct {

/// Every setting of ours, with why it is not libtorrent's own.
lt::session_params session_params(ct_session_settings const &wanted);

} // namespace ct
