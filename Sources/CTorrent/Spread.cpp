#include "Spread.hpp"

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include <libtorrent/bdecode.hpp>
#include <libtorrent/peer_connection_handle.hpp>
#include <libtorrent/peer_request.hpp>

namespace ct {

namespace {

/// What a neighbour was shown and has not got yet: one piece on its way, and one to go on with.
constexpr int window = 2;

/// How many pieces a neighbour may have that others still need from it, with those on their way:
/// its link is busy with one of them while it gets the next.
constexpr int most_owed = 2;

/// A neighbour that asks for nothing of a piece for so long will not bring it to the others.
constexpr lt::seconds patience{60};

/// A message of the peer protocol: its length, its type, and what follows.
class Message {
  public:
    enum Type : char { unchoke = 1, have = 4, bitfield = 5, have_all = 14, reject = 16,
                       extended = 20 };

    explicit Message(Type type) : bytes_{0, 0, 0, 0, type} {}

    Message &add(char byte)
    {
        bytes_.push_back(byte);
        return *this;
    }

    Message &add(int number)
    {
        for (int shift = 24; shift >= 0; shift -= 8)
            bytes_.push_back(static_cast<char>(number >> shift));
        return *this;
    }

    Message &add(PieceSet const &pieces)
    {
        bytes_.insert(bytes_.end(), pieces.data(), pieces.data() + (pieces.size() + 7) / 8);
        return *this;
    }

    void send(lt::peer_connection_handle &peer)
    {
        auto const count = bytes_.size() - 4;
        for (int i = 0; i < 4; ++i)
            bytes_[static_cast<std::size_t>(i)] = static_cast<char>(count >> (24 - 8 * i));
        peer.send_buffer(bytes_.data(), static_cast<int>(bytes_.size()));
    }

  private:
    std::vector<char> bytes_;
};

class Neighbour;

/// Which piece was shown to whom. Used by libtorrent's thread alone.
class Spread {
  public:
    Spread(std::shared_ptr<std::atomic<bool> const> is_on, PieceSet have)
        : is_on_(std::move(is_on)), have_(std::move(have)),
          pieces_(static_cast<std::size_t>(have_.size()))
    {
    }

    int count() const { return have_.size(); }
    void add(Neighbour *neighbour) { neighbours_.push_back(neighbour); }
    void remove(Neighbour *neighbour);

    /// A neighbour has got a piece, or has it no longer.
    void note(Neighbour *neighbour, lt::piece_index_t piece, bool has);
    /// Whether a neighbour may have a piece that it asks for.
    bool grants(Neighbour *neighbour, lt::piece_index_t piece);
    bool is_shown(lt::piece_index_t piece, Neighbour const *neighbour)
    {
        return at(piece).owner == neighbour;
    }

    void came(lt::piece_index_t piece);
    /// Once a second.
    void tick();

  private:
    struct Piece {
        /// Whom it was shown.
        Neighbour *owner = nullptr;
        /// When the owner last asked for some of it.
        lt::time_point since;
        /// How many neighbours say that they have it.
        int holders = 0;
    };

    Piece &at(lt::piece_index_t piece)
    {
        return pieces_[static_cast<std::size_t>(static_cast<int>(piece))];
    }
    void give(Neighbour *neighbour, lt::piece_index_t piece);
    void show_more(Neighbour *neighbour);
    void restrict_all();
    void show_all(Neighbour *neighbour);

    std::shared_ptr<std::atomic<bool> const> const is_on_;
    PieceSet have_;
    std::vector<Piece> pieces_;
    std::vector<Neighbour *> neighbours_;
};

class Neighbour final : public lt::peer_plugin {
  public:
    Neighbour(lt::peer_connection_handle peer, std::shared_ptr<Spread> spread)
        : spread_(std::move(spread)), peer_(std::move(peer)), has_(spread_->count())
    {
        spread_->add(this);
    }

    ~Neighbour() override { spread_->remove(this); }
    Neighbour(Neighbour const &) = delete;
    Neighbour &operator=(Neighbour const &) = delete;

    void on_disconnect(lt::error_code const &) override { spread_->remove(this); }

    bool on_extension_handshake(lt::bdecode_node const &handshake) override
    {
        if (auto const messages = handshake.dict_find_dict("m"))
            dont_have_ = static_cast<char>(messages.dict_find_int_value("lt_donthave", 0));
        return true;
    }

    bool on_have(lt::piece_index_t piece) override { return note(piece, true); }
    bool on_dont_have(lt::piece_index_t piece) override { return note(piece, false); }
    bool on_have_all() override { return note_all(true); }
    bool on_have_none() override { return note_all(false); }

    bool on_bitfield(lt::bitfield const &bits) override
    {
        for (int i = 0; i < std::min(has_.size(), bits.size()); ++i)
            note(lt::piece_index_t(i), bits[i]);
        return false;
    }

    void sent_have(lt::piece_index_t piece) override
    {
        if (is_restricted && !spread_->is_shown(piece, this))
            Message(Message::extended).add(dont_have_).add(static_cast<int>(piece)).send(peer_);
        else
            wake();
    }

    bool on_request(lt::peer_request const &request) override
    {
        if (!is_restricted || request.piece < lt::piece_index_t(0)
            || request.piece >= has_.end_index() || spread_->grants(this, request.piece))
            return false;
        // It saw the piece for a moment.
        Message(Message::reject).add(static_cast<int>(request.piece)).add(request.start)
            .add(request.length).send(peer_);
        return true;
    }

    bool has(lt::piece_index_t piece) const { return has_[piece]; }
    bool is_interested() const { return peer_.is_peer_interested(); }

    void restrict()
    {
        if (is_restricted || is_exempt || dont_have_ == 0 || peer_.in_handshake()
            || peer_.is_disconnecting())
            return;
        is_restricted = true;
        show(PieceSet(has_.size()));
    }

    void show(lt::piece_index_t piece)
    {
        Message(Message::have).add(static_cast<int>(piece)).send(peer_);
        wake();
    }

    void show(PieceSet const &pieces)
    {
        if (pieces.all_set())
            Message(Message::have_all).send(peer_);
        else
            Message(Message::bitfield).add(pieces).send(peer_);
    }

    /// Whether it sees only some pieces.
    bool is_restricted = false;
    /// Whether it must see all of them: it does not take what it is shown.
    bool is_exempt = false;
    int on_the_way = 0;
    /// How many copies of what it was shown its neighbours lack, and it itself.
    int owed = 0;

  private:
    /// libtorrent asks for a piece that has come when that makes a peer interesting, or when it is
    /// unchoked; not while it waits for others with pieces that this peer has too.
    void wake()
    {
        if (!peer_.is_choked())
            Message(Message::unchoke).send(peer_);
    }

    bool note(lt::piece_index_t piece, bool has)
    {
        if (piece >= lt::piece_index_t(0) && piece < has_.end_index() && has_[piece] != has) {
            if (has)
                has_.set_bit(piece);
            else
                has_.clear_bit(piece);
            spread_->note(this, piece, has);
        }
        return false;
    }

    bool note_all(bool has)
    {
        for (auto const piece : has_.range())
            note(piece, has);
        return false;
    }

    std::shared_ptr<Spread> const spread_;
    lt::peer_connection_handle peer_;
    PieceSet has_;
    /// What it calls the message that takes a piece back, or 0.
    char dont_have_ = 0;
};

void Spread::remove(Neighbour *neighbour)
{
    auto const found = std::find(neighbours_.begin(), neighbours_.end(), neighbour);
    if (found == neighbours_.end())
        return;
    neighbours_.erase(found);
    for (auto const piece : have_.range()) {
        if (neighbour->has(piece))
            --at(piece).holders;
        // It may not have given it to anybody.
        if (at(piece).owner == neighbour)
            at(piece).owner = nullptr;
    }
}

void Spread::note(Neighbour *neighbour, lt::piece_index_t piece, bool has)
{
    at(piece).holders += has ? 1 : -1;
    auto *owner = at(piece).owner;
    if (owner == nullptr)
        return;
    owner->owed += has ? -1 : 1;
    if (owner == neighbour)
        owner->on_the_way += has ? -1 : 1;
    show_more(owner);
}

bool Spread::grants(Neighbour *neighbour, lt::piece_index_t piece)
{
    // What nobody was shown yet goes to nobody, even if one saw it for a moment: that one could not
    // ask for the rest of it, and the others would not get it at all.
    if (at(piece).owner != neighbour)
        return false;
    at(piece).since = lt::clock_type::now();
    return true;
}

void Spread::give(Neighbour *neighbour, lt::piece_index_t piece)
{
    at(piece).owner = neighbour;
    at(piece).since = lt::clock_type::now();
    ++neighbour->on_the_way;
    neighbour->owed += static_cast<int>(neighbours_.size()) - at(piece).holders;
}

void Spread::came(lt::piece_index_t piece)
{
    have_.set_bit(piece);
    restrict_all();
    auto const load = [](Neighbour const *neighbour) {
        return std::make_tuple(!neighbour->is_restricted, neighbour->on_the_way >= window,
                               neighbour->owed);
    };
    auto const next = std::min_element(
        neighbours_.begin(), neighbours_.end(),
        [&](Neighbour const *one, Neighbour const *other) { return load(one) < load(other); });
    if (next != neighbours_.end())
        show_more(*next);
}

/// Shows a neighbour as many pieces as it may have on the way: those first that fewest have.
void Spread::show_more(Neighbour *neighbour)
{
    auto const limit = most_owed * static_cast<int>(neighbours_.size());
    while (neighbour->is_restricted && neighbour->on_the_way < window && neighbour->owed < limit) {
        auto next = have_.end_index();
        for (auto const piece : have_.range()) {
            if (!have_[piece] || at(piece).owner != nullptr || neighbour->has(piece))
                continue;
            if (next == have_.end_index() || at(piece).holders < at(next).holders)
                next = piece;
            if (at(next).holders == 0)
                break;
        }
        if (next == have_.end_index())
            return;
        give(neighbour, next);
        neighbour->show(next);
    }
}

void Spread::restrict_all()
{
    if (*is_on_)
        for (auto *neighbour : neighbours_)
            neighbour->restrict();
}

void Spread::show_all(Neighbour *neighbour)
{
    if (!neighbour->is_restricted)
        return;
    neighbour->is_restricted = false;
    neighbour->on_the_way = 0;
    neighbour->owed = 0;
    for (auto &piece : pieces_)
        if (piece.owner == neighbour)
            piece.owner = nullptr;
    neighbour->show(have_);
}

void Spread::tick()
{
    auto const now = lt::clock_type::now();
    bool is_over = have_.all_set();
    for (auto *neighbour : neighbours_)
        neighbour->owed = 0;
    for (auto const piece : have_.range()) {
        auto *owner = at(piece).owner;
        if (owner != nullptr)
            owner->owed += static_cast<int>(neighbours_.size()) - at(piece).holders;
        auto const waiting = now - at(piece).since;
        if (owner != nullptr && !owner->has(piece)
            && (waiting > patience || (waiting > lt::seconds(5) && !owner->is_interested())))
            owner->is_exempt = true;
        is_over = is_over && at(piece).holders > 0;
    }
    for (auto *neighbour : neighbours_)
        if (!*is_on_ || is_over || neighbour->is_exempt)
            show_all(neighbour);
    if (is_over)
        return;
    restrict_all();
    std::sort(neighbours_.begin(), neighbours_.end(),
              [](auto const *one, auto const *other) { return one->owed < other->owed; });
    for (auto *neighbour : neighbours_)
        show_more(neighbour);
}

class SpreadPlugin final : public lt::torrent_plugin {
  public:
    explicit SpreadPlugin(std::shared_ptr<Spread> spread) : spread_(std::move(spread)) {}

    std::shared_ptr<lt::peer_plugin> new_connection(lt::peer_connection_handle const &peer) override
    {
        // Only neighbours need no slot.
        if (!peer.ignore_unchoke_slots())
            return nullptr;
        return std::make_shared<Neighbour>(peer, spread_);
    }

    void on_piece_pass(lt::piece_index_t piece) override { spread_->came(piece); }
    void tick() override { spread_->tick(); }

  private:
    std::shared_ptr<Spread> const spread_;
};

} // namespace

std::shared_ptr<lt::torrent_plugin> spread_pieces(std::shared_ptr<std::atomic<bool> const> is_on,
                                                  PieceSet have)
{
    return std::make_shared<SpreadPlugin>(
        std::make_shared<Spread>(std::move(is_on), std::move(have)));
}

} // namespace ct
