// SPDX-License-Identifier: MIT
// Recording: the linker puts this file's edge() before the core's (--wrap), so that the core that
// is measured has no part of it. Playing back: the bare loop that the ratios refer to.

#include <ctime>

#include "Vgpu_top.h"
#include "tests/bench/pins.h"
#include "tests/bench/pins_drive.h"

bool pins_write(const char *path, const pins_run &run);

namespace
{

constexpr unsigned RESET_CYCLES = 8;

bool recording = false;
pins_run recorded;
const gpu_rtl *gpus[PINS_MAX_GPUS];

uint32_t number_of(const gpu_rtl *gpu)
{
    uint32_t number = 0;

    while (number + 1 < PINS_MAX_GPUS && gpus[number] && gpus[number] != gpu) {
        number++;
    }
    gpus[number] = gpu;
    return number;
}

// Apart, so that what is measured while nothing is recorded is a jump more, not a frame.
[[gnu::noinline]] void record(const gpu_rtl *gpu, const gpu_inputs &in, uint64_t skip)
{
    recorded.edges.push_back({in, number_of(gpu), skip});
}

void cycle(Vgpu_top *model)
{
    model->clk_i = 0;
    model->eval();
    model->clk_i = 1;
    model->eval();
}

void play(Vgpu_top *model, const pins_run &run, uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i < to; i++) {
        pins_drive(model, run.edges[i].in);
        model->skip_i = run.edges[i].skip;
        cycle(model);
    }
}

} // namespace

// gpu_rtl::edge of the core, under the names that --wrap gives.
extern "C" void __real__ZN7gpu_rtl4edgeERK10gpu_inputsmP11gpu_outputs(gpu_rtl *gpu,
                                                                      const gpu_inputs &in,
                                                                      uint64_t skip,
                                                                      gpu_outputs *out);

extern "C" void __wrap__ZN7gpu_rtl4edgeERK10gpu_inputsmP11gpu_outputs(gpu_rtl *gpu,
                                                                      const gpu_inputs &in,
                                                                      uint64_t skip,
                                                                      gpu_outputs *out)
{
    if (recording) {
        record(gpu, in, skip);
    }
    __real__ZN7gpu_rtl4edgeERK10gpu_inputsmP11gpu_outputs(gpu, in, skip, out);
}

void pins_record()
{
    recording = true;
}

void pins_mark()
{
    recorded.mark = recorded.edges.size();
}

bool pins_save(const char *path)
{
    return pins_write(path, recorded);
}

double pins_replay(const pins_run &run)
{
    Vgpu_top model("bare");

    model.mem_req_ready_i = 1;
    model.rst_ni = 0;
    for (unsigned i = 0; i < RESET_CYCLES; i++) {
        cycle(&model);
    }
    model.rst_ni = 1;
    model.eval();
    play(&model, run, 0, run.mark);
    const clock_t start = clock();
    play(&model, run, run.mark, run.edges.size());
    const clock_t took = clock() - start;
    model.final();
    return static_cast<double>(took) / CLOCKS_PER_SEC;
}
