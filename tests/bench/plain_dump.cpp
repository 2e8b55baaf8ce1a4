// SPDX-License-Identifier: MIT
// What Verilator's own dump of a run would be: every cycle evaluated, every edge dumped, all
// levels, clock and counters too. Plays recorded pins back; the VCD goes to stdout. Linked with
// a model of its own, in which no signal is kept out of the waves.

#include <cstdio>
#include <memory>
#include <vector>

#include "Vplain_top.h"
#include "tests/bench/pins.h"
#include "tests/bench/pins_drive.h"
#include "verilated_vcd_c.h"

namespace
{

constexpr int ALL_LEVELS = 99;
constexpr uint64_t CLOCK_PS = 1000;

// One chip and the pins that it is still to see.
struct chip {
    explicit chip(unsigned number) : model(number == 0 ? "src" : "dst")
    {
    }
    Vplain_top model;
    std::vector<const pins_edge *> edges;
    size_t next = 0;
    uint64_t wait = 0; /* cycles to the next edge that is recorded */
};

// Idle edges are left out of the record; here they come back.
void next_pins(chip *one)
{
    if (one->wait > 0) {
        one->wait--;
    } else if (one->next < one->edges.size()) {
        pins_drive(&one->model, one->edges[one->next]->in);
        one->next++;
        one->wait = one->next < one->edges.size() ? one->edges[one->next]->skip : 0;
    }
}

void half_cycle(std::vector<std::unique_ptr<chip>> *chips, bool level)
{
    for (const auto &one : *chips) {
        one->model.clk_i = level;
        if (!level) {
            next_pins(one.get());
        }
        one->model.eval();
    }
}

void reset(std::vector<std::unique_ptr<chip>> *chips)
{
    for (const auto &one : *chips) {
        one->model.mem_req_ready_i = 1;
        one->model.rst_ni = 0;
        for (unsigned i = 0; i < 16; i++) {
            one->model.clk_i = i % 2;
            one->model.eval();
        }
        one->model.rst_ni = 1;
        one->model.eval();
        one->wait = one->edges.empty() ? 0 : one->edges[0]->skip;
    }
}

} // namespace

int main(int argc, char **argv)
{
    pins_run run;
    std::vector<std::unique_ptr<chip>> chips;
    uint64_t cycles = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: plain_dump PINS\n");
        return 2;
    }
    if (!pins_load(argv[1], &run)) {
        return 2;
    }
    Verilated::traceEverOn(true);
    for (const pins_edge &edge : run.edges) {
        while (chips.size() <= edge.gpu) {
            chips.push_back(std::make_unique<chip>(chips.size()));
        }
        chips[edge.gpu]->edges.push_back(&edge);
    }
    VerilatedVcdC vcd;
    for (const auto &one : chips) {
        uint64_t length = 0;
        for (const pins_edge *edge : one->edges) {
            length += edge->skip + 1;
        }
        cycles = length > cycles ? length : cycles;
        one->model.trace(&vcd, ALL_LEVELS);
    }
    vcd.set_time_unit("1ps");
    vcd.set_time_resolution("1ps");
    reset(&chips);
    vcd.open("/dev/stdout");
    for (uint64_t cycle = 1; cycle <= cycles; cycle++) {
        half_cycle(&chips, false);
        vcd.dump(cycle * CLOCK_PS - CLOCK_PS / 2);
        half_cycle(&chips, true);
        vcd.dump(cycle * CLOCK_PS);
    }
    vcd.close();
    return 0;
}
