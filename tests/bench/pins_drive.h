/* SPDX-License-Identifier: MIT */
/* Sets the pins that moved of a Verilated chip, whichever way it was built. */
#ifndef TESTS_BENCH_PINS_DRIVE_H
#define TESTS_BENCH_PINS_DRIVE_H

#include "sim/core/gpu_rtl.h"

template <typename Model> void pins_drive(Model *model, const gpu_inputs &in)
{
    if (in.moved & PORT_HOST) {
        model->host_req_valid_i = in.host_req_valid;
        model->host_req_write_i = in.host_req_write;
        model->host_req_aperture_i = in.host_req_aperture;
        model->host_req_fn_i = in.host_req_fn;
        model->host_req_addr_i = in.host_req_addr;
        model->host_req_be_i = in.host_req_be;
        model->host_req_data_i = in.host_req_data;
        model->flr_valid_i = in.flr_valid;
        model->flr_fn_i = in.flr_fn;
    }
    if (in.moved & PORTS_BUS) {
        model->guc_req_valid_i = in.guc_req_valid;
        model->guc_req_write_i = in.guc_req_write;
        model->guc_req_addr_i = in.guc_req_addr;
        model->guc_req_data_i = in.guc_req_data;
    }
    if (in.moved & PORTS_DMA) {
        model->dma_req_valid_i = in.dma_req_valid;
        model->dma_req_write_i = in.dma_req_write;
        model->dma_req_fn_i = in.dma_req_fn;
        model->dma_req_addr_i = in.dma_req_addr;
        model->dma_req_len_i = in.dma_req_len;
        model->dma_wr_valid_i = in.dma_wr_valid;
        model->dma_wr_data_i = in.dma_wr_data;
    }
    if (in.moved & PORT_MEMORY) {
        model->mem_rsp_valid_i = in.mem_rsp_valid;
        model->mem_rsp_data_i = in.mem_rsp_data;
    }
    if (in.moved & PORT_LMEM) {
        model->lmem_req_valid_i = in.lmem_req_valid;
        model->lmem_req_fn_i = in.lmem_req_fn;
        model->lmem_req_frame_i = in.lmem_req_frame;
    }
    if (in.moved & PORT_TABLES) {
        model->lmtt_rsp_valid_i = in.lmtt_rsp_valid;
        model->lmtt_rsp_data_i = in.lmtt_rsp_data;
    }
}

#endif
