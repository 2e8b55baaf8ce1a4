/* SPDX-License-Identifier: MIT */
/* VCD reader, input: a window over the text of a plain or gzip file, and its tokens. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "traces/vcd_private.h"

#define WINDOW (1u << 20)

_Static_assert(WINDOW > 2 * VCD_MAX_TOKEN, "a window holds more than the longest token");

int vcd_refuse(struct vcd *vcd, const char *at, const char *format, ...)
{
    int used = snprintf(vcd->error, sizeof(vcd->error), "%s: offset %" PRId64 ": ", vcd->path,
                        vcd->base + (at - vcd->buffer));

    if (used > 0 && (size_t)used < sizeof(vcd->error)) {
        va_list args;

        va_start(args, format);
        (void)vsnprintf(vcd->error + used, sizeof(vcd->error) - (size_t)used, format, args);
        va_end(args);
    }
    return -EINVAL;
}

/* What zlib says about the file: a truncated one is Z_BUF_ERROR, a damaged one Z_DATA_ERROR. */
static int input_failed(struct vcd *vcd)
{
    int code;
    const char *reason = gzerror(vcd->in, &code);
    bool damaged = code == Z_BUF_ERROR || code == Z_DATA_ERROR;

    if (code == Z_ERRNO) {
        reason = strerror(errno);
    } else if (code == Z_BUF_ERROR) {
        reason = "the compressed file is cut off";
    } else if (code == Z_DATA_ERROR) {
        reason = "the compressed file is damaged";
    }
    (void)vcd_refuse(vcd, vcd->end, "%s (near byte %" PRId64 " of the file)", reason,
                     (int64_t)gzoffset(vcd->in));
    return damaged ? -EINVAL : -EIO;
}

int vcd_refill(struct vcd *vcd)
{
    size_t left = (size_t)(vcd->end - vcd->at);
    int got;
    int code;

    vcd->base += vcd->at - vcd->buffer;
    memmove(vcd->buffer, vcd->at, left);
    vcd->at = vcd->buffer;
    vcd->end = vcd->buffer + left;
    got = gzread(vcd->in, vcd->buffer + left, (unsigned)(WINDOW - left));
    if (got > 0) {
        vcd->end += got;
    }
    vcd->buffer[vcd->end - vcd->buffer] = '\0';
    (void)gzerror(vcd->in, &code);
    if (got < 0 || code == Z_BUF_ERROR) {
        return input_failed(vcd);
    }
    vcd->all_read = (size_t)got < WINDOW - left;
    return 0;
}

int vcd_fill(struct vcd *vcd)
{
    if (vcd->all_read || vcd->end - vcd->at >= (ptrdiff_t)VCD_MAX_TOKEN) {
        return 0;
    }
    return vcd_refill(vcd);
}

/* Steps over blanks. Returns 1 at a token, 0 at the end, or -errno. */
static int skip_blanks(struct vcd *vcd)
{
    for (;;) {
        int err = vcd_fill(vcd);

        if (err) {
            return err;
        }
        while (vcd->at < vcd->end && (unsigned char)*vcd->at <= ' ' && *vcd->at) {
            vcd->at++;
        }
        if (vcd->at < vcd->end) {
            break;
        }
        if (vcd->all_read) {
            return 0;
        }
    }
    return vcd_fill(vcd) ? -EINVAL : 1;
}

int vcd_token(struct vcd *vcd, const char **token, size_t *length)
{
    const char *end;
    int ret = skip_blanks(vcd);

    if (ret <= 0) {
        return ret;
    }
    for (end = vcd->at; (unsigned char)*end > ' '; end++) {
    }
    if (end - vcd->at > (ptrdiff_t)VCD_MAX_TOKEN) {
        return vcd_refuse(vcd, vcd->at, "a word is longer than %u characters", VCD_MAX_TOKEN);
    }
    if (end == vcd->end) {
        return vcd_refuse(vcd, end, "the file is cut off: no end of line");
    }
    if (*end == '\0') {
        return vcd_refuse(vcd, end, "a NUL byte: not a VCD");
    }
    *token = vcd->at;
    *length = (size_t)(end - vcd->at);
    vcd->at = end;
    return 1;
}

bool vcd_is(const char *token, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(token, word, length) == 0;
}
