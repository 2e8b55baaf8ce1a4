/* SPDX-License-Identifier: MIT */
/* A result file that is hashed while it is written: plain, or gzip when its name ends in .gz. The
 * hash is of what was put in, before compression. */
#ifndef SIM_CORE_OUTPUT_H
#define SIM_CORE_OUTPUT_H

#include <cstddef>
#include <memory>
#include <string>
#include <sys/types.h>

struct evp_md_ctx_st;
class gzip;

class output
{
  public:
    output();
    ~output();
    output(const output &) = delete;
    output &operator=(const output &) = delete;

    /* Creates or truncates the file. Returns 0 or -errno. */
    int open(const char *path);
    bool is_open() const
    {
        return fd_ >= 0;
    }
    void write(const char *data, size_t size);
    void write(const std::string &text)
    {
        write(text.data(), text.size());
    }
    /* Returns 0 or -errno of the first write that failed, also of those before. */
    int close();
    /* Valid after close; "" when the file was never open. */
    const std::string &sha256() const
    {
        return sha256_;
    }

  private:
    void flush();
    void write_out(const char *data, size_t size);
    void write_file(const char *data, size_t size);

    int fd_ = -1;
    std::unique_ptr<gzip> gz_; /* NULL: the file is plain */
    evp_md_ctx_st *hash_ = nullptr;
    std::string buffer_;
    std::string sha256_;
    int error_ = 0;
    pid_t owner_ = 0;
};

#endif
