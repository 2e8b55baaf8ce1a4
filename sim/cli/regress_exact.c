/* SPDX-License-Identifier: MIT */
/* Exact goldens: the event log of a scenario, and the waves of the signals that it chose, with all
 * times. Where the bytes differ, 'gucsim diff' says whether that means anything (codes of signals
 * change with every change of the chip) and what differs first. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/cli/regress.h"

#define PROGRAM "/proc/self/exe"
#define CHUNK   65536u

/* What is kept of a run, under the scenario's name, and the run's own name for it. */
static const struct {
    const char *golden; /* behind the name */
    const char *file;
    bool waves;
} parts[] = {{".events.jsonl", "events.jsonl", false}, {".vcd", "trace.vcd", true}};

/* traces/golden/NAME.golden -> traces/golden/NAME and this ending. */
static void golden_path(const struct entry *entry, const char *ending, char to[PATH_MAX + 16])
{
    size_t length = strlen(entry->golden) - strlen(".golden");

    (void)snprintf(to, PATH_MAX + 16, "%.*s%s", (int)length, entry->golden, ending);
}

/* Do both files hold the same bytes? A file that cannot be read is like no other. */
static bool files_equal(const char *a, const char *b)
{
    FILE *first = fopen(a, "r"), *second = fopen(b, "r");
    static char left[CHUNK], right[CHUNK];
    bool equal = first && second;

    while (equal) {
        size_t length = fread(left, 1, CHUNK, first);

        equal = fread(right, 1, CHUNK, second) == length && memcmp(left, right, length) == 0;
        if (length == 0) {
            break;
        }
    }
    if (first) {
        (void)fclose(first);
    }
    if (second) {
        (void)fclose(second);
    }
    return equal;
}

/* In the child: becomes 'gucsim diff' with its output in the pipe. Does not return. */
static void become_diff(const char *golden, const char *seen, int to)
{
    if (dup2(to, STDOUT_FILENO) >= 0 && dup2(to, STDERR_FILENO) >= 0) {
        (void)execl(PROGRAM, PROGRAM, "diff", "--limit", "3", golden, seen, (char *)NULL);
    }
    _exit(127);
}

/* Returns whether 'gucsim diff' finds both the same; tells what it says otherwise. */
static bool diff_agrees(const char *golden, const char *seen, FILE *detail)
{
    char text[8192], rest[256];
    size_t length = 0;
    ssize_t got = 0;
    int ends[2], status = -1;
    pid_t pid;

    (void)fflush(NULL);
    if (pipe(ends)) {
        return false;
    }
    pid = fork();
    if (pid == 0) {
        become_diff(golden, seen, ends[1]);
    }
    (void)close(ends[1]);
    do {
        /* what does not fit is read all the same, so that the child comes to its end */
        length = length < sizeof(text) ? length + (size_t)got : length;
        got = length < sizeof(text) ? read(ends[0], text + length, sizeof(text) - length)
                                    : read(ends[0], rest, sizeof(rest));
    } while (pid > 0 && got > 0);
    (void)close(ends[0]);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        (void)fprintf(detail, "golden %s, seen %s:\n%.*s", golden, seen, (int)length, text);
        return false;
    }
    return true;
}

int exact_compare(const struct entry *entry, FILE *detail)
{
    char golden[PATH_MAX + 16], seen[PATH_MAX + 16];

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        if (parts[i].waves && !*entry->scenario->signals) {
            continue;
        }
        golden_path(entry, parts[i].golden, golden);
        (void)snprintf(seen, sizeof(seen), "%s/%s", entry->out, parts[i].file);
        if (access(golden, R_OK)) {
            (void)fprintf(detail, "%s: %s\n", golden, strerror(errno));
            return -ENOENT;
        }
        if (!files_equal(golden, seen) && !diff_agrees(golden, seen, detail)) {
            return 1;
        }
    }
    return 0;
}

/* Copies beside the place and moves there: none is ever half written. */
static int copy(const char *from, const char *to)
{
    char temporary[PATH_MAX + 32], chunk[4096];
    FILE *in = fopen(from, "r"), *out = NULL;
    size_t length;
    int err = in ? 0 : -errno;

    (void)snprintf(temporary, sizeof(temporary), "%s.tmp", to);
    if (!err) {
        out = fopen(temporary, "w");
        err = out ? 0 : -errno;
    }
    while (!err && (length = fread(chunk, 1, sizeof(chunk), in)) > 0) {
        err = fwrite(chunk, 1, length, out) == length ? 0 : -EIO;
    }
    if (in) {
        (void)fclose(in);
    }
    if (out && fclose(out) && !err) {
        err = -errno;
    }
    if (!err && rename(temporary, to)) {
        err = -errno;
    }
    if (err && out) {
        (void)unlink(temporary);
    }
    return err;
}

int exact_bless(const struct entry *entry)
{
    char golden[PATH_MAX + 16], seen[PATH_MAX + 16];
    int err = 0;

    for (size_t i = 0; !err && i < ARRAY_SIZE(parts); i++) {
        golden_path(entry, parts[i].golden, golden);
        (void)snprintf(seen, sizeof(seen), "%s/%s", entry->out, parts[i].file);
        if (!parts[i].waves || *entry->scenario->signals) {
            err = copy(seen, golden);
        }
    }
    return err;
}
