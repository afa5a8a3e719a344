#include "Guarded.hpp"

#include <cstring>
#include <memory>
#include <vector>

#include <libtorrent/bdecode.hpp>
#include <libtorrent/torrent_info.hpp>

namespace {

struct File {
    std::string path;
    ct_metainfo_file facts;
};

struct Tracker {
    std::string url;
    int32_t tier;
};

using lt::bdecode_node;

std::string address(lt::string_view text)
{
    return std::string(ct::trimmed({text.data(), text.size()}));
}

/// The trackers in the order of the file. libtorrent shuffles its own list within a tier, which is
/// right for announcing (BEP 12) and wrong for display.
std::vector<Tracker> trackers(bdecode_node const &root)
{
    std::vector<Tracker> result;
    bdecode_node const tiers = root.dict_find_list("announce-list");
    for (int tier = 0; tiers && tier < tiers.list_size(); ++tier) {
        bdecode_node const urls = tiers.list_at(tier);
        if (urls.type() != bdecode_node::list_t)
            continue;
        for (int i = 0; i < urls.list_size(); ++i) {
            if (urls.list_at(i).type() == bdecode_node::string_t)
                result.push_back({address(urls.list_string_value_at(i)), tier});
        }
    }
    if (result.empty()) {
        std::string const url = address(root.dict_find_string_value("announce"));
        if (!url.empty())
            result.push_back({url, 0});
    }
    return result;
}

/// libtorrent makes large objects of short URLs, so they are counted first.
void check_urls(bdecode_node const &root, int limit)
{
    int count = 0;
    bdecode_node const tiers = root.dict_find_list("announce-list");
    for (int tier = 0; tiers && tier < tiers.list_size(); ++tier) {
        bdecode_node const urls = tiers.list_at(tier);
        count += urls.type() == bdecode_node::list_t ? urls.list_size() : 1;
        if (count > limit)
            throw ct::Fault{ct_fault_too_large, "too many trackers"};
    }
    for (char const *key : {"url-list", "httpseeds"}) {
        bdecode_node const seeds = root.dict_find_list(key);
        if (seeds && seeds.list_size() > limit)
            throw ct::Fault{ct_fault_too_large, "too many web seeds"};
    }
}

/// The entries of a v2 file tree, folders included. No deeper than the decoder goes.
int64_t tree_entries(bdecode_node const &tree)
{
    if (tree.type() != bdecode_node::dict_t)
        return 0;
    int64_t count = tree.dict_size();
    for (int i = 0; i < tree.dict_size(); ++i)
        count += tree_entries(tree.dict_at(i).second);
    return count;
}

/// 2.0.8 tells files of the same name apart in quadratic time: some megabytes of them would take
/// hours. So they are counted first.
void check_files(bdecode_node const &root, int limit)
{
    bdecode_node const info = root.dict_find_dict("info");
    if (!info)
        return;
    bdecode_node const files = info.dict_find_list("files");
    if ((files && files.list_size() > limit)
        || tree_entries(info.dict_find("file tree")) > int64_t{4} * limit)
        throw ct::Fault{ct_fault_too_large, "too many files"};
}

bdecode_node decode(lt::span<char const> bytes, ct_metainfo_limits const &limits)
{
    lt::error_code failed;
    int offset = 0;
    bdecode_node root
        = lt::bdecode(bytes, failed, &offset, limits.max_depth, limits.max_tokens);
    if (failed)
        throw ct::Unreadable{failed, offset};
    if (root.type() != bdecode_node::dict_t)
        throw lt::system_error(lt::errors::torrent_is_no_dict);
    return root;
}

lt::load_torrent_limits torrent_limits(ct_metainfo_limits const &limits)
{
    lt::load_torrent_limits result;
    result.max_buffer_size = limits.max_bytes;
    result.max_pieces = limits.max_pieces;
    result.max_decode_depth = limits.max_depth;
    result.max_decode_tokens = limits.max_tokens;
    return result;
}

} // namespace

/// Everything that may fail happens here, so that reading cannot fail.
struct ct_metainfo {
    ct_metainfo(bdecode_node const &root, ct_metainfo_limits const &limits)
        : torrent(root, torrent_limits(limits)), trackers(::trackers(root))
    {
        raw_name = std::string(root.dict_find_dict("info").dict_find_string_value("name"));
        for (lt::web_seed_entry const &seed : torrent.web_seeds())
            web_seeds.push_back(seed.url);
        lt::file_storage const &storage = torrent.files();
        files.reserve(static_cast<size_t>(storage.num_files()));
        for (lt::file_index_t const i : storage.file_range()) {
            auto const flags = storage.file_flags(i);
            files.push_back({storage.file_path(i),
                             {storage.file_size(i), bool(flags & lt::file_storage::flag_symlink),
                              bool(flags & lt::file_storage::flag_pad_file)}});
        }
    }

    template <class Element>
    static Element const *at(std::vector<Element> const &all, int32_t index) noexcept
    {
        bool const is_there = index >= 0 && static_cast<size_t>(index) < all.size();
        return is_there ? &all[static_cast<size_t>(index)] : nullptr;
    }

    lt::torrent_info torrent;
    std::string raw_name;
    std::vector<Tracker> trackers;
    std::vector<std::string> web_seeds;
    std::vector<File> files;
};

ct_metainfo_limits ct_metainfo_usual_limits() noexcept
{
    return {10'000'000, 2'097'152, 100, 3'000'000, 1000, 1000};
}

ct_metainfo *ct_metainfo_parse(const uint8_t *bytes, size_t count, ct_metainfo_limits limits,
                               ct_error *error) noexcept
{
    std::unique_ptr<ct_metainfo> made;
    bool const done = ct::guarded(error, [&] {
        if (limits.max_bytes < 0 || count > static_cast<size_t>(limits.max_bytes))
            throw lt::system_error(lt::errors::metadata_too_large);
        lt::span<char const> const all(reinterpret_cast<char const *>(bytes),
                                       static_cast<std::ptrdiff_t>(bytes == nullptr ? 0 : count));
        bdecode_node const root = decode(all, limits);
        check_urls(root, limits.max_urls);
        check_files(root, limits.max_files);
        made = std::make_unique<ct_metainfo>(root, limits);
    });
    return done ? made.release() : nullptr;
}

void ct_metainfo_free(ct_metainfo *metainfo) noexcept { delete metainfo; }

ct_metainfo_facts ct_metainfo_get_facts(const ct_metainfo *metainfo) noexcept
{
    lt::torrent_info const &torrent = metainfo->torrent;
    ct_metainfo_facts facts{};
    facts.has_v1 = torrent.info_hashes().has_v1();
    facts.has_v2 = torrent.info_hashes().has_v2();
    if (facts.has_v1)
        std::memcpy(facts.infohash.bytes, torrent.info_hashes().v1.data(),
                    sizeof facts.infohash.bytes);
    facts.is_private = torrent.priv();
    facts.piece_length = torrent.piece_length();
    facts.piece_count = torrent.num_pieces();
    facts.total_size = torrent.total_size();
    facts.file_count = static_cast<int32_t>(metainfo->files.size());
    facts.tracker_count = static_cast<int32_t>(metainfo->trackers.size());
    facts.web_seed_count = static_cast<int32_t>(metainfo->web_seeds.size());
    facts.creation_date = torrent.creation_date();
    return facts;
}

size_t ct_metainfo_get_text(const ct_metainfo *metainfo, ct_metainfo_text text, char *buffer,
                            size_t capacity) noexcept
{
    switch (text) {
    case ct_metainfo_text_name: return ct::copy(metainfo->torrent.name(), buffer, capacity);
    case ct_metainfo_text_raw_name: return ct::copy(metainfo->raw_name, buffer, capacity);
    case ct_metainfo_text_comment:
        return ct::copy(metainfo->torrent.comment(), buffer, capacity);
    case ct_metainfo_text_created_by:
        return ct::copy(metainfo->torrent.creator(), buffer, capacity);
    }
    return 0;
}

ct_metainfo_file ct_metainfo_get_file(const ct_metainfo *metainfo, int32_t index) noexcept
{
    auto const *file = ct_metainfo::at(metainfo->files, index);
    return file == nullptr ? ct_metainfo_file{} : file->facts;
}

size_t ct_metainfo_get_path(const ct_metainfo *metainfo, int32_t index, char *buffer,
                            size_t capacity) noexcept
{
    auto const *file = ct_metainfo::at(metainfo->files, index);
    return file == nullptr ? 0 : ct::copy(file->path, buffer, capacity);
}

size_t ct_metainfo_get_tracker(const ct_metainfo *metainfo, int32_t index, int32_t *tier,
                               char *buffer, size_t capacity) noexcept
{
    auto const *tracker = ct_metainfo::at(metainfo->trackers, index);
    *tier = tracker == nullptr ? 0 : tracker->tier;
    return tracker == nullptr ? 0 : ct::copy(tracker->url, buffer, capacity);
}

size_t ct_metainfo_get_web_seed(const ct_metainfo *metainfo, int32_t index, char *buffer,
                                size_t capacity) noexcept
{
    auto const *url = ct_metainfo::at(metainfo->web_seeds, index);
    return url == nullptr ? 0 : ct::copy(*url, buffer, capacity);
}

size_t ct_metainfo_get_piece_hashes(const ct_metainfo *metainfo, uint8_t *buffer,
                                    size_t capacity) noexcept
{
    lt::torrent_info const &torrent = metainfo->torrent;
    if (!torrent.info_hashes().has_v1() || torrent.num_pieces() == 0)
        return 0;
    // They are one string in the info dictionary, and libtorrent points into it.
    char const *first = torrent.hash_for_piece_ptr(lt::piece_index_t{0});
    return ct::copy({first, static_cast<size_t>(torrent.num_pieces()) * 20},
                    reinterpret_cast<char *>(buffer), capacity);
}
