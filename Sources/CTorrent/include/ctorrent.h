#ifndef CTORRENT_H
#define CTORRENT_H

// libtorrent as C. The rules that hold for every function here:
//
// - No C++ exception leaves. What libtorrent throws comes back in a `ct_error`.
// - Handles are opaque. Who creates one destroys it, once; destroying NULL does nothing.
// - Strings and bytes that go in are borrowed for the length of the call; they need no NUL.
// - Texts that come out are copied into a buffer of the caller's (`confstr(3)`): the function
//   returns how many bytes the whole text has, writes at most `capacity` of them and no NUL, and
//   may be asked with a NULL buffer and capacity 0.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin
#pragma clang diagnostic push
// C11 has neither nullability nor the type of an enum; every clang does, and so does Swift.
#pragma clang diagnostic ignored "-Wpragmas"
#pragma clang diagnostic ignored "-Wunknown-warning-option"
#pragma clang diagnostic ignored "-Wnullability-extension"
#pragma clang diagnostic ignored "-Wfixed-enum-extension"
#pragma clang diagnostic ignored "-Wc23-extensions"

#ifdef __cplusplus
extern "C" {
#define CT_NOEXCEPT noexcept
#else
#define CT_NOEXCEPT
#endif

// Open: a value that this header does not name is no error.
#define CT_OPEN_ENUM __attribute__((enum_extensibility(open)))
#define CT_CHECKED __attribute__((warn_unused_result))

// MARK: Errors

/// Whose number `ct_error.code` is.
typedef enum CT_OPEN_ENUM ct_domain : int32_t {
    /// There was no error.
    ct_domain_none = 0,
    /// `lt::errors::error_code_enum`.
    ct_domain_libtorrent = 1,
    /// `lt::bdecode_errors::error_code_enum`.
    ct_domain_bdecode = 2,
    /// errno.
    ct_domain_system = 3,
    /// One of `ct_fault`: found by the shim.
    ct_domain_shim = 4,
    /// A C++ exception of another kind; the code is 0.
    ct_domain_other = 5,
} ct_domain;

/// Codes of `ct_domain_shim`.
typedef enum CT_OPEN_ENUM ct_fault : int32_t {
    ct_fault_out_of_memory = 1,
    ct_fault_bad_argument = 2,
    ct_fault_stopped = 3,
    ct_fault_timed_out = 4,
    ct_fault_too_large = 5,
} ct_fault;

/// An error. `domain` and `code` are for programs, `message` is for people: UTF-8, ended by a NUL,
/// cut between characters. Functions that take one always fill it in, on success too.
typedef struct ct_error {
    ct_domain domain;
    int32_t code;
    char message[256];
} ct_error;

typedef struct ct_sha1 {
    uint8_t bytes[20];
} ct_sha1;

/// libtorrent's version, "2.0.8.0". The text lives as long as the process.
const char *ct_version(void) CT_NOEXCEPT;

// MARK: Sessions

/// libtorrent's network thread, its disk threads, its sockets and its queue of reports. Every
/// function but `ct_session_destroy` may be called on any thread, beside any other.
typedef struct ct_session ct_session;

/// What differs between sessions; the rest is in Settings.cpp.
typedef struct ct_session_settings {
    /// "0.0.0.0:6881,[::]:6881"; port 0 lets the system choose.
    const char *listen_interfaces;
    size_t listen_interfaces_count;
    /// How many of the next ports to try if one is taken, before the system chooses. Without any
    /// port libtorrent announces nothing.
    int32_t more_ports;
    /// The name that trackers see.
    const char *user_agent;
    size_t user_agent_count;
    /// Connections in all, at least 2.
    int32_t max_peers;
    /// Bytes a second for all peers, those on this machine included; 0 is no limit.
    int32_t max_download;
    int32_t max_upload;
    /// Peers by TCP; without it there is only uTP.
    bool tcp;
    bool dht;
    /// Look for peers in the local network by multicast.
    bool lsd;
    /// A person has named peers: two of one address count as two, because they may share a machine.
    bool named_peers;
    /// Nothing is downloaded: more peers are given to at a time, and who wants nothing is left.
    bool gives_only;
    /// The machines of the local network share what one of them gets from outside: until
    /// `ct_torrent_open_outside`, no other peer counts.
    bool lab;
} ct_session_settings;

/// Settings to start from: any port, the fewest peers, no limits, TCP, DHT, no LSD.
ct_session_settings ct_session_usual_settings(void) CT_NOEXCEPT;

/// Starts a session. It does not wait for open ports: `ct_event_listening` reports them.
///
/// Returns NULL and fills `error` on failure.
ct_session *_Nullable ct_session_create(const ct_session_settings *settings,
                                        ct_error *error) CT_NOEXCEPT CT_CHECKED;

/// From now on tries peers that TCP does not reach by uTP as well.
void ct_session_allow_utp(ct_session *session) CT_NOEXCEPT;

/// A descriptor that polls readable when there is something to drain; also once when the session
/// has ended. It belongs to the session: poll it, and neither read nor close it.
int ct_session_event_fd(ct_session *session) CT_NOEXCEPT CT_CHECKED;

/// The TCP port that takes connections, 0 for none. Waits for libtorrent's network thread.
uint16_t ct_session_listen_port(ct_session *session) CT_NOEXCEPT CT_CHECKED;

/// Known nodes of the DHT, 0 without it. Waits for libtorrent's network thread.
uint32_t ct_session_dht_nodes(ct_session *session) CT_NOEXCEPT CT_CHECKED;

typedef enum CT_OPEN_ENUM ct_event_kind : int32_t {
    /// A port is open: `port`.
    ct_event_listening = 1,
    /// An interface or port is not available: `error`. A download may go on.
    ct_event_listen_failed = 2,
    /// The queue overflowed and events are missing: ask for the whole state.
    ct_event_lost = 3,
    /// The session cannot go on: `error`.
    ct_event_session_failed = 4,
    /// All pieces of a torrent are there.
    ct_event_finished = 5,
    /// A torrent cannot go on: `error`.
    ct_event_torrent_failed = 6,
    /// The metadata of a torrent added by its infohash has come.
    ct_event_metadata = 7,
    /// A tracker named peers: `count`.
    ct_event_tracker_replied = 8,
    /// A tracker failed: `error`; `text` says which, and why. `count` is 1 if it cannot be reached
    /// or its name is unknown, as without a network.
    ct_event_tracker_failed = 9,
    /// A piece had the wrong hash: `count` is the piece.
    ct_event_bad_piece = 10,
    /// A peer was banned for its bad pieces.
    ct_event_peer_banned = 11,
} ct_event_kind;

/// One thing that libtorrent reports.
typedef struct ct_event {
    ct_event_kind kind;
    /// For the listening kinds, else 0.
    int32_t port;
    int32_t count;
    ct_error error;
    /// A sentence about it. Valid until the callback returns.
    const char *text;
    size_t text_count;
} ct_event;

typedef void (*ct_event_callback)(const ct_event *event, void *_Nullable context);

/// Empties the queue and calls `callback` for each event of a kind above, on this thread and before
/// it returns. The callback must neither drain nor destroy the session. A second thread waits for
/// the first.
///
/// Fails with `ct_fault_stopped` after `ct_session_stop`.
bool ct_session_drain(ct_session *session, ct_event_callback callback, void *_Nullable context,
                      ct_error *error) CT_NOEXCEPT CT_CHECKED;

/// Ends the session and waits up to `milliseconds` for its threads and sockets to be gone.
///
/// Otherwise `ct_fault_timed_out`: the session continues to end, and a second call waits for it
/// again. A name server that does not answer can hold it for 30 s.
bool ct_session_stop(ct_session *session, uint32_t milliseconds, ct_error *error)
    CT_NOEXCEPT CT_CHECKED;

/// Frees the session and stops it first if needed. Waits 2 s at most; a session that takes longer
/// is left to its own thread, which frees the rest when it can. No other thread may use the
/// handle any more.
void ct_session_destroy(ct_session *_Nullable session) CT_NOEXCEPT;

// MARK: Stores

/// A piece that libtorrent believes to be complete, and whose SHA-1 it wants.
typedef struct ct_hash_request ct_hash_request;
/// Bytes that a peer, or libtorrent itself, wants to read.
typedef struct ct_read_request ct_read_request;

/// Where the pieces of a torrent go. The functions are called on libtorrent's network thread and
/// must not wait. They may be called until the session has ended, and `context` must live that
/// long. A session does not end before each `check` and `read` has its answer.
typedef struct ct_store {
    void *_Nullable context;
    /// Takes a block, which is valid until the call returns. Returns 0 or an errno, which ends the
    /// torrent. Setting `*is_full` holds this peer back until `ct_session_resume_writers`.
    int32_t (*_Nullable write)(void *_Nullable context, uint32_t piece, uint32_t offset,
                               const uint8_t *bytes, uint32_t count, bool *is_full);
    /// Needs one `ct_hash_answer`, from any thread. All blocks of the piece have come, now or in an
    /// earlier run.
    void (*_Nullable check)(void *_Nullable context, uint32_t piece, ct_hash_request *request);
    /// Needs one `ct_read_answer`, from any thread, when `buffer` is filled. The piece may be
    /// incomplete or wrong.
    void (*_Nullable read)(void *_Nullable context, uint32_t piece, uint32_t offset,
                           uint8_t *buffer, uint32_t count, ct_read_request *request);
    /// The blocks of a piece were wrong and will come again.
    void (*_Nullable clear)(void *_Nullable context, uint32_t piece);
} ct_store;

/// `sha1` is 20 bytes, NULL with an error.
void ct_hash_answer(ct_hash_request *request, const uint8_t *_Nullable sha1,
                    int32_t error_number) CT_NOEXCEPT;
void ct_read_answer(ct_read_request *request, int32_t error_number) CT_NOEXCEPT;

/// Lets all peers continue that a store has held back.
void ct_session_resume_writers(ct_session *session) CT_NOEXCEPT;

// MARK: Torrents

/// A torrent in a session. Removed and freed by `ct_torrent_remove`, before its session is.
typedef struct ct_torrent ct_torrent;

typedef struct ct_text {
    const char *bytes;
    size_t count;
} ct_text;

/// Adds a v1 torrent of one file and starts it.
///
/// `have` has a bit per piece, the first one the highest of the first byte: pieces that the store
/// has. `trackers` are announced to all at once; those of the .torrent do not count. With
/// `gives_only` no peer is asked for the others.
ct_torrent *_Nullable ct_torrent_add(ct_session *session, const uint8_t *metainfo, size_t count,
                                     const uint8_t *have, size_t have_count,
                                     const ct_text *_Nullable trackers, size_t tracker_count,
                                     int32_t max_peers, bool gives_only, ct_store store,
                                     ct_error *error) CT_NOEXCEPT CT_CHECKED;

/// Adds a torrent by its infohash alone, to get its metadata from peers (BEP 9):
/// `ct_event_metadata` reports it. No payload is requested.
ct_torrent *_Nullable ct_torrent_add_infohash(ct_session *session, ct_sha1 infohash,
                                              const ct_text *_Nullable trackers,
                                              size_t tracker_count, int32_t max_peers,
                                              ct_error *error) CT_NOEXCEPT CT_CHECKED;

/// The .torrent made of the peers' metadata, without trackers. 0 while there is none.
size_t ct_torrent_get_metainfo(ct_torrent *torrent, uint8_t *_Nullable buffer,
                               size_t capacity) CT_NOEXCEPT;

/// Names a peer: a numeric address, v4 or v6, and its port.
bool ct_torrent_connect(ct_torrent *torrent, const char *address, size_t count, uint16_t port,
                        ct_error *error) CT_NOEXCEPT CT_CHECKED;

/// Asks all trackers again, now.
void ct_torrent_reannounce(ct_torrent *torrent) CT_NOEXCEPT;

/// Says whether peers may be asked for pieces: not while another source brings them. What was
/// already requested still comes.
void ct_torrent_want_pieces(ct_torrent *torrent, uint32_t first, uint32_t count,
                            bool wanted) CT_NOEXCEPT;

/// Asks for a piece before all others, and as soon as possible.
void ct_torrent_hasten_piece(ct_torrent *torrent, uint32_t piece) CT_NOEXCEPT;

/// Says that the store got a piece from elsewhere. libtorrent then asks the store to take and check
/// it, with meaningless bytes.
void ct_torrent_add_piece(ct_torrent *torrent, uint32_t piece, uint32_t length) CT_NOEXCEPT;

typedef struct ct_torrent_status {
    int32_t peers;
    /// Those of them that have everything.
    int32_t seeds;
    /// Those of them that are connected by TCP, not uTP.
    int32_t tcp_peers;
    /// Addresses known and not connected to.
    int32_t candidates;
    int32_t pieces;
    /// Bytes a second of payload.
    int32_t download_rate;
    int32_t upload_rate;
    int64_t downloaded;
    int64_t uploaded;
    /// Bytes that failed their hash, and bytes that came twice.
    int64_t failed;
    int64_t redundant;
    /// The trackers' numbers; -1 while none has answered.
    int32_t swarm_seeds;
    int32_t swarm_peers;
    bool is_finished;
} ct_torrent_status;

/// Waits for libtorrent's network thread: ask once a second, not once a piece.
bool ct_torrent_get_status(ct_torrent *torrent, ct_torrent_status *status) CT_NOEXCEPT CT_CHECKED;

/// The peers of the local network.
typedef struct ct_neighbours {
    int32_t count;
    /// Those with a lower address than the one that this machine has among them.
    int32_t lower;
    /// Whether one of those has a piece that is missing here.
    bool lower_is_ahead;
    /// Those that have not got everything.
    int32_t unfinished;
} ct_neighbours;

/// Waits for libtorrent's network thread, as `ct_torrent_get_status` does.
bool ct_torrent_get_neighbours(ct_torrent *torrent, ct_neighbours *neighbours) CT_NOEXCEPT
    CT_CHECKED;

/// In a lab: lets peers from outside the local network in, or not. While they are let in, each
/// neighbour is shown other pieces, which they give to each other.
void ct_torrent_open_outside(ct_torrent *torrent, bool is_open) CT_NOEXCEPT;

/// Removes the torrent from its session and frees the handle. The store may be asked a little
/// longer.
void ct_torrent_remove(ct_torrent *_Nullable torrent) CT_NOEXCEPT;

// MARK: Metainfo

/// The contents of a .torrent. It never changes, so any number of threads may read it.
typedef struct ct_metainfo ct_metainfo;

/// The limits of a .torrent.
typedef struct ct_metainfo_limits {
    int32_t max_bytes;
    int32_t max_pieces;
    int32_t max_depth;
    int32_t max_tokens;
    /// Trackers, and web seeds likewise.
    int32_t max_urls;
    int32_t max_files;
} ct_metainfo_limits;

/// 10 MB, 2,097,152 pieces, 100 levels, 3,000,000 tokens, 1,000 URLs, 1,000 files.
ct_metainfo_limits ct_metainfo_usual_limits(void) CT_NOEXCEPT;

/// Reads the bytes of a .torrent.
///
/// Returns NULL and fills `error` when it is invalid or beyond the limits.
ct_metainfo *_Nullable ct_metainfo_parse(const uint8_t *_Nullable bytes, size_t count,
                                         ct_metainfo_limits limits,
                                         ct_error *error) CT_NOEXCEPT CT_CHECKED;

void ct_metainfo_free(ct_metainfo *_Nullable metainfo) CT_NOEXCEPT;

typedef struct ct_metainfo_facts {
    /// The v1 infohash, zeros without `has_v1`.
    ct_sha1 infohash;
    bool has_v1;
    bool has_v2;
    bool is_private;
    int32_t piece_length;
    int32_t piece_count;
    int64_t total_size;
    int32_t file_count;
    int32_t tracker_count;
    int32_t web_seed_count;
    /// Seconds since 1970; 0 when it is missing.
    int64_t creation_date;
} ct_metainfo_facts;

ct_metainfo_facts ct_metainfo_get_facts(const ct_metainfo *metainfo) CT_NOEXCEPT;

typedef enum CT_OPEN_ENUM ct_metainfo_text : int32_t {
    /// The name as libtorrent would use it, without dangerous parts.
    ct_metainfo_text_name = 1,
    /// The raw bytes of `name` in the info dictionary.
    ct_metainfo_text_raw_name = 2,
    ct_metainfo_text_comment = 3,
    ct_metainfo_text_created_by = 4,
} ct_metainfo_text;

size_t ct_metainfo_get_text(const ct_metainfo *metainfo, ct_metainfo_text text,
                            char *_Nullable buffer, size_t capacity) CT_NOEXCEPT;

typedef struct ct_metainfo_file {
    int64_t size;
    bool is_symlink;
    bool is_pad;
} ct_metainfo_file;

/// All zero for a file that does not exist.
ct_metainfo_file ct_metainfo_get_file(const ct_metainfo *metainfo, int32_t index) CT_NOEXCEPT;

/// The path of a file below the save folder, as libtorrent would use it.
size_t ct_metainfo_get_path(const ct_metainfo *metainfo, int32_t index, char *_Nullable buffer,
                            size_t capacity) CT_NOEXCEPT;

/// A tracker's URL in the order of the file, and its tier. 0 where there is none.
size_t ct_metainfo_get_tracker(const ct_metainfo *metainfo, int32_t index, int32_t *tier,
                               char *_Nullable buffer, size_t capacity) CT_NOEXCEPT;

/// A web seed's URL (BEP 19). 0 where there is none.
size_t ct_metainfo_get_web_seed(const ct_metainfo *metainfo, int32_t index, char *_Nullable buffer,
                                size_t capacity) CT_NOEXCEPT;

/// The SHA-1 of every piece, 20 bytes each, in order. Nothing without `has_v1`.
size_t ct_metainfo_get_piece_hashes(const ct_metainfo *metainfo, uint8_t *_Nullable buffer,
                                    size_t capacity) CT_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#pragma clang diagnostic pop
#pragma clang assume_nonnull end

#endif
