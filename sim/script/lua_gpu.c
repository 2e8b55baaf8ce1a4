/* SPDX-License-Identifier: MIT */
/* gpu:...: the administrator of a host, over the PF driver and the VFIO faces of its VFs. */
#include "sim/script/lua_script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/abi/vfio_migration_v2.h"

static struct machine_gpu *check_gpu(lua_State *lua)
{
    return lua_object_check(lua, 1, LUA_GPU);
}

static unsigned check_vf(lua_State *lua, const struct machine_gpu *gpu)
{
    return (unsigned)lua_check_range(lua, 2, 1, gpu->desc.num_vfs);
}

/* Result of a verb that can only succeed or fail. */
static int finish(lua_State *lua, const char *verb, int err)
{
    script_time_passes(lua);
    return err < 0 ? lua_fail(lua, verb, err) : 0;
}

/* ---- provisioning --------------------------------------------------------------------------- */

static int gpu_provision(lua_State *lua)
{
    static const char *const fields[] = {
        "ggtt_start",      "ggtt_size",          "contexts",  "doorbells",
        "exec_quantum_ms", "preempt_timeout_us", "lmem_size", NULL};
    struct machine_gpu *gpu = check_gpu(lua);
    unsigned vf = check_vf(lua, gpu);
    struct pf_vf_config config = {0};

    if (!lua_isnoneornil(lua, 3)) {
        lua_check_fields(lua, 3, fields);
        config.ggtt_start = lua_field_uint(lua, 3, "ggtt_start", UINT32_MAX, 0);
        config.ggtt_size = lua_field_uint(lua, 3, "ggtt_size", UINT32_MAX, 0);
        config.num_contexts = (uint32_t)lua_field_uint(lua, 3, "contexts", UINT16_MAX, 0);
        config.num_doorbells = (uint32_t)lua_field_uint(lua, 3, "doorbells", UINT8_MAX, 0);
        config.exec_quantum_ms = (uint32_t)lua_field_uint(lua, 3, "exec_quantum_ms", UINT32_MAX, 0);
        config.preempt_timeout_us =
            (uint32_t)lua_field_uint(lua, 3, "preempt_timeout_us", UINT32_MAX, 0);
        config.lmem_size = lua_field_uint(lua, 3, "lmem_size", MACHINE_MAX_VRAM, 0);
    }
    return finish(lua, "gpu:provision", pf_provision(gpu->pf, vf, &config));
}

static int gpu_unprovision(lua_State *lua)
{
    struct machine_gpu *gpu = check_gpu(lua);

    return finish(lua, "gpu:unprovision", pf_unprovision(gpu->pf, check_vf(lua, gpu)));
}

static void set_integer(lua_State *lua, const char *name, uint64_t value)
{
    lua_pushinteger(lua, (lua_Integer)value);
    lua_setfield(lua, -2, name);
}

static int gpu_config(lua_State *lua)
{
    struct machine_gpu *gpu = check_gpu(lua);
    struct pf_vf_config config = {0};

    pf_get_config(gpu->pf, check_vf(lua, gpu), &config);
    lua_newtable(lua);
    set_integer(lua, "ggtt_start", config.ggtt_start);
    set_integer(lua, "ggtt_size", config.ggtt_size);
    set_integer(lua, "contexts", config.num_contexts);
    set_integer(lua, "doorbells", config.num_doorbells);
    set_integer(lua, "exec_quantum_ms", config.exec_quantum_ms);
    set_integer(lua, "preempt_timeout_us", config.preempt_timeout_us);
    if (config.lmem_size) {
        set_integer(lua, "lmem_size", config.lmem_size);
    }
    return 1;
}

/* ---- how many VFs there are ----------------------------------------------------------------- */

static int gpu_enable_vfs(lua_State *lua)
{
    struct machine_gpu *gpu = check_gpu(lua);
    unsigned count = (unsigned)lua_check_range(lua, 2, 0, MACHINE_MAX_VFS);

    return finish(lua, "gpu:enable_vfs", pf_enable_vfs(gpu->pf, count));
}

static int gpu_disable_vfs(lua_State *lua)
{
    return finish(lua, "gpu:disable_vfs", pf_disable_vfs(check_gpu(lua)->pf));
}

static int gpu_num_vfs(lua_State *lua)
{
    lua_pushinteger(lua, pf_num_vfs(check_gpu(lua)->pf));
    return 1;
}

/* ---- control -------------------------------------------------------------------------------- */

static int control(lua_State *lua, const char *verb, int (*call)(struct pf *pf, unsigned vf))
{
    struct machine_gpu *gpu = check_gpu(lua);

    return finish(lua, verb, call(gpu->pf, check_vf(lua, gpu)));
}

static int gpu_pause(lua_State *lua)
{
    return control(lua, "gpu:pause", pf_control_pause);
}

static int gpu_resume(lua_State *lua)
{
    return control(lua, "gpu:resume", pf_control_resume);
}

static int gpu_stop(lua_State *lua)
{
    return control(lua, "gpu:stop", pf_control_stop);
}

static int gpu_flr(lua_State *lua)
{
    return control(lua, "gpu:flr", pf_control_flr);
}

/* gpu:pci_flr(vf): the chip tells the GuCs, they tell the PF; does not wait for any of that. */
static int gpu_pci_flr(lua_State *lua)
{
    struct machine_gpu *gpu = check_gpu(lua);

    sim_gpu_flr(gpu->sim, check_vf(lua, gpu));
    return 0;
}

/* gpu:state(vf [, gt]): of the PF's control machine. */
static int gpu_state(lua_State *lua)
{
    struct machine_gpu *gpu = check_gpu(lua);
    unsigned vf = check_vf(lua, gpu);
    unsigned gt = 0;

    if (!lua_isnoneornil(lua, 3)) {
        gt = (unsigned)lua_check_range(lua, 3, 0, gpu->desc.num_gts - 1);
    }
    lua_pushstring(lua, pf_control_state(gpu->pf, gt, vf));
    return 1;
}

static int gpu_recovered(lua_State *lua)
{
    struct machine_gpu *gpu = check_gpu(lua);

    lua_pushboolean(lua, pf_vf_recovered(gpu->pf, check_vf(lua, gpu)));
    return 1;
}

/* ---- VFIO ----------------------------------------------------------------------------------- */

static struct vfio_device *check_vfio(lua_State *lua)
{
    struct machine_gpu *gpu = check_gpu(lua);

    return &machine_find_fn(gpu, check_vf(lua, gpu))->vfio;
}

/* The state of that name, or -1. */
static int find_vfio_state(const char *name)
{
    for (int state = VFIO_DEVICE_STATE_ERROR; state <= VFIO_DEVICE_STATE_PRE_COPY_P2P; state++) {
        if (strcmp(vfio_state_name((enum vfio_device_mig_state)state), name) == 0) {
            return state;
        }
    }
    return -1;
}

/* gpu:vfio(vf [, state]): tells the migration state, or goes to another. */
static int gpu_vfio(lua_State *lua)
{
    struct vfio_device *device = check_vfio(lua);

    if (!lua_isnoneornil(lua, 3)) {
        int state = find_vfio_state(luaL_checkstring(lua, 3));

        if (state < 0) {
            return luaL_argerror(lua, 3, "a VFIO migration state is wanted: RUNNING, STOP, ...");
        }
        finish(lua, "gpu:vfio", vfio_set_state(device, (enum vfio_device_mig_state)state));
    }
    lua_pushstring(lua, vfio_state_name(device->state));
    return 1;
}

/* gpu:vfio_flags(vf): what VFIO's feature MIGRATION tells of it. */
static int gpu_vfio_flags(lua_State *lua)
{
    static const struct {
        const char *name;
        uint64_t flag;
    } flags[] = {{"stop_copy", VFIO_MIGRATION_STOP_COPY},
                 {"p2p", VFIO_MIGRATION_P2P},
                 {"precopy", VFIO_MIGRATION_PRE_COPY}};
    const uint64_t offered = vfio_flags(check_vfio(lua));

    lua_newtable(lua);
    for (unsigned n = 0; n < ARRAY_SIZE(flags); n++) {
        lua_pushboolean(lua, (offered & flags[n].flag) != 0);
        lua_setfield(lua, -2, flags[n].name);
    }
    return 1;
}

/* gpu:pci_reset(vf): as a VMM has it done over VFIO. */
static int gpu_pci_reset(lua_State *lua)
{
    struct machine_gpu *gpu = check_gpu(lua);
    unsigned vf = check_vf(lua, gpu);
    int err = pf_control_flr_prepare(gpu->pf, vf);

    if (!err) {
        sim_gpu_flr(gpu->sim, vf);
        err = pf_control_flr_wait(gpu->pf, vf);
    }
    return finish(lua, "gpu:pci_reset", err);
}

static int gpu_reset(lua_State *lua)
{
    return finish(lua, "gpu:reset", vfio_reset(check_vfio(lua)));
}

static int gpu_save(lua_State *lua)
{
    struct vfio_device *device = check_vfio(lua);
    uint8_t *stream = NULL;
    uint64_t size = 0;
    int err = vmm_save(device, &stream, &size);

    if (err) {
        return finish(lua, "gpu:save", err);
    }
    script_time_passes(lua);
    lua_pushlstring(lua, (const char *)stream, size);
    free(stream);
    return 1;
}

static int gpu_load(lua_State *lua)
{
    struct vfio_device *device = check_vfio(lua);
    size_t size;
    const char *stream = luaL_checklstring(lua, 3, &size);

    return finish(lua, "gpu:load", vmm_load(device, (const uint8_t *)stream, size));
}

const luaL_Reg lua_gpu_methods[] = {
    {"enable_vfs", gpu_enable_vfs},
    {"disable_vfs", gpu_disable_vfs},
    {"num_vfs", gpu_num_vfs},
    {"provision", gpu_provision},
    {"unprovision", gpu_unprovision},
    {"config", gpu_config},
    {"pause", gpu_pause},
    {"resume", gpu_resume},
    {"stop", gpu_stop},
    {"flr", gpu_flr},
    {"pci_flr", gpu_pci_flr},
    {"pci_reset", gpu_pci_reset},
    {"state", gpu_state},
    {"recovered", gpu_recovered},
    {"vfio", gpu_vfio},
    {"vfio_flags", gpu_vfio_flags},
    {"reset", gpu_reset},
    {"save", gpu_save},
    {"vgpu", lua_gpu_vgpu},
    {"load", gpu_load},
    {"sysfs_read", lua_gpu_sysfs_read},
    {"sysfs_write", lua_gpu_sysfs_write},
    {NULL, NULL},
};
