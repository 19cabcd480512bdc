// SPDX-License-Identifier: MIT
// Line-wise appending with O_APPEND, one write and one fdatasync per line.
#include "src/core/line_appender.hpp"

#include "src/core/error.hpp"
#include "src/core/printable.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

namespace calibram {
namespace {

// No line of ours comes near; a file that ends in a longer one is not ours to cut.
constexpr std::int64_t longest_line = 1 << 20;

/// Bytes [begin, end) of the file.
std::string read_range(const FileDescriptor& descriptor, const std::filesystem::path& file,
                       std::int64_t begin, std::int64_t end) {
  std::string content(static_cast<std::size_t>(end - begin), '\0');
  if (::lseek(descriptor.number(), begin, SEEK_SET) < 0) throw_write_error("read", file, errno);
  std::size_t filled = 0;
  while (filled < content.size()) {
    const std::size_t size = read_some(descriptor, std::span{content}.subspan(filled), file);
    if (size == 0) break;
    filled += size;
  }
  content.resize(filled);
  return content;
}

[[noreturn]] void throw_unfit(const std::filesystem::path& file, const std::string& reason) {
  throw InputError{"cannot append to " + in_quotes(file.string()), reason, "name another file"};
}

/// Some file systems cannot flush; that is no failure of the line.
int flush(int descriptor) {
  if (::fdatasync(descriptor) == 0 || errno == EINVAL || errno == ENOSYS) return 0;
  return errno;
}

}  // namespace

LineAppender::LineAppender(const std::filesystem::path& file) : path_{file} {
  constexpr int flags = O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC;
  descriptor_ = FileDescriptor{::open(file.c_str(), flags, 0666)};
  if (const int error = errno; descriptor_.number() < 0 && error == ENOENT) {
    std::error_code ignored;
    const bool has_folder = std::filesystem::exists(std::filesystem::absolute(file).parent_path(), ignored);
    throw_unfit(file, has_folder ? "no file can be made there" : "its folder does not exist");
  }
  if (descriptor_.number() < 0 && (errno == EISDIR || errno == ENOTDIR || errno == ENXIO))
    throw_unfit(file, "it is no regular file");
  struct ::stat status {};
  if (descriptor_.number() < 0 || ::fstat(descriptor_.number(), &status) != 0)
    throw_write_error("append to", file, errno);
  if (!S_ISREG(status.st_mode)) throw_unfit(file, "it is no regular file");
  if (::flock(descriptor_.number(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    throw Error{"cannot append to " + in_quotes(file.string()), "another process is writing to it",
                "wait for it, or name another file"};
  size_ = Bytes{status.st_size};
}

LineAppender LineAppender::create(const std::filesystem::path& file, std::string_view first_line) {
  LineAppender appender{file};
  if (appender.size_ > Bytes{})
    throw InputError{in_quotes(file.string()) + " exists already", "measurements are never overwritten",
                     "go on with it by --resume, or name another file"};
  appender.append(first_line);
  return appender;
}

LineAppender LineAppender::resume(const std::filesystem::path& file, std::string_view first_line) {
  LineAppender appender{file};
  appender.check_first_line(first_line);
  appender.drop_half_line();
  if (appender.size_ == Bytes{}) appender.append(first_line);
  return appender;
}

void LineAppender::append(std::string_view line) {
  if (line.find('\n') != line.npos)
    throw Error{"cannot append to " + in_quotes(path_.string()), "the line holds a line end", ""};
  const std::string whole = std::string{line} + "\n";
  ssize_t written = 0;
  do {
    written = ::write(descriptor_.number(), whole.data(), whole.size());
  } while (written < 0 && errno == EINTR);
  const bool complete = std::cmp_equal(written, whole.size());
  // A short write without an error number is what a disk gives that has room for a part.
  const int error = complete ? flush(descriptor_.number()) : written < 0 ? errno : ENOSPC;
  if (error != 0) {
    [[maybe_unused]] const int cut = ::ftruncate(descriptor_.number(), size_.count());
    throw_write_error("append to", path_, error);
  }
  size_ += Bytes{written};
}

void LineAppender::check_first_line(std::string_view first_line) const {
  const std::string wanted = std::string{first_line} + "\n";
  const auto compared = std::min(size_.count(), static_cast<std::int64_t>(wanted.size()));
  const std::string found = read_range(descriptor_, path_, 0, compared);
  if (!wanted.starts_with(found))
    throw_unfit(path_, "its first line is not the one that this version writes");
}

void LineAppender::drop_half_line() {
  const std::int64_t begin = std::max<std::int64_t>(0, size_.count() - longest_line);
  const std::string tail = read_range(descriptor_, path_, begin, size_.count());
  const std::size_t line_end = tail.rfind('\n');
  if (line_end == tail.npos && begin > 0) throw_unfit(path_, "its last line is longer than 1 MiB");
  const std::size_t kept = line_end == tail.npos ? 0 : line_end + 1;
  const Bytes size{begin + static_cast<std::int64_t>(kept)};
  if (size == size_) return;
  if (::ftruncate(descriptor_.number(), size.count()) != 0) throw_write_error("repair", path_, errno);
  dropped_ = size_ - size;
  size_ = size;
}

}  // namespace calibram
