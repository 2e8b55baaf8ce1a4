// SPDX-License-Identifier: MIT
// Hashed result files. A buffer of our own instead of stdio's: a forked child that exits must not
// write what its parent had not flushed yet.

#include "sim/core/output.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>
#include <zlib.h>

namespace
{

constexpr size_t BUFFER_SIZE = 1 << 16;
// Waves shrink by more than ten even at a low level; the higher ones cost more time than the
// simulation.
constexpr const char *GZIP_MODE = "wb3";

bool ends_in_gz(const char *path)
{
    const size_t length = strlen(path);

    return length > 3 && strcmp(path + length - 3, ".gz") == 0;
}

} // namespace

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
        gz_ = gzdopen(fd_, GZIP_MODE);
        if (!gz_) {
            ::close(fd_);
            fd_ = -1;
            return -ENOMEM;
        }
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
    buffer_.append(data, size);
    if (buffer_.size() >= BUFFER_SIZE) {
        flush();
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
    while (size > 0 && !error_) {
        const ssize_t done =
            gz_ ? gzwrite(gz_, data, static_cast<unsigned>(size)) : ::write(fd_, data, size);
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

    if (getpid() != owner_) {
        // The parent's gzip state must not be finished here; its memory goes with this process.
        ::close(fd_);
    } else if (gz_) {
        const int ret = gzclose(gz_);
        error_ = !error_ && ret != Z_OK ? -EIO : error_;
    } else if (::close(fd_) != 0 && !error_) {
        error_ = -errno;
    }
    gz_ = nullptr;
    fd_ = -1;
    return error_;
}
