/*
 * A load generator that costs little: one thread, epoll, no allocation while it runs.
 *
 * It knows of Parley's protocol only what a client does all the time: it counts entries,
 * acknowledges them as a client would (docs/PROTOCOL.md, "Delivery"), submits messages and reads
 * their answers. Everything else, such as the login with its signature, is relayed: the driver
 * (load.ts) says over standard input what to send, and is given over standard output what came.
 *
 * Orders:  [op: u32][connection: u32][length: u32][bytes], in the machine's byte order
 * Reports: [connection: u32][length: u32][bytes]; connection 0xffffffff for the result of a run
 */

#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECT = 1, SEND, COUNT, STOP, RUN, RAW };
enum { ENTRY = 10, UPTO = 11, ACCEPTED = 14, REFUSED = 15, LATER = 16, PING = 17, ERROR = 19 };
enum { READ_BYTES = 1 << 20, HOLD_BYTES = 70 * 1024, OUT_BYTES = 1 << 19, TIMES = 4096 };

static const int ack_entries = 256, ack_bytes = 64 * 1024;
static const uint64_t ack_delay_ns = 200000000;

typedef struct {
  int fd;
  int counting, stopped;
  /* The beginning of a frame whose rest has not come. */
  uint8_t *held;
  uint32_t held_count;
  /* What the socket did not take at once. */
  uint8_t *out;
  uint32_t out_at, out_count;
  uint64_t lsn, entries, ack_due_ns;
  uint32_t unacked, unacked_bytes;
  uint8_t epoch[16];
  uint64_t n, answered;
  uint64_t *times;
} Connection;

typedef struct {
  uint32_t senders, window, text_bytes, rate;
  uint64_t messages, deliveries;
  /* Every stride-th connection sends, to whom it says: a name, in which %u stands for its own number
     and the partner's distance to it. */
  uint32_t stride, partner;
  char to[64];
} Run;

static Connection *connections;
static uint32_t connection_count;
static int epoll_fd, raw;
static uint8_t read_buffer[READ_BYTES];
static uint64_t now_ns, reads, writes;

static Run run;
static int running;
static uint64_t run_start_ns, sent, accepted, delivered, delivered_bytes, run_reads, run_writes;
static uint32_t *latencies_us;
static uint64_t latency_count;

static void fail(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

static uint64_t clock_ns(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

static void write_all(int fd, const void *bytes, size_t count) {
  for (const uint8_t *at = bytes; count > 0;) {
    ssize_t done = write(fd, at, count);
    if (done < 0) fail("report");
    at += done;
    count -= (size_t)done;
  }
}

static void report(uint32_t connection, const void *bytes, uint32_t count) {
  uint32_t head[2] = {connection, count};
  write_all(1, head, sizeof head);
  write_all(1, bytes, count);
}

static uint8_t *put_uint(uint8_t *at, uint8_t major, uint64_t value) {
  int bytes = value < 24 ? 0 : value < 256 ? 1 : value < 65536 ? 2 : value >> 32 ? 8 : 4;
  if (bytes == 0) return *at = (uint8_t)(major << 5 | value), at + 1;
  *at++ = (uint8_t)(major << 5 | (bytes == 1 ? 24 : bytes == 2 ? 25 : bytes == 4 ? 26 : 27));
  while (bytes > 0) *at++ = (uint8_t)(value >> (8 * --bytes));
  return at;
}

static const uint8_t *get_uint(const uint8_t *at, uint64_t *value) {
  uint8_t first = *at++ & 31;
  if (first < 24) return *value = first, at;
  *value = 0;
  for (int bytes = 1 << (first - 24); bytes > 0; bytes--) *value = *value << 8 | *at++;
  return at;
}

static void interest(Connection *it, uint32_t events) {
  struct epoll_event event = {.events = events, .data.u32 = (uint32_t)(it - connections)};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, it->fd, &event) < 0) fail("epoll_ctl");
}

static void flush(Connection *it) {
  while (it->out_at < it->out_count) {
    ssize_t done = write(it->fd, it->out + it->out_at, it->out_count - it->out_at);
    writes++;
    if (done < 0 && errno == EAGAIN) return interest(it, EPOLLIN | EPOLLOUT);
    if (done < 0) fail("write");
    it->out_at += (uint32_t)done;
  }
  it->out_at = it->out_count = 0;
}

static uint8_t *room_for(Connection *it, uint32_t count) {
  if (!it->out && !(it->out = malloc(OUT_BYTES))) fail("malloc");
  if (it->out_count + count > OUT_BYTES) fail("a server that does not read");
  return it->out + it->out_count;
}

static void queue(Connection *it, const void *bytes, uint32_t count) {
  memcpy(room_for(it, count), bytes, count);
  it->out_count += count;
}

static void put_length(uint8_t *frame, uint32_t count) {
  for (int at = 0; at < 4; at++) frame[at] = (uint8_t)(count >> (24 - 8 * at));
}

static void acknowledge(Connection *it) {
  uint8_t frame[16], *end = put_uint(put_uint(put_uint(frame + 4, 4, 2), 0, 12), 0, it->lsn);
  put_length(frame, (uint32_t)(end - frame - 4));
  queue(it, frame, (uint32_t)(end - frame));
  it->unacked = it->unacked_bytes = 0;
  it->ack_due_ns = 0;
}

/* One message of the run; `due_ns` is when it should have gone out. */
static void submit(Connection *it, uint64_t due_ns) {
  char to[80];
  uint32_t self = (uint32_t)(it - connections);
  int to_count = snprintf(to, sizeof to, run.to, self + run.partner);
  uint8_t *frame = room_for(it, run.text_bytes + 256), *at = frame + 4;
  it->n++;
  it->times[it->n % TIMES] = due_ns;
  if (raw) {
    /* As many bytes as an entry has. */
    memset(at, 'x', run.text_bytes + 66);
    at += run.text_bytes + 66;
  } else {
    at = put_uint(put_uint(at, 4, 5), 0, 13);
    at = put_uint(at, 2, 16);
    at = mempcpy(at, it->epoch, 16);
    at = put_uint(at, 0, it->n);
    at = put_uint(at, 2, 16);
    at = mempcpy(at, it->epoch, 8);
    at = mempcpy(at, &it->n, 8);
    at = put_uint(put_uint(at, 4, 4), 0, 1);
    at = mempcpy(put_uint(at, 3, (uint64_t)to_count), to, (size_t)to_count);
    at = put_uint(at, 3, run.text_bytes);
    memset(at, 'x', run.text_bytes);
    at += run.text_bytes;
    *at++ = 0xf4;
  }
  put_length(frame, (uint32_t)(at - frame - 4));
  it->out_count += (uint32_t)(at - frame);
  sent++;
}

static void send_more(Connection *it) {
  uint32_t self = (uint32_t)(it - connections);
  if (!running || run.rate > 0 || self % run.stride > 0 || self / run.stride >= run.senders) return;
  while (sent < run.messages && it->n - it->answered < run.window) submit(it, now_ns);
}

/* What is due at the rate that is offered. Late is late: it counts from when it was due. */
static void send_due(void) {
  while (running && run.rate > 0 && sent < run.messages) {
    uint64_t due_ns = run_start_ns + sent * 1000000000u / run.rate;
    Connection *it = &connections[sent % run.senders * run.stride];
    if (due_ns > now_ns || it->n - it->answered >= run.window) return;
    submit(it, due_ns);
    flush(it);
  }
}

static void answered(Connection *it, uint64_t n) {
  it->answered = n;
  accepted++;
  uint64_t taken_us = (now_ns - it->times[n % TIMES]) / 1000;
  if (running && latency_count < run.messages) latencies_us[latency_count++] = (uint32_t)taken_us;
}

static void take_frame(Connection *it, const uint8_t *payload, uint32_t count) {
  uint64_t value, runs;
  if (raw) {
    it->entries++, delivered++, delivered_bytes += count + 4;
    if (it->answered < it->n) answered(it, it->answered + 1);
    return;
  }
  switch (payload[1]) {
    case ENTRY:
      get_uint(payload + 4, &it->lsn);
      it->entries++, delivered++, delivered_bytes += count + 4;
      it->unacked++;
      it->unacked_bytes += count + 4;
      break;
    case ACCEPTED: {
      const uint8_t *at = get_uint(payload + 19, &value);
      get_uint(at, &runs);
      while (runs-- > 0) answered(it, value++);
      break;
    }
    case REFUSED: case LATER: case ERROR:
      fprintf(stderr, "load: connection %u got packet %u, code %u %u\n",
              (unsigned)(it - connections), payload[1], payload[2], payload[3]);
      exit(1);
    case PING: {
      uint8_t pong[4 + 16] = {0};
      memcpy(pong + 4, payload, count);
      pong[5] = 18;
      put_length(pong, count);
      queue(it, pong, count + 4);
    }
  }
}

static uint32_t length_at(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void take_bytes(Connection *it, const uint8_t *at, uint32_t count) {
  uint32_t self = (uint32_t)(it - connections);
  while (count >= 4 && count - 4 >= length_at(at)) {
    uint32_t length = length_at(at);
    if (it->counting) take_frame(it, at + 4, length);
    else report(self, at + 4, length);
    at += 4 + length;
    count -= 4 + length;
  }
  if (count > HOLD_BYTES) fail("a frame that is too long");
  if (count > 0 && !it->held && !(it->held = malloc(HOLD_BYTES))) fail("malloc");
  if (count > 0) memcpy(it->held, at, count);
  it->held_count = count;
}

static void read_some(Connection *it) {
  uint32_t held = it->held_count;
  memcpy(read_buffer, it->held, held);
  ssize_t count = read(it->fd, read_buffer + held, READ_BYTES - held);
  reads++;
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0) {
    fprintf(stderr, "load: connection %u was closed\n", (unsigned)(it - connections));
    exit(1);
  }
  take_bytes(it, read_buffer, held + (uint32_t)count);
  if (it->unacked >= (uint32_t)ack_entries || it->unacked_bytes >= (uint32_t)ack_bytes) {
    acknowledge(it);
  } else if (it->unacked > 0 && it->ack_due_ns == 0) it->ack_due_ns = now_ns + ack_delay_ns;
  send_more(it);
  flush(it);
}

static void connect_all(uint32_t count, uint16_t port) {
  connections = realloc(connections, (connection_count + count) * sizeof *connections);
  if (!connections) fail("malloc");
  for (; count > 0; count--) {
    Connection *it = &connections[connection_count];
    memset(it, 0, sizeof *it);
    it->times = calloc(TIMES, sizeof *it->times);
    it->fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1;
    if (connect(it->fd, (struct sockaddr *)&to, sizeof to) < 0) fail("connect");
    setsockopt(it->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (raw) it->counting = 1;
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = connection_count++};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, it->fd, &event) < 0) fail("epoll_ctl");
  }
}

static void start_run(const uint8_t *bytes, uint32_t count) {
  memset(&run, 0, sizeof run);
  memcpy(&run, bytes, count < sizeof run ? count : sizeof run);
  free(latencies_us);
  if (!(latencies_us = malloc(run.messages * sizeof *latencies_us))) fail("malloc");
  latency_count = sent = accepted = delivered = delivered_bytes = 0;
  run_reads = reads, run_writes = writes;
  run_start_ns = now_ns = clock_ns();
  running = 1;
  for (uint32_t at = 0; at < run.senders; at++) {
    send_more(&connections[at * run.stride]);
    flush(&connections[at * run.stride]);
  }
}

static int by_size(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

static void end_run_if_done(void) {
  if (!running || accepted < run.messages || delivered < run.deliveries) return;
  running = 0;
  qsort(latencies_us, latency_count, sizeof *latencies_us, by_size);
  char text[512];
  int count = snprintf(
      text, sizeof text,
      "{\"seconds\":%.6f,\"accepted\":%lu,\"delivered\":%lu,\"deliveredBytes\":%lu,"
      "\"p50Us\":%u,\"p99Us\":%u,"
      "\"generatorReads\":%lu,\"generatorWrites\":%lu}",
      (double)(clock_ns() - run_start_ns) / 1e9, accepted, delivered, delivered_bytes,
      latencies_us[latency_count / 2], latencies_us[latency_count * 99 / 100],
      reads - run_reads, writes - run_writes);
  report(0xffffffff, text, (uint32_t)count);
}

static void order(uint32_t op, uint32_t at, const uint8_t *bytes, uint32_t count) {
  Connection *it = &connections[at];
  switch (op) {
    case CONNECT:
      connect_all(at, (uint16_t)(bytes[0] << 8 | bytes[1]));
      break;
    case SEND:
      queue(it, bytes, count);
      flush(it);
      break;
    case COUNT:
      it->counting = 1;
      memcpy(it->epoch, bytes, 16);
      break;
    case STOP:
      epoll_ctl(epoll_fd, EPOLL_CTL_DEL, it->fd, NULL);
      break;
    case RUN:
      start_run(bytes, count);
      break;
    case RAW:
      raw = 1;
  }
}

static void take_orders(void) {
  static uint8_t buffer[1 << 20];
  static uint32_t count;
  ssize_t more = read(0, buffer + count, sizeof buffer - count);
  if (more <= 0) exit(0);
  count += (uint32_t)more;
  uint8_t *at = buffer;
  uint32_t head[3];
  while (count >= sizeof head) {
    memcpy(head, at, sizeof head);
    if (count < sizeof head + head[2]) break;
    order(head[0], head[1], at + sizeof head, head[2]);
    at += sizeof head + head[2];
    count -= (uint32_t)(sizeof head + head[2]);
  }
  memmove(buffer, at, count);
}

static void acknowledge_late(void) {
  static uint64_t looked_ns;
  if (now_ns - looked_ns < ack_delay_ns / 4) return;
  looked_ns = now_ns;
  for (Connection *it = connections; it < connections + connection_count; it++) {
    if (it->ack_due_ns == 0 || it->ack_due_ns > now_ns) continue;
    if (it->unacked > 0) acknowledge(it);
    it->ack_due_ns = 0;
    flush(it);
  }
}

int main(void) {
  epoll_fd = epoll_create1(0);
  struct epoll_event events[512], orders = {.events = EPOLLIN, .data.u32 = UINT32_MAX};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &orders) < 0) fail("epoll_ctl");
  for (;;) {
    /* It never sleeps during a run: to wake it would cost the server more than to write to it. */
    int count = epoll_wait(epoll_fd, events, 512, running ? 0 : 50);
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    now_ns = clock_ns();
    for (int at = 0; at < count; at++) {
      if (events[at].data.u32 == UINT32_MAX) {
        take_orders();
        continue;
      }
      Connection *it = &connections[events[at].data.u32];
      if (events[at].events & EPOLLOUT) {
        interest(it, EPOLLIN);
        flush(it);
      }
      if (events[at].events & ~(uint32_t)EPOLLOUT) read_some(it);
    }
    send_due();
    acknowledge_late();
    end_run_if_done();
  }
}
