#pragma once
// OpenSSL's low-level contexts: EVP cannot export a state, and a journal must hold one. They are
// deprecated in OpenSSL 3, not gone, and as fast as EVP for buffers of a mebibyte.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/md5.h>
#include <openssl/sha.h>
#include "md5lanes.h"
