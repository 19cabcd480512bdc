// SPDX-License-Identifier: MIT
// A client that sends bytes as they are, well-formed or not, and reads what comes back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace calibram {

/// One connection to a port of this machine.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // NOLINTNEXTLINE: the socket interface wants this cast
    is_connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { ::close(socket_); }

  bool is_connected() const { return is_connected_; }

  /// False where the server has closed the connection.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  void finish_sending() const { ::shutdown(socket_, SHUT_WR); }

  /// One answer: its header and as many bytes as Content-Length says. Empty when the connection ends first.
  std::string receive(bool head_alone = false) {
    while (rest_.find("\r\n\r\n") == std::string::npos)
      if (!receive_more()) return std::exchange(rest_, {});
    std::size_t size = rest_.find("\r\n\r\n") + 4;
    const std::size_t at = rest_.find("Content-Length: ");
    if (!head_alone && at < size) size += std::stoul(rest_.substr(at + 16));
    while (rest_.size() < size)
      if (!receive_more()) break;
    std::string answer = rest_.substr(0, size);
    rest_.erase(0, size);
    return answer;
  }

  /// All until the server closes the connection.
  std::string receive_to_end() {
    while (receive_more()) {
    }
    return std::exchange(rest_, {});
  }

 private:
  bool receive_more() {
    constexpr int patience_milliseconds = 20'000;  // a test that waits this long has failed
    pollfd ready{socket_, POLLIN, 0};
    if (::poll(&ready, 1, patience_milliseconds) <= 0) return false;
    char bytes[4096];
    const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
    if (size <= 0) return false;
    rest_.append(bytes, static_cast<std::size_t>(size));
    return true;
  }

  int socket_;
  bool is_connected_ = false;
  std::string rest_;
};

}  // namespace calibram
