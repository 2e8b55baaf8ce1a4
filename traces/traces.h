/* SPDX-License-Identifier: MIT */
/* The tools that read what a run left behind. Each is a command of gucsim: argv[0] is the command's
 * name, the rest its arguments. Results go to stdout, complaints to stderr. Nothing of a running
 * machine is needed, and no file is trusted: a damaged one is named with its place and ends in exit
 * code 2. */
#ifndef TRACES_TRACES_H
#define TRACES_TRACES_H

/* timeline DIR: sequence chart PF / GuC / VF from DIR/events.jsonl. Returns 0, or 2 on trouble. */
int timeline_main(int argc, char **argv);

/* profile DIR: where the time of messages and of migrations goes. Returns 0, 1 when a comparison is
 * beyond its gate, 2 on trouble. */
int profile_main(int argc, char **argv);

/* image FILE: prints a VF's migration stream packet by packet, with what is wrong in it. Returns 0
 * when it is good, 1 when it is bad, 2 on trouble. */
int image_main(int argc, char **argv);

/* diff [OPTION]... A B: compares two VCDs, event logs or directories of runs. Returns 0 when they
 * are the same, 1 when not, 2 on trouble. */
int diff_main(int argc, char **argv);

#endif
