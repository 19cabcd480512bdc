// SPDX-License-Identifier: MIT
// POSIX files: checked reading, and writing through a temporary file that is renamed.
#include "src/core/file.hpp"

#include "src/core/error.hpp"
#include "src/core/printable.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <random>
#include <system_error>

namespace calibram {
namespace {

namespace fs = std::filesystem;

std::string name_of(const fs::path& file) { return in_quotes(file.string()); }
std::string system_text(int number) { return std::generic_category().message(number); }

std::string kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "it is a folder";
  if (S_ISFIFO(mode)) return "it is a pipe";
  if (S_ISSOCK(mode)) return "it is a socket";
  return "it is a device";
}

[[noreturn]] void throw_open_error(const fs::path& file, int number) {
  const std::string problem = "cannot read " + name_of(file);
  if (number == ENOENT) throw InputError{problem, "no such file", "check the path"};
  if (number == EACCES)
    throw InputError{problem, system_text(number), "make it readable for this user, or name another file"};
  throw InputError{problem, system_text(number), "check the path"};
}

[[noreturn]] void throw_read_error(const fs::path& file, int number) {
  throw Error{"cannot read " + name_of(file), system_text(number), "check the disk, or copy the file"};
}

[[noreturn]] void throw_too_large(const fs::path& file, Bytes limit) {
  throw InputError{"cannot read " + name_of(file), "larger than the limit of " + mib_text(limit),
                   "check that it is the file you mean"};
}

std::string remedy_for(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return "free some space, or write to another folder";
    case EACCES:
    case EPERM:
    case EROFS:
      return "make the file and its folder writable, or write to another folder";
    case ENOENT:
      return "write to another folder";
    default:
      return "check the disk, or write to another folder";
  }
}

/// Writes everything, or returns the system's error number.
int write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

/// A file beside its target that vanishes unless it was renamed to it.
class TemporaryFile {
 public:
  TemporaryFile(const fs::path& target, mode_t mode) : target_{target} {
    const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path{"."};
    path_ = folder / fmt::format(".calibram-{}-{:08x}.tmp", ::getpid(), std::random_device{}());
    descriptor_ = FileDescriptor{::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
    if (descriptor_.number() < 0) throw_write_error("write", target, errno);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!renamed_) ::unlink(path_.c_str());
  }

  int descriptor() const { return descriptor_.number(); }

  void rename_to_target() {
    if (::rename(path_.c_str(), target_.c_str()) != 0) throw_write_error("write", target_, errno);
    renamed_ = true;
    sync_folder();
  }

 private:
  /// The new name must survive a power cut as well; not every file system can promise that.
  void sync_folder() const {
    const FileDescriptor folder{::open(path_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.number() >= 0) ::fsync(folder.number());
  }

  fs::path target_, path_;
  FileDescriptor descriptor_;
  bool renamed_ = false;
};

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (number_ >= 0) ::close(number_);
}

FileDescriptor open_regular_file(const fs::path& file) {
  // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
  FileDescriptor descriptor{::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
  struct ::stat status {};
  if (descriptor.number() < 0 || ::fstat(descriptor.number(), &status) != 0) throw_open_error(file, errno);
  if (!S_ISREG(status.st_mode))
    throw InputError{"cannot read " + name_of(file), kind_of(status.st_mode), "name a regular file"};
  return descriptor;
}

std::size_t read_some(const FileDescriptor& descriptor, std::span<char> buffer, const fs::path& file) {
  for (;;) {
    const ssize_t size = ::read(descriptor.number(), buffer.data(), buffer.size());
    if (size >= 0) return static_cast<std::size_t>(size);
    if (errno != EINTR) throw_read_error(file, errno);
  }
}

std::size_t read_at(const FileDescriptor& descriptor, std::int64_t offset, std::span<char> buffer,
                    const fs::path& file) {
  for (;;) {
    const ssize_t size = ::pread(descriptor.number(), buffer.data(), buffer.size(), offset);
    if (size >= 0) return static_cast<std::size_t>(size);
    if (errno != EINTR) throw_read_error(file, errno);
  }
}

Bytes file_size(const FileDescriptor& descriptor, const fs::path& file) {
  struct ::stat status {};
  if (::fstat(descriptor.number(), &status) != 0) throw_read_error(file, errno);
  return Bytes{status.st_size};
}

std::string read_file(const fs::path& file, Bytes limit) {
  const FileDescriptor descriptor = open_regular_file(file);
  struct ::stat status {};
  if (::fstat(descriptor.number(), &status) == 0 && status.st_size > limit.count())
    throw_too_large(file, limit);
  std::string content;
  std::array<char, 1 << 16> chunk;
  while (const std::size_t size = read_some(descriptor, chunk, file)) {
    content.append(chunk.data(), size);
    // The size above may be 0 for what the kernel makes up as it is read (/proc).
    if (std::cmp_greater(content.size(), limit.count())) throw_too_large(file, limit);
  }
  return content;
}

/// The open file, straight or temporary.
class FileWriter::Target {
 public:
  explicit Target(const fs::path& file) : file_{file} {
    struct ::stat status {};
    const bool exists = ::stat(file.c_str(), &status) == 0;
    const std::string problem = "cannot write " + name_of(file);
    if (file.filename().empty() || (exists && S_ISDIR(status.st_mode)))
      throw InputError{problem, "it names a folder", "name a file in it"};
    if (exists && !S_ISREG(status.st_mode)) {
      straight_ = FileDescriptor{::open(file.c_str(), O_WRONLY | O_CLOEXEC)};
      if (straight_.number() < 0) throw_write_error("write", file_, errno);
      return;
    }
    std::error_code ignored;
    if (file.has_parent_path() && !fs::exists(file.parent_path(), ignored) && !ignored)
      throw InputError{problem, "no folder " + name_of(file.parent_path()), "create it first"};
    const fs::path target = exists && fs::is_symlink(file) ? fs::canonical(file) : file;
    // A rename would replace a file that its owner made read-only.
    if (exists && ::access(target.c_str(), W_OK) != 0) throw_write_error("write", target, errno);
    if (exists) mode_ = status.st_mode & 07777;
    temporary_.emplace(target, 0666);
  }

  void write(std::string_view content) {
    if (const int error = write_all(descriptor(), content)) throw_write_error("write", file_, error);
  }

  void finish() {
    if (!temporary_) return;
    int error = mode_ && ::fchmod(descriptor(), *mode_) != 0 ? errno : 0;
    if (error == 0 && ::fsync(descriptor()) != 0) error = errno;
    if (error != 0) throw_write_error("write", file_, error);
    temporary_->rename_to_target();
  }

 private:
  int descriptor() const { return temporary_ ? temporary_->descriptor() : straight_.number(); }

  fs::path file_;
  FileDescriptor straight_;
  std::optional<TemporaryFile> temporary_;
  std::optional<mode_t> mode_;  ///< of the file that is replaced
};

FileWriter::FileWriter(const fs::path& file) : target_{std::make_unique<Target>(file)} {}
FileWriter::FileWriter(FileWriter&&) noexcept = default;
FileWriter::~FileWriter() = default;
void FileWriter::write(std::string_view content) { target_->write(content); }
void FileWriter::finish() { target_->finish(); }

void write_file(const fs::path& file, std::string_view content) {
  FileWriter writer{file};
  writer.write(content);
  writer.finish();
}

void throw_write_error(std::string_view action, const fs::path& file, int number) {
  // What /proc says of a file that is to be made: it has no room for such.
  const std::string reason = number == ENOENT ? "no file can be made there" : system_text(number);
  throw Error{fmt::format("cannot {} {}", action, name_of(file)), reason, remedy_for(number)};
}

}  // namespace calibram
