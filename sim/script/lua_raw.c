/* SPDX-License-Identifier: MIT */
/* Raw access, for scenarios that play a driver or break its rules: registers and mailboxes of a
 * function, and RAM of a VM. Nothing here knows what the values mean. */
#include "sim/script/lua_script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/abi/guc_messages_abi.h"
#include "gpu_regs.h"

#define MAILBOX_LIMIT_NS (50 * HAL_NS_PER_MS)
#define MAILBOX_POLL_NS  HAL_NS_PER_US
#define MAILBOX_DWORDS   VF_SW_FLAG_COUNT
#define MAX_TEXT         (1u << 20) /* bytes of one memory access */

/* ---- registers ------------------------------------------------------------------------------ */

/* The handle behind a GPU (its PF's) or behind a VM, whose accesses wait in the guest. */
static struct hal *check_hal(lua_State *lua, const char *verb)
{
    struct machine_vm *vm;

    if (luaL_testudata(lua, 1, LUA_GPU)) {
        return ((struct machine_gpu *)lua_object_check(lua, 1, LUA_GPU))->pf_hal;
    }
    vm = lua_object_check(lua, 1, LUA_VM);
    if (script_actor(lua)->vm != vm) {
        luaL_error(lua, "%s waits in the guest: call it in %s:run or %s:actor", verb, vm->desc.name,
                   vm->desc.name);
    }
    return vm->hal;
}

static uint32_t check_offset(lua_State *lua, unsigned size)
{
    return (uint32_t)lua_check_range(lua, 2, 0, (lua_Integer)(BAR0_SIZE - size));
}

static int raw_read32(lua_State *lua)
{
    struct hal *hal = check_hal(lua, "read32");

    lua_pushinteger(lua, hal_read32(hal, check_offset(lua, sizeof(uint32_t))));
    script_time_passes(lua);
    return 1;
}

static int raw_read64(lua_State *lua)
{
    struct hal *hal = check_hal(lua, "read64");

    lua_pushinteger(lua, (lua_Integer)hal_read64(hal, check_offset(lua, sizeof(uint64_t))));
    script_time_passes(lua);
    return 1;
}

static int raw_write32(lua_State *lua)
{
    struct hal *hal = check_hal(lua, "write32");
    uint32_t offset = check_offset(lua, sizeof(uint32_t));

    hal_write32(hal, offset, (uint32_t)lua_check_range(lua, 3, 0, UINT32_MAX));
    return 0;
}

static int raw_write64(lua_State *lua)
{
    struct hal *hal = check_hal(lua, "write64");
    uint32_t offset = check_offset(lua, sizeof(uint64_t));

    hal_write64(hal, offset, (uint64_t)luaL_checkinteger(lua, 3));
    return 0;
}

/* ---- mailbox -------------------------------------------------------------------------------- */

static uint32_t mailbox_register(unsigned gt, uint32_t n)
{
    return gt ? MED_VF_SW_FLAG(n) : VF_SW_FLAG(n);
}

/* mailbox({dwords} [, gt [, limit]]): as they are, with the doorbell; no answer is repeated. */
static int raw_mailbox(lua_State *lua)
{
    struct hal *hal = check_hal(lua, "mailbox");
    unsigned gt =
        lua_isnoneornil(lua, 3) ? 0 : (unsigned)lua_check_range(lua, 3, 0, MACHINE_MAX_GTS - 1);
    uint64_t limit = lua_check_time(lua, 4, MAILBOX_LIMIT_NS);
    uint64_t start = hal_now(hal);
    lua_Integer count;
    uint32_t header;

    luaL_checktype(lua, 2, LUA_TTABLE);
    count = luaL_len(lua, 2);
    luaL_argcheck(lua, count >= 1 && count <= (lua_Integer)MAILBOX_DWORDS, 2,
                  "one to four dwords are wanted");
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(lua, 2, i);
        hal_write32(hal, mailbox_register(gt, (uint32_t)i - 1),
                    (uint32_t)lua_check_range(lua, -1, 0, UINT32_MAX));
        lua_pop(lua, 1);
    }
    hal_write32(hal, gt ? MED_GUC_HOST_INTERRUPT : GUC_HOST_INTERRUPT, 0);
    header = hal_read32(hal, mailbox_register(gt, 0));
    while (FIELD_GET(GUC_HXG_MSG_0_ORIGIN, header) != GUC_HXG_ORIGIN_GUC) {
        script_time_passes(lua);
        if (hal_now(hal) - start >= limit) {
            return lua_fail(lua, "mailbox", -ETIME);
        }
        hal_delay(hal, MAILBOX_POLL_NS);
        header = hal_read32(hal, mailbox_register(gt, 0));
    }
    lua_createtable(lua, MAILBOX_DWORDS, 0);
    for (uint32_t i = 0; i < MAILBOX_DWORDS; i++) {
        lua_pushinteger(lua, i ? hal_read32(hal, mailbox_register(gt, i)) : header);
        lua_rawseti(lua, -2, (lua_Integer)i + 1);
    }
    script_time_passes(lua);
    return 1;
}

/* ---- memory --------------------------------------------------------------------------------- */

static struct hal *check_ram(lua_State *lua)
{
    return ((struct machine_vm *)lua_object_check(lua, 1, LUA_VM))->hal;
}

/* vm:mem_read(address, size): a text of that many bytes. */
static int raw_mem_read(lua_State *lua)
{
    struct hal *hal = check_ram(lua);
    uint64_t addr = (uint64_t)luaL_checkinteger(lua, 2);
    size_t size = (size_t)lua_check_range(lua, 3, 0, MAX_TEXT);
    luaL_Buffer buffer;
    int err = hal_mem_read(hal, addr, luaL_buffinitsize(lua, &buffer, size), size);

    if (err) {
        return lua_fail(lua, "vm:mem_read", err);
    }
    luaL_pushresultsize(&buffer, size);
    return 1;
}

static int raw_mem_write(lua_State *lua)
{
    struct hal *hal = check_ram(lua);
    uint64_t addr = (uint64_t)luaL_checkinteger(lua, 2);
    size_t size;
    const char *text = luaL_checklstring(lua, 3, &size);
    int err = hal_mem_write(hal, addr, text, size);

    return err ? lua_fail(lua, "vm:mem_write", err) : 0;
}

/* NAME_read(address, size), NAME_write(address, text): of a window (BAR) of the function's. */
static int window_read(lua_State *lua, const char *method,
                       void (*read)(struct hal *hal, uint64_t addr, void *to, size_t size))
{
    struct hal *hal = check_hal(lua, method);
    uint64_t addr = (uint64_t)luaL_checkinteger(lua, 2);
    size_t size = (size_t)lua_check_range(lua, 3, 0, MAX_TEXT);
    luaL_Buffer buffer;

    read(hal, addr, luaL_buffinitsize(lua, &buffer, size), size);
    script_time_passes(lua);
    luaL_pushresultsize(&buffer, size);
    return 1;
}

static int window_write(lua_State *lua, const char *method,
                        void (*write)(struct hal *hal, uint64_t addr, const void *from,
                                      size_t size))
{
    struct hal *hal = check_hal(lua, method);
    uint64_t addr = (uint64_t)luaL_checkinteger(lua, 2);
    size_t size;
    const char *text = luaL_checklstring(lua, 3, &size);

    write(hal, addr, text, size);
    script_time_passes(lua);
    return 0;
}

static int raw_vram_read(lua_State *lua)
{
    return window_read(lua, "vram_read", hal_vram_read);
}

static int raw_vram_write(lua_State *lua)
{
    return window_write(lua, "vram_write", hal_vram_write);
}

static int raw_aperture_read(lua_State *lua)
{
    return window_read(lua, "aperture_read", hal_aperture_read);
}

static int raw_aperture_write(lua_State *lua)
{
    return window_write(lua, "aperture_write", hal_aperture_write);
}

const luaL_Reg lua_gpu_raw_methods[] = {
    {"aperture_read", raw_aperture_read},
    {"aperture_write", raw_aperture_write},
    {"read32", raw_read32},
    {"read64", raw_read64},
    {"vram_read", raw_vram_read},
    {"vram_write", raw_vram_write},
    {"write32", raw_write32},
    {"write64", raw_write64},
    {"mailbox", raw_mailbox},
    {NULL, NULL},
};

const luaL_Reg lua_vm_raw_methods[] = {
    {"aperture_read", raw_aperture_read},
    {"aperture_write", raw_aperture_write},
    {"read32", raw_read32},
    {"read64", raw_read64},
    {"write32", raw_write32},
    {"write64", raw_write64},
    {"mailbox", raw_mailbox},
    {"mem_read", raw_mem_read},
    {"mem_write", raw_mem_write},
    {"vram_read", raw_vram_read},
    {"vram_write", raw_vram_write},
    {NULL, NULL},
};
