#include "Settings.hpp"

#include "Guarded.hpp"

#include <limits>

#include <libtorrent/alert.hpp>
#include <libtorrent/settings_pack.hpp>

namespace {

using lt::settings_pack;

void set_reporting(settings_pack &pack)
{
    lt::alert_category_t const mask = lt::alert_category::error | lt::alert_category::status
        | lt::alert_category::storage | lt::alert_category::tracker
        | lt::alert_category::performance_warning | lt::alert_category::piece_progress
        | lt::alert_category::connect | lt::alert_category::peer;
    pack.set_int(settings_pack::alert_mask, static_cast<int>(static_cast<std::uint32_t>(mask)));
    // 2,000 run over when pieces finish fast.
    pack.set_int(settings_pack::alert_queue_size, 20'000);
}

void set_disk(settings_pack &pack)
{
    // The store says what it has (Disk.hpp); libtorrent need not hash 138 GiB for that.
    pack.set_bool(settings_pack::no_recheck_incomplete_resume, true);
}

void set_transfer(settings_pack &pack, ct_session_settings const &wanted)
{
    pack.set_int(settings_pack::connections_limit, wanted.max_peers);
    pack.set_int(settings_pack::download_rate_limit, wanted.max_download);
    pack.set_int(settings_pack::upload_rate_limit, wanted.max_upload);
    // Few, but not none: peers stop giving to those who give nothing. A seed has nothing else to do.
    pack.set_int(settings_pack::unchoke_slots_limit, wanted.gives_only ? 32 : 4);
    if (wanted.gives_only) {
        // So that 32 peers hold 8 MiB that wait to be sent; by default each holds 500 KiB, and so may
        // those without a slot that were allowed some pieces.
        pack.set_int(settings_pack::send_buffer_watermark, 256 << 10);
        pack.set_int(settings_pack::allowed_fast_set_size, 0);
    }
    // uTP makes room for TCP; where bandwidth is plenty it only costs (20 times on loopback).
    pack.set_int(settings_pack::mixed_mode_algorithm, settings_pack::prefer_tcp);
    // 500 requests are 8 MiB on their way from a peer: too few for a long fat link.
    pack.set_int(settings_pack::max_out_request_queue, 2000);
    pack.set_int(settings_pack::request_queue_time, ct::request_queue_time(wanted.lab));
    // The session connects to peers when it ticks, by default every 500 ms. With that 383 MB over 1
    // Gbit/s and 80 ms took 4.7 s; now 4.4 s, with the same processor time.
    pack.set_int(settings_pack::tick_interval, 100);
    // One peer per piece where possible: whole writes, and a bad piece has one culprit.
    pack.set_bool(settings_pack::piece_extent_affinity, true);
    pack.set_bool(settings_pack::auto_sequential, !wanted.lab);
    // While mirrors bring all the rest, nothing is wanted from peers. That is not the end, and they
    // must not be told so. A seed needs no other seeds, which would take the places of those who
    // want something.
    pack.set_bool(settings_pack::close_redundant_connections, wanted.gives_only);
    // A lab is behind one address.
    pack.set_bool(settings_pack::allow_multiple_connections_per_ip,
                  wanted.named_peers || wanted.gives_only);
    // Instead of 60 s and 3 times: there may be no other peer. Transmission closes on a peer that
    // connects while it still shakes hands with another of the same address.
    pack.set_int(settings_pack::min_reconnect_time, 5);
    pack.set_int(settings_pack::max_failcount, 20);
    // HTTP is libcurl's; 2.0.8's web seeds mix up blocks after a reconnect.
    pack.set_int(settings_pack::max_web_seed_connections, 0);
}

void set_network(settings_pack &pack, ct_session_settings const &wanted)
{
    pack.set_str(settings_pack::listen_interfaces,
                 std::string(wanted.listen_interfaces, wanted.listen_interfaces_count));
    pack.set_int(settings_pack::max_retry_port_bind, wanted.more_ports);
    pack.set_str(settings_pack::user_agent,
                 std::string(wanted.user_agent, wanted.user_agent_count));
    pack.set_bool(settings_pack::enable_incoming_tcp, wanted.tcp);
    pack.set_bool(settings_pack::enable_outgoing_tcp, wanted.tcp);
    // With both libtorrent tries uTP first, whatever mixed_mode_algorithm says. Peers that cannot
    // be reached by TCP still reach us, and `ct_session_allow_utp` is for when they do not.
    pack.set_bool(settings_pack::enable_outgoing_utp, !wanted.tcp);
    pack.set_bool(settings_pack::enable_dht, wanted.dht);
    pack.set_bool(settings_pack::enable_lsd, wanted.lsd);
    // In a lab the filter keeps peers away; trackers are asked all the same.
    pack.set_bool(settings_pack::apply_ip_filter_to_trackers, !wanted.lab);
    // A cron job in a lab opens no ports in somebody's router.
    pack.set_bool(settings_pack::enable_upnp, false);
    pack.set_bool(settings_pack::enable_natpmp, false);
    // 2.0.8 does not retry in the tiers below the first one.
    pack.set_bool(settings_pack::announce_to_all_trackers, true);
    pack.set_bool(settings_pack::announce_to_all_tiers, true);
    // The end of the program waits this long for trackers.
    pack.set_int(settings_pack::stop_tracker_timeout, 1);
    // A forged peer list must not turn us against a web server.
    pack.set_bool(settings_pack::no_connect_privileged_ports, true);
    // The first three are libtorrent's defaults, stated because safety depends on them.
    pack.set_bool(settings_pack::ssrf_mitigation, true);
    pack.set_bool(settings_pack::validate_https_trackers, true);
    pack.set_bool(settings_pack::allow_idna, false);
}

} // namespace

namespace ct {

int request_queue_time(bool is_near) { return is_near ? 1 : 5; }

lt::session_params session_params(ct_session_settings const &wanted)
{
    // libtorrent takes 0 and less for "no limit", which would undo the cap.
    if (wanted.max_peers < 2)
        throw Fault{ct_fault_bad_argument, "a session needs room for 2 peers"};
    if (wanted.max_download < 0 || wanted.max_upload < 0)
        throw Fault{ct_fault_bad_argument, "a rate below 0"};
    if (wanted.more_ports < 0 || wanted.more_ports > 65535)
        throw Fault{ct_fault_bad_argument, "fewer than no ports, or more than there are"};
    settings_pack pack;
    set_reporting(pack);
    set_disk(pack);
    set_transfer(pack, wanted);
    set_network(pack, wanted);
    return lt::session_params(std::move(pack));
}

} // namespace ct

ct_session_settings ct_session_usual_settings() noexcept
{
    static constexpr std::string_view interfaces = "0.0.0.0:0,[::]:0";
    static constexpr std::string_view user_agent = "imagenet-fetch";
    ct_session_settings settings{};
    settings.listen_interfaces = interfaces.data();
    settings.listen_interfaces_count = interfaces.size();
    settings.user_agent = user_agent.data();
    settings.user_agent_count = user_agent.size();
    // Whoever downloads says more.
    settings.max_peers = 2;
    settings.tcp = true;
    settings.dht = true;
    return settings;
}
