/* SPDX-License-Identifier: MIT */
/* States and events of the control machine, and the sets of states that its table and its
 * callers speak of. */
#ifndef HOST_PF_PF_CONTROL_STATES_H
#define HOST_PF_PF_CONTROL_STATES_H

/* State of one VF on one GT, as pf_control_state names it. X(name) */
#define PF_STATES(X)                                                                               \
    X(READY)                                                                                       \
    X(PAUSE_SEND_PAUSE)                                                                            \
    X(PAUSE_WAIT_GUC)                                                                              \
    X(PAUSE_GUC_DONE)                                                                              \
    X(PAUSE_FAILED)                                                                                \
    X(PAUSE_REJECTED)                                                                              \
    X(PAUSED)                                                                                      \
    X(SAVE_PROCESS_DATA)                                                                           \
    X(SAVE_WAIT_DATA)                                                                              \
    X(SAVE_DATA_DONE)                                                                              \
    X(SAVE_FAILED)                                                                                 \
    X(SAVED)                                                                                       \
    X(RESTORE_PROCESS_DATA)                                                                        \
    X(RESTORE_WAIT_DATA)                                                                           \
    X(RESTORE_DATA_DONE)                                                                           \
    X(RESTORE_FAILED)                                                                              \
    X(RESTORED)                                                                                    \
    X(RESUME_SEND_RESUME)                                                                          \
    X(RESUME_FAILED)                                                                               \
    X(RESUME_REJECTED)                                                                             \
    X(RESUMED)                                                                                     \
    X(STOP_SEND_STOP)                                                                              \
    X(STOP_FAILED)                                                                                 \
    X(STOP_REJECTED)                                                                               \
    X(STOPPED)                                                                                     \
    X(FLR_SEND_START)                                                                              \
    X(FLR_WAIT_GUC)                                                                                \
    X(FLR_GUC_DONE)                                                                                \
    X(FLR_SYNC)                                                                                    \
    X(FLR_RESET_CONFIG)                                                                            \
    X(FLR_RESET_DATA)                                                                              \
    X(FLR_RESET_MMIO)                                                                              \
    X(FLR_SEND_FINISH)                                                                             \
    X(FLR_FAILED)                                                                                  \
    X(FLR_REJECTED)                                                                                \
    X(MISMATCH)                                                                                    \
    X(PAUSED_MISMATCH)                                                                             \
    X(FLR_PREPARE)

enum pf_state {
#define X(name) PF_##name,
    PF_STATES(X)
#undef X
        PF_STATE_COUNT
};

/* What can happen to it. */
enum pf_event {
    /* requests of the API */
    PF_EVENT_PAUSE,
    PF_EVENT_RESUME,
    PF_EVENT_STOP,
    PF_EVENT_FLR,         /* also the GuC's */
    PF_EVENT_FLR_PREPARE, /* one is coming by PCI */
    PF_EVENT_SAVE,
    PF_EVENT_SAVE_FINISH,
    PF_EVENT_SAVE_CANCEL,
    PF_EVENT_RESTORE,
    PF_EVENT_RESTORE_CANCEL,
    PF_EVENT_GT_RESET, /* of the GT under the VF: its GuC knows nothing any more */
    /* the GuC's */
    PF_EVENT_PAUSE_DONE,
    PF_EVENT_FLR_DONE,
    /* the worker's: about to send, how the command was answered, what a step did */
    PF_EVENT_SENDING,
    PF_EVENT_ACKED,
    PF_EVENT_BUSY,
    PF_EVENT_REFUSED,
    PF_EVENT_UNANSWERED,
    PF_EVENT_NEXT,
    PF_EVENT_MORE,
    PF_EVENT_WAIT,
    PF_EVENT_END,
    PF_EVENT_ERROR,
    PF_EVENT_SYNCED,
    /* the stream's */
    PF_EVENT_PACKET_TAKEN,
    PF_EVENT_PACKET_ADDED,
    PF_EVENT_TRAILER,
    PF_EVENT_COUNT
};

/* ---- sets of states -------------------------------------------------------------------------- */

#define PF_IN(name) (1ull << PF_##name)

#define PF_RUNNING                                                                                 \
    (PF_IN(READY) | PF_IN(RESUMED) | PF_IN(PAUSE_FAILED) | PF_IN(PAUSE_REJECTED) | PF_IN(MISMATCH))
#define PF_PAUSING (PF_IN(PAUSE_SEND_PAUSE) | PF_IN(PAUSE_WAIT_GUC) | PF_IN(PAUSE_GUC_DONE))
#define PF_HALTED                                                                                  \
    (PF_IN(PAUSED) | PF_IN(SAVED) | PF_IN(RESTORED) | PF_IN(SAVE_FAILED) | PF_IN(RESTORE_FAILED) | \
     PF_IN(RESUME_FAILED) | PF_IN(RESUME_REJECTED) | PF_IN(PAUSED_MISMATCH))
#define PF_SAVING (PF_IN(SAVE_PROCESS_DATA) | PF_IN(SAVE_WAIT_DATA) | PF_IN(SAVE_DATA_DONE))
#define PF_RESTORING                                                                               \
    (PF_IN(RESTORE_PROCESS_DATA) | PF_IN(RESTORE_WAIT_DATA) | PF_IN(RESTORE_DATA_DONE))
#define PF_RESUMING PF_IN(RESUME_SEND_RESUME)
#define PF_STOPPING PF_IN(STOP_SEND_STOP)
#define PF_FLR_LOST (PF_IN(FLR_FAILED) | PF_IN(FLR_REJECTED))
/* Only a reset helps, or another stop. */
#define PF_LOST (PF_IN(STOPPED) | PF_IN(STOP_FAILED) | PF_IN(STOP_REJECTED) | PF_FLR_LOST)
#define PF_FLR                                                                                     \
    (PF_IN(FLR_PREPARE) | PF_IN(FLR_SEND_START) | PF_IN(FLR_WAIT_GUC) | PF_IN(FLR_GUC_DONE) |      \
     PF_IN(FLR_SYNC) | PF_IN(FLR_RESET_CONFIG) | PF_IN(FLR_RESET_DATA) | PF_IN(FLR_RESET_MMIO) |   \
     PF_IN(FLR_SEND_FINISH))

#endif
