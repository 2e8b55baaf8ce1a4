// SPDX-License-Identifier: MIT
// Hashed result files. A buffer of our own instead of stdio's: a forked child that exits must not
// write what its parent had not flushed yet.

#include "sim/core/output.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <openssl/evp.h>
#include <unistd.h>

namespace
{

constexpr size_t BUFFER_SIZE = 1 << 16;

bool ends_in_gz(const char *path)
{
    const size_t length = strlen(path);

    return length > 3 && strcmp(path + length - 3, ".gz") == 0;
}

} // namespace

// One gzip member, made piece by piece. At level 1 ISA-L takes a seventh of zlib's time and its
// files are smaller than zlib's at level 1; higher levels cost more than the simulation.
class gzip
{
  public:
    gzip() : stream_{}, work_{}, packed_{}
    {
        isal_deflate_init(&stream_);
        stream_.gzip_flag = IGZIP_GZIP;
        stream_.level = 1;
        stream_.level_buf = work_;
        stream_.level_buf_size = sizeof(work_);
    }

    // Gives out(data, size) what is ready; the last piece ends the member.
    template <typename Out> void put(const char *data, size_t size, bool last, Out out)
    {
        // ISA-L only reads its input.
        stream_.next_in = reinterpret_cast<uint8_t *>(const_cast<char *>(data));
        stream_.avail_in = static_cast<uint32_t>(size);
        stream_.end_of_stream = last;
        do {
            stream_.next_out = packed_;
            stream_.avail_out = sizeof(packed_);
            isal_deflate(&stream_);
            out(reinterpret_cast<char *>(packed_), sizeof(packed_) - stream_.avail_out);
        } while (stream_.avail_out == 0);
    }

  private:
    isal_zstream stream_;
    uint8_t work_[ISAL_DEF_LVL1_DEFAULT];
    uint8_t packed_[BUFFER_SIZE];
};

output::output() = default;

output::~output()
{
    close();
}

int output::open(const char *path)
{
    fd_ = ::open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0666);
    if (fd_ < 0) {
        return -errno;
    }
    if (ends_in_gz(path)) {
        gz_ = std::make_unique<gzip>();
    }
    hash_ = EVP_MD_CTX_new();
    EVP_DigestInit_ex(hash_, EVP_sha256(), nullptr);
    buffer_.reserve(BUFFER_SIZE);
    owner_ = getpid();
    return 0;
}

void output::write(const char *data, size_t size)
{
    if (!is_open()) {
        return;
    }
    // Pieces of one size: how a writer cuts its data shall not show in the compressed bytes.
    while (size > 0) {
        const size_t part = std::min(size, BUFFER_SIZE - buffer_.size());
        buffer_.append(data, part);
        data += part;
        size -= part;
        if (buffer_.size() == BUFFER_SIZE) {
            flush();
        }
    }
}

void output::flush()
{
    if (getpid() == owner_) {
        EVP_DigestUpdate(hash_, buffer_.data(), buffer_.size());
        write_out(buffer_.data(), buffer_.size());
    }
    buffer_.clear();
}

void output::write_out(const char *data, size_t size)
{
    if (gz_) {
        gz_->put(data, size, false,
                 [this](const char *part, size_t length) { write_file(part, length); });
    } else {
        write_file(data, size);
    }
}

void output::write_file(const char *data, size_t size)
{
    while (size > 0 && !error_) {
        const ssize_t done = ::write(fd_, data, size);
        if (done <= 0 && errno != EINTR) {
            error_ = errno ? -errno : -EIO;
        } else if (done > 0) {
            data += done;
            size -= static_cast<size_t>(done);
        }
    }
}

int output::close()
{
    if (!is_open()) {
        return error_;
    }
    flush();

    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_size = 0;
    EVP_DigestFinal_ex(hash_, digest, &digest_size);
    EVP_MD_CTX_free(hash_);
    hash_ = nullptr;
    static const char digits[] = "0123456789abcdef";
    for (unsigned i = 0; i < digest_size; i++) {
        sha256_ += digits[digest[i] >> 4];
        sha256_ += digits[digest[i] & 15];
    }

    // A forked child leaves its parent's file as it is.
    if (getpid() == owner_ && gz_) {
        gz_->put(nullptr, 0, true,
                 [this](const char *part, size_t length) { write_file(part, length); });
    }
    if (::close(fd_) != 0 && !error_) {
        error_ = -errno;
    }
    gz_.reset();
    fd_ = -1;
    return error_;
}
