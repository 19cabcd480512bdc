// SPDX-License-Identifier: MIT
// Two netlink sockets. Formats: linux/cn_proc.h and linux/taskstats.h.
#include "bench/watch/process_events.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <span>
#include <string_view>

#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/taskstats.h>
#include <sys/socket.h>
#include <unistd.h>

namespace calibram {
namespace {

using Data = std::span<const std::byte>;

/// A struct at the front of the data; shorter data fills its front.
template <class T>
T read_as(Data data) {
  T value{};
  std::memcpy(&value, data.data(), std::min(sizeof value, data.size()));
  return value;
}

Data behind(Data data, std::size_t size) { return data.subspan(std::min(size, data.size())); }

constexpr std::size_t aligned(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

/// Calls `handle(header, content)` for each netlink message.
template <class Handle>
void for_each_message(Data data, const Handle& handle) {
  while (data.size() >= sizeof(nlmsghdr)) {
    const auto header = read_as<nlmsghdr>(data);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > data.size()) return;
    handle(header, behind(data.first(header.nlmsg_len), sizeof header));
    data = behind(data, aligned(header.nlmsg_len));
  }
}

/// The content of the attribute of that type; empty where there is none.
Data attribute(Data data, std::uint16_t type) {
  while (data.size() >= sizeof(nlattr)) {
    const auto header = read_as<nlattr>(data);
    if (header.nla_len < sizeof header || header.nla_len > data.size()) return {};
    if ((header.nla_type & NLA_TYPE_MASK) == type) return behind(data.first(header.nla_len), sizeof header);
    data = behind(data, aligned(header.nla_len));
  }
  return {};
}

/// A netlink socket with room for bursts; closed where it cannot be had.
FileDescriptor open_socket(int protocol, unsigned groups) {
  FileDescriptor socket{::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol)};
  const int room = 16 << 20;
  ::setsockopt(socket.number(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  if (::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return FileDescriptor{};
  return socket;
}

/// Builds one message.
class MessageText {
 public:
  template <class T>
  void add(const T& value) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    text_.insert(text_.end(), bytes, bytes + sizeof value);
  }

  void add_attribute(std::uint16_t type, std::string_view text) {
    add(nlattr{static_cast<std::uint16_t>(sizeof(nlattr) + text.size() + 1), type});
    for (const char c : text) text_.push_back(static_cast<std::byte>(c));
    text_.resize(aligned(text_.size() + 1));
  }

  bool send(int socket, std::uint16_t type, std::uint16_t flags) {
    nlmsghdr header{};
    header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + text_.size());
    header.nlmsg_type = type;
    header.nlmsg_flags = flags;
    std::vector<std::byte> whole(sizeof header);
    std::memcpy(whole.data(), &header, sizeof header);
    whole.insert(whole.end(), text_.begin(), text_.end());
    return ::send(socket, whole.data(), whole.size(), 0) == static_cast<ssize_t>(whole.size());
  }

 private:
  std::vector<std::byte> text_;
};

/// Reads one datagram. @return how much; 0 when none is there, less for an error
ssize_t receive(int socket, std::array<std::byte, 16384>& buffer) {
  ssize_t size = 0;
  do {
    size = ::recv(socket, buffer.data(), buffer.size(), 0);
  } while (size < 0 && errno == EINTR);
  if (size < 0) return errno == EAGAIN ? 0 : -errno;
  return size;
}

std::string possible_processors() {
  std::string processors;
  std::ifstream in{"/sys/devices/system/cpu/possible"};
  std::getline(in, processors);
  return processors;
}

/// The number that the kernel gave the taskstats family; 0 where it has none.
std::uint16_t taskstats_family(int socket) {
  MessageText question;
  question.add(genlmsghdr{CTRL_CMD_GETFAMILY, 1, 0});
  question.add_attribute(CTRL_ATTR_FAMILY_NAME, TASKSTATS_GENL_NAME);
  std::array<std::byte, 16384> buffer;
  if (!question.send(socket, GENL_ID_CTRL, NLM_F_REQUEST)) return 0;
  const ssize_t size = receive(socket, buffer);
  std::uint16_t family = 0;
  if (size > 0)
    for_each_message(Data{buffer}.first(static_cast<std::size_t>(size)),
                     [&](const nlmsghdr& header, Data content) {
                       const Data id = attribute(behind(content, sizeof(genlmsghdr)), CTRL_ATTR_FAMILY_ID);
                       if (header.nlmsg_type == GENL_ID_CTRL && !id.empty())
                         family = read_as<std::uint16_t>(id);
                     });
  return family;
}

/// Asks for the taskstats of every thread that ends; false where that is refused.
bool ask_for_marks(int socket) {
  const std::uint16_t family = taskstats_family(socket);
  if (family == 0) return false;
  MessageText question;
  question.add(genlmsghdr{TASKSTATS_CMD_GET, TASKSTATS_GENL_VERSION, 0});
  question.add_attribute(TASKSTATS_CMD_ATTR_REGISTER_CPUMASK, possible_processors());
  if (!question.send(socket, family, NLM_F_REQUEST | NLM_F_ACK)) return false;
  std::array<std::byte, 16384> buffer;
  bool is_granted = false;
  for (ssize_t size; (size = receive(socket, buffer)) > 0;)
    for_each_message(Data{buffer}.first(static_cast<std::size_t>(size)),
                     [&](const nlmsghdr& header, Data content) {
                       if (header.nlmsg_type == NLMSG_ERROR)
                         is_granted = read_as<nlmsgerr>(content).error == 0;
                     });
  return is_granted;
}

std::optional<proc_event> event_of(Data content) {
  const auto header = read_as<cn_msg>(content);
  if (header.id.idx != CN_IDX_PROC || header.id.val != CN_VAL_PROC) return std::nullopt;
  return read_as<proc_event>(behind(content, sizeof header));
}

/// Asks for fork, exec and exit. The kernel answers those whom it serves, and nobody else: of another user's
/// or process's name space nothing is heard.
bool ask_for_events(int socket) {
  MessageText question;
  cn_msg header{};
  header.id = {CN_IDX_PROC, CN_VAL_PROC};
  header.len = sizeof(proc_cn_mcast_op);
  question.add(header);
  question.add(proc_cn_mcast_op{PROC_CN_MCAST_LISTEN});
  if (!question.send(socket, NLMSG_DONE, 0)) return false;
  std::array<std::byte, 16384> buffer;
  bool is_served = false;
  for (ssize_t size; (size = receive(socket, buffer)) > 0;)
    for_each_message(Data{buffer}.first(static_cast<std::size_t>(size)), [&](const nlmsghdr&, Data content) {
      const auto event = event_of(content);
      if (event && event->what == proc_event::PROC_EVENT_NONE) is_served = event->event_data.ack.err == 0;
    });
  return is_served;
}

void tell(ProcessTree& tree, const proc_event& event) {
  const auto when = static_cast<Nanoseconds>(event.timestamp_ns);
  const auto& data = event.event_data;
  switch (event.what) {
    case proc_event::PROC_EVENT_FORK:  // of a thread, too
      if (data.fork.child_pid == data.fork.child_tgid)
        tree.forked(data.fork.parent_tgid, data.fork.child_tgid, when);
      break;
    case proc_event::PROC_EVENT_EXEC:
      tree.execed(data.exec.process_tgid, when);
      break;
    case proc_event::PROC_EVENT_EXIT:
      if (data.exit.process_pid == data.exit.process_tgid)
        tree.ended(data.exit.process_tgid, when);
      else
        tree.thread_ended(data.exit.process_tgid, when);
      break;
    default:
      break;
  }
}

/// The version that brought ac_tgid, without which threads look like processes.
constexpr std::uint16_t first_version = 12;

/// Whose thread has ended, with which mark.
std::optional<std::pair<pid_t, Bytes>> mark_of(Data content) {
  const Data aggregate = attribute(behind(content, sizeof(genlmsghdr)), TASKSTATS_TYPE_AGGR_PID);
  const auto stats = read_as<taskstats>(attribute(aggregate, TASKSTATS_TYPE_STATS));
  if (stats.version < first_version || stats.hiwater_rss == 0) return std::nullopt;
  return std::pair{static_cast<pid_t>(stats.ac_tgid),
                   Bytes{1024} * static_cast<std::int64_t>(stats.hiwater_rss)};
}

}  // namespace

std::unique_ptr<ProcessEvents> ProcessEvents::open() {
  FileDescriptor events = open_socket(NETLINK_CONNECTOR, CN_IDX_PROC),
                 marks = open_socket(NETLINK_GENERIC, 0);
  if (events.number() < 0 || !ask_for_events(events.number())) return nullptr;
  if (marks.number() >= 0 && !ask_for_marks(marks.number())) marks = FileDescriptor{};
  return std::unique_ptr<ProcessEvents>{new ProcessEvents{std::move(events), std::move(marks)}};
}

void ProcessEvents::read_into(ProcessTree& tree) {
  std::array<std::byte, 16384> buffer;
  std::vector<std::pair<pid_t, Bytes>> marks;
  const auto drain = [&](int socket, const auto& handle) {
    for (ssize_t size; (size = receive(socket, buffer)) != 0;) {
      has_lost_some_ = has_lost_some_ || size == -ENOBUFS;
      if (size < 0 && size != -ENOBUFS) return;
      if (size > 0) for_each_message(Data{buffer}.first(static_cast<std::size_t>(size)), handle);
    }
  };
  // Marks first: then the beginning of each of their processes is among the events. But the end may be, too,
  // and the number be used again; that takes longer than we sleep.
  if (has_marks())
    drain(marks_.number(), [&](const nlmsghdr&, Data content) {
      if (const auto mark = mark_of(content)) marks.push_back(*mark);
    });
  drain(events_.number(), [&](const nlmsghdr&, Data content) {
    if (const auto event = event_of(content)) tell(tree, *event);
  });
  for (const auto& [pid, mark] : marks) tree.mark(pid, mark);
}

}  // namespace calibram
