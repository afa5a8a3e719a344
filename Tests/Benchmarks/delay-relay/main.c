// Passes TCP connections on and holds every byte back for a while, as a long path does:
//
//     delay-relay MILLISECONDS LISTEN-ADDRESS PORT TARGET-ADDRESS PORT
//
// For kernels without netem. One thread; it says "ready" when it listens, and ends by a signal.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

// What a direction holds: 40 ms of 1 Gbit/s are 5 MB, the rest is a router's queue.
enum { ring_size = 8 << 20, marks = 4096, most_links = 32 };
// Bytes that came within this time leave together: fewer wake-ups.
static int64_t const grain = 500000;
static int64_t delay;

// "Everything before `end` may leave at `due`."
struct mark {
    uint64_t end;
    int64_t due;
};

struct direction {
    int from, to;
    char *ring;
    uint64_t in, out;
    struct mark mark[marks];
    unsigned first, count;
    bool ended, passed_on;
};

struct link {
    struct direction way[2];
};

static struct link *links[most_links];
static int link_count;

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static _Noreturn void fail(char const *what)
{
    perror(what);
    exit(1);
}

static struct sockaddr_in address(char const *host, char const *port)
{
    struct sockaddr_in made = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    if (inet_pton(AF_INET, host, &made.sin_addr) != 1) {
        fprintf(stderr, "delay-relay: %s is no IPv4 address\n", host);
        exit(2);
    }
    return made;
}

static void tune(int socket)
{
    int const on = 1, size = 512 << 10;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // What waits here is in the ring; megabytes more in the kernel would be a second queue.
    setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

static bool has_room(struct direction const *way)
{
    return !way->ended && way->in - way->out < ring_size && way->count < marks;
}

static uint64_t due_end(struct direction const *way, int64_t time)
{
    uint64_t end = way->out;
    for (unsigned i = 0; i < way->count; i++) {
        struct mark const *mark = &way->mark[(way->first + i) % marks];
        if (mark->due > time)
            break;
        end = mark->end;
    }
    return end;
}

static int pieces(struct direction const *way, uint64_t start, uint64_t count, struct iovec out[2])
{
    uint64_t const at = start % ring_size;
    uint64_t const whole = count < ring_size - at ? count : ring_size - at;
    out[0] = (struct iovec){way->ring + at, whole};
    out[1] = (struct iovec){way->ring, count - whole};
    return out[1].iov_len > 0 ? 2 : 1;
}

static bool blocked(void)
{
    return errno == EAGAIN || errno == EINTR;
}

// False when the connection broke.
static bool take(struct direction *way, int64_t time)
{
    struct iovec parts[2];
    int const count = pieces(way, way->in, ring_size - (way->in - way->out), parts);
    ssize_t const got = readv(way->from, parts, count);
    if (got < 0)
        return blocked();
    if (got == 0) {
        way->ended = true;
        return true;
    }
    way->in += (uint64_t)got;
    struct mark *last = &way->mark[(way->first + way->count + marks - 1) % marks];
    if (way->count > 0 && last->due + grain > time + delay) {
        last->end = way->in;
    } else {
        way->mark[(way->first + way->count) % marks] = (struct mark){way->in, time + delay};
        way->count++;
    }
    return true;
}

static bool give(struct direction *way, int64_t time)
{
    uint64_t const end = due_end(way, time);
    if (end > way->out) {
        struct iovec parts[2];
        int const count = pieces(way, way->out, end - way->out, parts);
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)count};
        ssize_t const sent = sendmsg(way->to, &message, MSG_NOSIGNAL);
        if (sent < 0)
            return blocked();
        way->out += (uint64_t)sent;
        while (way->count > 0 && way->mark[way->first].end <= way->out) {
            way->first = (way->first + 1) % marks;
            way->count--;
        }
    }
    if (way->ended && way->in == way->out && !way->passed_on) {
        way->passed_on = true;
        shutdown(way->to, SHUT_WR);
    }
    return true;
}

static void open_link(int listener, struct sockaddr_in const *target)
{
    int const near = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (near < 0)
        return;
    int const far = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct link *made = link_count < most_links ? calloc(1, sizeof *made) : NULL;
    if (far >= 0)
        tune(far);
    // The target is on this machine: waiting for it holds nobody up.
    if (far < 0 || !made || connect(far, (struct sockaddr const *)target, sizeof *target) != 0) {
        free(made);
        close(near);
        if (far >= 0)
            close(far);
        return;
    }
    tune(near);
    fcntl(far, F_SETFL, O_NONBLOCK);
    for (int i = 0; i < 2; i++) {
        made->way[i].from = i == 0 ? near : far;
        made->way[i].to = i == 0 ? far : near;
        made->way[i].ring = malloc(ring_size);
        if (!made->way[i].ring)
            fail("malloc");
    }
    links[link_count++] = made;
}

static void close_link(int index)
{
    struct link *ended = links[index];
    close(ended->way[0].from);
    close(ended->way[0].to);
    free(ended->way[0].ring);
    free(ended->way[1].ring);
    free(ended);
    links[index] = links[--link_count];
}

// What a descriptor can do now, or will be asked about.
static void ask(struct link const *link, struct pollfd descriptors[2], int64_t time, int64_t *next)
{
    for (int i = 0; i < 2; i++)
        descriptors[i] = (struct pollfd){.fd = link->way[i].from};
    for (int i = 0; i < 2; i++) {
        struct direction const *way = &link->way[i];
        if (has_room(way))
            descriptors[i].events |= POLLIN;
        if (way->count == 0)
            continue;
        int64_t const due = way->mark[way->first].due;
        if (due <= time)
            descriptors[1 - i].events |= POLLOUT;
        else if (due < *next)
            *next = due;
    }
}

// Moves both directions on as far as they go; false when the link is over.
static bool move(struct link *link, struct pollfd const descriptors[2], int64_t time)
{
    for (int i = 0; i < 2; i++) {
        struct direction *way = &link->way[i];
        bool const readable = descriptors[i].revents & (POLLIN | POLLHUP | POLLERR);
        if (readable && has_room(way) && !take(way, time))
            return false;
        if (!give(way, time))
            return false;
    }
    return !(link->way[0].passed_on && link->way[1].passed_on);
}

static void relay(int listener, struct sockaddr_in const *target)
{
    struct pollfd descriptors[1 + 2 * most_links];
    for (;;) {
        int64_t const time = now();
        int64_t next = time + 1000000000;
        descriptors[0] = (struct pollfd){.fd = listener, .events = POLLIN};
        for (int i = 0; i < link_count; i++)
            ask(links[i], &descriptors[1 + 2 * i], time, &next);
        int64_t const wait = next - time;
        struct timespec const timeout = {wait / 1000000000, wait % 1000000000};
        if (ppoll(descriptors, (nfds_t)(1 + 2 * link_count), &timeout, NULL) < 0 && errno != EINTR)
            fail("ppoll");
        // From the end: closing puts the last one into the gap.
        for (int i = link_count - 1; i >= 0; i--)
            if (!move(links[i], &descriptors[1 + 2 * i], now()))
                close_link(i);
        if (descriptors[0].revents & POLLIN)
            open_link(listener, target);
    }
}

int main(int count, char **arguments)
{
    if (count != 6) {
        fputs("usage: delay-relay MILLISECONDS ADDRESS PORT TARGET-ADDRESS PORT\n", stderr);
        return 2;
    }
    delay = (int64_t)atoi(arguments[1]) * 1000000;
    struct sockaddr_in const here = address(arguments[2], arguments[3]);
    struct sockaddr_in const target = address(arguments[4], arguments[5]);
    int const listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int const on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (listener < 0 || bind(listener, (struct sockaddr const *)&here, sizeof here) != 0
        || listen(listener, 16) != 0)
        fail("delay-relay");
    puts("ready");
    fflush(stdout);
    relay(listener, &target);
}
