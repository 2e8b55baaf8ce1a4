/* SPDX-License-Identifier: MIT */
/* Child processes side by side. Signals are blocked and waited for, so that nothing happens in a
 * handler; a child dies with its parent, whatever kills that. */
#include "sim/cli/regress.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM     "/proc/self/exe"
#define TICK_NS     200000000L /* how often time-outs are looked at */
#define CODE_SIGNAL 128

struct slot {
    pid_t pid; /* 0: free */
    struct timespec start;
    struct pool_job job;
};

struct pool {
    const struct pool_ops *ops;
    unsigned timeout_s;
    unsigned num_slots;
    bool interrupted;
    struct slot slots[POOL_MAX_JOBS];
};

static double seconds_since(const struct timespec *start)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

/* In the child. Does not return. */
static void become(const struct pool_job *job, const sigset_t *mask, pid_t parent)
{
    char *argv[POOL_MAX_ARGS + 2] = {program_invocation_name};
    int log = open(job->log, O_CREAT | O_WRONLY | O_TRUNC, 0666);
    int none = open("/dev/null", O_RDONLY);

    for (size_t i = 0; i < POOL_MAX_ARGS && job->args[i]; i++) {
        argv[i + 1] = (char *)(uintptr_t)job->args[i]; /* execv changes nothing in them */
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || log < 0 || none < 0 || dup2(none, STDIN_FILENO) < 0 ||
        dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0) {
        _exit(127);
    }
    (void)sigprocmask(SIG_SETMASK, mask, NULL);
    (void)execv(PROGRAM, argv);
    _exit(127);
}

static int start(struct slot *slot, const sigset_t *mask)
{
    pid_t parent = getpid();

    (void)fflush(NULL);
    (void)clock_gettime(CLOCK_MONOTONIC, &slot->start);
    slot->pid = fork();
    if (slot->pid < 0) {
        slot->pid = 0;
        return -errno;
    }
    if (slot->pid == 0) {
        become(&slot->job, mask, parent);
    }
    return 0;
}

/* Starts the next child in a free slot, if there is one to start. */
static int fill_slot(struct pool *pool, struct slot *slot, const sigset_t *mask)
{
    slot->job = (struct pool_job){0};
    return pool->ops->next(pool->ops->arg, &slot->job) ? start(slot, mask) : 0;
}

/* Fills free slots. Returns how many children run, or -errno. */
static int fill(struct pool *pool, const sigset_t *mask)
{
    int running = 0;

    for (unsigned i = 0; i < pool->num_slots; i++) {
        struct slot *slot = &pool->slots[i];
        int err = !slot->pid && !pool->interrupted ? fill_slot(pool, slot, mask) : 0;

        if (err) {
            return err;
        }
        running += slot->pid != 0;
    }
    return running;
}

static void reap(struct pool *pool)
{
    int status;

    for (unsigned i = 0; i < pool->num_slots; i++) {
        struct slot *slot = &pool->slots[i];

        if (!slot->pid || waitpid(slot->pid, &status, WNOHANG) != slot->pid) {
            continue;
        }
        slot->pid = 0;
        slot->job.code = WIFEXITED(status) ? WEXITSTATUS(status) : CODE_SIGNAL + WTERMSIG(status);
        slot->job.seconds = seconds_since(&slot->start);
        if (!pool->interrupted) {
            pool->ops->done(pool->ops->arg, &slot->job);
        }
    }
}

static void kill_late(struct pool *pool)
{
    for (unsigned i = 0; i < pool->num_slots; i++) {
        struct slot *slot = &pool->slots[i];

        if (slot->pid && !slot->job.timed_out && seconds_since(&slot->start) > pool->timeout_s) {
            slot->job.timed_out = true;
            (void)kill(slot->pid, SIGKILL);
        }
    }
}

/* Ends all children: asks first, since they close their files then. */
static void kill_all(struct pool *pool, int number)
{
    for (unsigned i = 0; i < pool->num_slots; i++) {
        if (pool->slots[i].pid) {
            (void)kill(pool->slots[i].pid, number);
        }
    }
}

int pool_run(unsigned parallel, unsigned timeout_s, const struct pool_ops *ops)
{
    const struct timespec tick = {.tv_nsec = TICK_NS};
    struct pool *pool = calloc(1, sizeof(*pool));
    sigset_t watched, before;
    int running = 0;

    if (!pool) {
        return -ENOMEM;
    }
    *pool = (struct pool){.ops = ops, .timeout_s = timeout_s, .num_slots = parallel};
    (void)sigemptyset(&watched);
    (void)sigaddset(&watched, SIGCHLD);
    (void)sigaddset(&watched, SIGINT);
    (void)sigaddset(&watched, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &watched, &before);
    (void)signal(SIGCHLD, SIG_DFL); /* a parent may have left it ignored */
    while ((running = fill(pool, &before)) > 0) {
        int number = sigtimedwait(&watched, NULL, &tick);

        if (number == SIGINT || number == SIGTERM) {
            /* Asked twice: they need not close their files. */
            kill_all(pool, pool->interrupted ? SIGKILL : SIGTERM);
            pool->interrupted = true;
        }
        reap(pool);
        kill_late(pool);
    }
    kill_all(pool, SIGKILL); /* after an error alone */
    running = running < 0 ? running : pool->interrupted ? -EINTR : 0;
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    free(pool);
    return running;
}

bool number_parse(const char *text, unsigned long max, unsigned *number)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    *number = (unsigned)value;
    return *text >= '0' && *text <= '9' && !*end && value > 0 && value <= max;
}

int path_make(const char *path)
{
    char copy[PATH_MAX];

    if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy)) {
        return -ENAMETOOLONG;
    }
    for (char *at = strchr(copy + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        if (mkdir(copy, 0777) && errno != EEXIST) {
            return -errno;
        }
        *at = '/';
    }
    return mkdir(copy, 0777) && errno != EEXIST ? -errno : 0;
}
