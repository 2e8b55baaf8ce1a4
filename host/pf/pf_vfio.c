/* SPDX-License-Identifier: MIT */
/* A VF of this PF as a migratable device: struct vfio_ops over control machine and stream. */
#include <assert.h>
#include <errno.h>

#include "host/pf/pf_private.h"

static int vf_pause(void *dev)
{
    struct pf_vf *vf = dev;

    return pf_control_pause(vf->pf, vf->id);
}

static int vf_resume(void *dev)
{
    struct pf_vf *vf = dev;

    return pf_control_resume(vf->pf, vf->id);
}

/* A VF that has stopped already is what the caller wants. */
static int vf_stop(void *dev)
{
    struct pf_vf *vf = dev;
    int err = pf_control_stop(vf->pf, vf->id);

    return err == -ESTALE ? 0 : err;
}

static int vf_reset(void *dev)
{
    struct pf_vf *vf = dev;

    return pf_control_flr(vf->pf, vf->id);
}

static int64_t estimate(void *dev)
{
    struct pf_vf *vf = dev;
    int64_t sum = 0;

    for (unsigned n = 0; n < vf->pf->config.num_gts; n++) {
        int64_t size = pf_migration_estimate(&vf->pf->gts[n], vf->id);

        if (size < 0) {
            return size;
        }
        sum += size;
    }
    return sum;
}

static int save_begin(void *dev)
{
    return pf_stream_save_begin(dev);
}

static int64_t save_read(void *dev, void *to, uint64_t size)
{
    return pf_stream_read(dev, to, size);
}

static int save_end(void *dev)
{
    return pf_stream_save_end(dev);
}

static int load_begin(void *dev)
{
    return pf_stream_load_begin(dev);
}

static int64_t load_write(void *dev, const void *from, uint64_t size)
{
    return pf_stream_write(dev, from, size);
}

static int load_end(void *dev)
{
    return pf_stream_load_end(dev);
}

/* What a refused stream leaves: see pf_stream_load_end. */
static bool intact(void *dev)
{
    return pf_stream_intact(dev);
}

static int precopy_begin(void *dev)
{
    return pf_stream_precopy_begin(dev);
}

static int64_t precopy_pending(void *dev)
{
    return pf_stream_precopy_pending(dev);
}

static int64_t precopy_read(void *dev, void *to, uint64_t size)
{
    return pf_stream_precopy_read(dev, to, size);
}

static int precopy_end(void *dev)
{
    pf_stream_precopy_end(dev);
    return 0;
}

#define OPS                                                                                        \
    .pause = vf_pause, .resume = vf_resume, .stop = vf_stop, .reset = vf_reset,                    \
    .estimate = estimate, .save_begin = save_begin, .save_read = save_read, .save_end = save_end,  \
    .load_begin = load_begin, .load_write = load_write, .load_end = load_end, .intact = intact

const struct vfio_ops *pf_vfio_ops(void)
{
    static const struct vfio_ops ops = {OPS};

    return &ops;
}

const struct vfio_ops *pf_vfio_precopy_ops(void)
{
    static const struct vfio_ops ops = {OPS, .precopy_begin = precopy_begin,
                                        .precopy_pending = precopy_pending,
                                        .precopy_read = precopy_read, .precopy_end = precopy_end};

    return &ops;
}

void *pf_vfio_device(struct pf *pf, unsigned vf)
{
    assert(pf_vf_valid(pf, vf));
    return &pf->vfs[vf];
}
