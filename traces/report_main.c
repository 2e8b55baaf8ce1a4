/* SPDX-License-Identifier: MIT */
/* The command "report": puts the page together. Data goes into the page as JSON, in which no '<'
 * is left that could end its element. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traces/report_html.h"
#include "traces/tool.h"
#include "traces/traces.h"

#define EXIT_TROUBLE 2

static void put_data(FILE *out, const char *text)
{
    for (const char *at = text; *at; at++) {
        if (*at == '<') {
            (void)fputs("\\u003c", out);
        } else {
            (void)fputc(*at, out);
        }
    }
}

static void put_page(FILE *out, const char *data)
{
    (void)fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                "<link rel=\"icon\" href=\"data:,\">\n<title>gucsim run</title>\n<style>\n",
                out);
    (void)fputs(report_part(REPORT_STYLE), out);
    (void)fputs("</style>\n</head>\n", out);
    (void)fputs(report_part(REPORT_BODY), out);
    (void)fputs("<script type=\"application/json\" id=\"data\">\n", out);
    put_data(out, data);
    (void)fputs("</script>\n<script>\n", out);
    (void)fputs(report_part(REPORT_SCRIPT), out);
    (void)fputs("</script>\n</body>\n</html>\n", out);
}

/* A page that could not be written whole is not left behind. Returns 0 or -errno. */
static int write_page(const char *path, const char *data)
{
    FILE *out = fopen(path, "w");
    int err = 0;

    if (!out) {
        return -errno;
    }
    put_page(out, data);
    if (ferror(out)) {
        err = -EIO;
    }
    if (fclose(out) && !err) {
        err = -errno;
    }
    if (err) {
        (void)unlink(path);
    }
    return err;
}

static int report(const char *dir)
{
    char path[PATH_MAX];
    char error[REPORT_ERROR] = "";
    char *text = NULL;
    size_t size = 0;
    FILE *data = open_memstream(&text, &size);
    int err = -ENOMEM;

    if (data) {
        err = report_data(data, dir, error);
        err = fclose(data) && !err ? -ENOMEM : err;
    }
    if (!err) {
        errno = ENAMETOOLONG;
        err = snprintf(path, sizeof(path), "%s/report.html", dir) < (int)sizeof(path)
                  ? write_page(path, text)
                  : -ENAMETOOLONG;
    }
    free(text);
    if (err) {
        (void)fprintf(stderr, "gucsim report: %s%s%s\n", *error ? error : dir, *error ? "" : ": ",
                      *error ? "" : strerror(-err));
        return EXIT_TROUBLE;
    }
    (void)printf("%s\n", path);
    return 0;
}

int report_main(int argc, char **argv)
{
    if (argc != 2 || *argv[1] == '-') {
        tool_usage_refused("report", "one directory is wanted, of a run");
        return EXIT_TROUBLE;
    }
    return report(argv[1]);
}
