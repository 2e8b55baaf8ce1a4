# SPDX-License-Identifier: MIT
# gucsim. 'make help' lists the targets. Everything that is made lies under build/.
.DEFAULT_GOAL := all
SHELL         := /bin/bash
MAKEFLAGS     += --no-builtin-rules

PACKAGES := build-essential verilator libsystemc-dev libcriterion-dev liblua5.4-dev zlib1g-dev \
            libcjson-dev libssl-dev libisal-dev pkg-config git clang-format clang-tidy cppcheck gtkwave \
            gnuplot-nox libxml2-utils

# SAN=1: address and undefined-behaviour sanitizers, in a tree of its own.
# COV=1: for 'make coverage'.
# RELEASE=1: for long sweeps; built twice, the second time by the profile of what the first one ran.
B   := build
OPT := -O2
ifeq ($(SAN),1)
B     := build/san
OPT   := -O1
MODE  := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# UBSan trips over Verilator's own misaligned trace buffer stores.
VMODE := $(MODE) -fno-sanitize=alignment
else ifeq ($(COV),1)
# The chip counts the lines and toggles that it went through; optimized, that takes too long to build.
B     := build/cov
VMODE := -O0 -DVM_COVERAGE=1
COVER := --coverage-line --coverage-toggle
else ifneq ($(RELEASE),)
B     := build/release
MODE  := $(if $(filter train,$(RELEASE)),-fprofile-generate -fprofile-update=single,-fprofile-use \
           -fprofile-correction -Wno-missing-profile)
VMODE := $(MODE)
endif
GEN := build/gen
V   := $(B)/verilated

# Messages and paths are cut to their buffers on purpose.
WARN     := -Wall -Wextra -Wshadow -Werror -Wno-format-truncation
CPPFLAGS := -I. -I$(GEN) -MMD -MP -D_GNU_SOURCE $(if $(COVER),-DVM_COVERAGE=1)
CFLAGS   := -std=c11 $(OPT) -g $(WARN) -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla $(MODE)
CXXFLAGS := -std=gnu++17 $(OPT) -g $(WARN) $(MODE)
LUA_CFLAGS := $(shell pkg-config --cflags lua5.4 2>/dev/null)
LUA_LIBS   := $(shell pkg-config --libs lua5.4 2>/dev/null)
VERILATOR_ROOT := /usr/share/verilator
VFLAGS   := --cc --trace --trace-underscore -O3 --x-assign fast --x-initial fast --assert $(COVER)

SYSTEM_LIBS := -lsystemc -lz -lisal -lcjson -lcrypto $(LUA_LIBS) -lm -lpthread

FIRMWARE := $(wildcard firmware/*.c)
DRIVERS  := $(wildcard host/*/*.c guest/*/*.c)
TRACES   := $(wildcard traces/*.c)
MACHINE  := $(wildcard sim/machine/*.c sim/script/*.c) $(filter-out sim/cli/main.c,$(wildcard sim/cli/*.c))
CORE     := $(wildcard sim/core/*.cpp)
RTL      := $(wildcard rtl/*.sv)

# VERBOSE=1 shows whole commands.
Q    := $(if $(VERBOSE),,@)
tell  = @printf '  %-9s %s\n' $(1) $(2)

objects = $(patsubst %,$(B)/obj/%.o,$(1))
SOFTWARE_OBJ := $(call objects,$(FIRMWARE) $(DRIVERS))
SIM_OBJ      := $(call objects,$(MACHINE) $(CORE) $(TRACES)) $(SOFTWARE_OBJ)

.PHONY: all deps run check coverage test tests test-linux test-unit test-rtl test-system test-browser bench check-skip lint format clean help

ifeq ($(RELEASE),1)
all:
	rm -rf $(B)
	@$(MAKE) RELEASE=train $(B)/gucsim
	$(Q)$(B)/gucsim run tests/scenarios/vf_restore.lua --quiet --out $(B)/train
	$(Q)$(B)/gucsim run tests/scenarios/ctb/storm.lua --quiet --trace off --out $(B)/train
	$(Q)find $(B) '(' -name '*.o' -o -name '*.a' -o -name gucsim ')' -delete
	@$(MAKE) RELEASE=use $(B)/gucsim
else
all: $(B)/gucsim ## build build/gucsim; RELEASE=1: build/release/gucsim, a quarter faster, 4 minutes
endif

# ---- set-up ---------------------------------------------------------------------------------------

deps: ## install what is missing (Debian packages, needs root)
	@tests/lint/deps.sh $(PACKAGES)

# ---- generated registers, Verilated chip -----------------------------------------------------------

$(GEN)/gpu_regs.h: rtl/gpu_regs.def rtl/gen_regs.awk
	@mkdir -p $(@D)
	$(call tell,generate,$@)
	$(Q)awk -v form=c -f rtl/gen_regs.awk $< > $@.tmp && mv $@.tmp $@

$(GEN)/gpu_regs_pkg.sv: rtl/gpu_regs.def rtl/gen_regs.awk
	@mkdir -p $(@D)
	$(call tell,generate,$@)
	$(Q)awk -v form=sv -f rtl/gen_regs.awk $< > $@.tmp && mv $@.tmp $@

$(V)/Vgpu_top.mk: $(RTL) $(GEN)/gpu_regs_pkg.sv
	@mkdir -p $(V)
	$(call tell,verilate,rtl/gpu_top.sv)
	$(Q)verilator $(VFLAGS) --Mdir $(V) --top-module gpu_top --prefix Vgpu_top \
	  $(GEN)/gpu_regs_pkg.sv $(wildcard rtl/*_pkg.sv) $(filter-out %_pkg.sv,$(RTL))

$(V)/Vgpu_top__ALL.a: $(V)/Vgpu_top.mk
	$(call tell,compile,$@)
	+$(Q)$(MAKE) --silent -C $(V) -f Vgpu_top.mk OPT_FAST="-O2 $(VMODE)" \
	  OPT_SLOW="-O1 $(VMODE)" Vgpu_top__ALL.a

$(V)/libverilated.a: $(addprefix $(V)/,verilated.o verilated_vcd_c.o verilated_threads.o $(if $(COVER),verilated_cov.o))
	$(Q)ar rcs $@ $^

$(V)/%.o: $(VERILATOR_ROOT)/include/%.cpp
	@mkdir -p $(@D)
	$(call tell,compile,$<)
	$(Q)$(CXX) -std=gnu++17 $(OPT) $(VMODE) -DVM_TRACE=1 -DVM_TRACE_VCD=1 \
	  -I$(VERILATOR_ROOT)/include -I$(VERILATOR_ROOT)/include/vltstd $(EXTRA) -c $< -o $@

$(V)/verilated_vcd_c.o: EXTRA := -include sim/core/vcd_numbers.h
$(V)/verilated_vcd_c.o: sim/core/vcd_numbers.h

# ---- objects -----------------------------------------------------------------------------------------

$(B)/obj/%.c.o: %.c | $(GEN)/gpu_regs.h
	@mkdir -p $(@D)
	$(call tell,compile,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(if $(filter sim/script/%,$<),$(LUA_CFLAGS)) -c $< -o $@

# Only the core sees Verilated headers; they are not held to our warnings.
$(B)/obj/%.cpp.o: %.cpp $(V)/Vgpu_top.mk | $(GEN)/gpu_regs.h
	@mkdir -p $(@D)
	$(call tell,compile,$<)
	$(Q)$(CXX) $(CPPFLAGS) $(CXXFLAGS) -DVM_TRACE=1 -DVM_TRACE_VCD=1 -DSC_INCLUDE_DYNAMIC_PROCESSES -isystem $(V) \
	  -isystem $(VERILATOR_ROOT)/include -isystem $(VERILATOR_ROOT)/include/vltstd -c $< -o $@

ifeq ($(SAN),1)
# The same misaligned stores, inlined from Verilator's headers.
$(call objects,sim/core/wave.cpp sim/core/gpu_rtl.cpp): CXXFLAGS += -fno-sanitize=alignment
endif

# It takes these files in as they are.
$(call objects,traces/report_page.c): $(addprefix traces/report_page.,html css js)

$(B)/gucsim: $(call objects,sim/cli/main.c) $(SIM_OBJ) $(V)/Vgpu_top__ALL.a $(V)/libverilated.a
	$(call tell,link,$@)
	$(Q)$(CXX) $(MODE) -o $@ $^ $(SYSTEM_LIBS)

# ---- tests -----------------------------------------------------------------------------------------
# -lcriterion stands before -lsystemc: both bring a main, the first one wins.

UNIT_OBJ   := $(call objects,$(wildcard tests/unit/*.c) tests/leaks.c)
SYSTEM_OBJ := $(call objects,$(wildcard tests/system/*.c) tests/leaks.c)

$(B)/tests/unit: $(UNIT_OBJ) $(SOFTWARE_OBJ) $(call objects,$(TRACES))
	@mkdir -p $(@D)
	$(call tell,link,$@)
	$(Q)$(CC) $(MODE) -o $@ $^ -lcriterion -lz -lcjson -lm

$(B)/tests/system: $(SYSTEM_OBJ) $(SIM_OBJ) $(V)/Vgpu_top__ALL.a $(V)/libverilated.a
	@mkdir -p $(@D)
	$(call tell,link,$@)
	$(Q)$(CXX) $(MODE) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lcriterion $(SYSTEM_LIBS)

BENCHES := $(patsubst tests/rtl/%.sv,%,$(wildcard tests/rtl/tb_*.sv))

# Verilator's runtime for benches, once instead of in each bench, where it was half of the work.
BENCH_RUNTIME := $(addprefix build/tests/rtl/runtime/,verilated.o verilated_timing.o verilated_threads.o)

$(BENCH_RUNTIME): build/tests/rtl/runtime/%.o: $(VERILATOR_ROOT)/include/%.cpp
	@mkdir -p $(@D)
	$(call tell,compile,$<)
	$(Q)$(CXX) -std=gnu++17 -O0 -fcoroutines -DVL_TIME_CONTEXT -DVM_COVERAGE=0 -DVM_SC=0 -DVM_TRACE=0 \
	  -I$(VERILATOR_ROOT)/include -I$(VERILATOR_ROOT)/include/vltstd -c $< -o $@

build/tests/rtl/%: tests/rtl/%.sv $(wildcard tests/rtl/*.svh) $(RTL) $(GEN)/gpu_regs_pkg.sv $(BENCH_RUNTIME)
	@mkdir -p $(@D)
	$(call tell,bench,$*)
	$(Q)verilator --binary --timing --assert -Wall -Wno-fatal --Mdir $@.dir --top-module $* -o ../$* \
	  -MAKEFLAGS 'OPT_FAST=-O0 OPT_SLOW=-O0 VM_GLOBAL_FAST=' $(abspath $(BENCH_RUNTIME)) \
	  $(GEN)/gpu_regs_pkg.sv $(wildcard rtl/*_pkg.sv) $(filter-out %_pkg.sv,$(RTL)) $< > $@.log 2>&1 || { cat $@.log; exit 1; }

test: deps ## run the tests: FILTER=suite/test picks some, JUNIT=FILE also writes JUnit XML
	@$(MAKE) --no-print-directory -j2 tests
	@tests/run.sh $(B) '$(FILTER)' '$(JUNIT)'

tests: $(B)/gucsim $(B)/tests/unit $(B)/tests/system $(addprefix build/tests/rtl/,$(BENCHES)) ## build all tests

test-unit: $(B)/tests/unit ## firmware and drivers on the fake HAL; FILTER as for test
	$< $(if $(FILTER),--filter '$(FILTER)')

test-rtl: $(addprefix build/tests/rtl/,$(BENCHES)) ## benches of the chip's blocks
	@for bench in $^; do echo "== $$(basename $$bench)"; $$bench || exit 1; done

test-system: $(B)/tests/system $(B)/gucsim ## whole machines; FILTER as for test
	GUCSIM=$(B)/gucsim $< $(if $(FILTER),--filter '$(FILTER)')

BROWSER := chromium chromium-driver python3-selenium

test-browser: $(B)/gucsim ## the page of a run in a headless browser; installs one (Debian packages)
	@tests/lint/deps.sh $(BROWSER)
	@tests/browser/run.sh $(B)/gucsim $(B)/browser

test-linux: $(B)/gucsim ## Linux's own xe driver in QEMU on a simulated VF; needs root and Debian's mirror, takes minutes
	@tests/linux/run.sh

# ---- speed -----------------------------------------------------------------------------------------

# The recorder stands between the core and the model without the core's knowledge.
PIN_EDGE  := _ZN7gpu_rtl4edgeERK10gpu_inputsmP11gpu_outputs
BENCH_OBJ := $(call objects,$(addprefix tests/bench/,bench.cpp measure.cpp pins.cpp pins_file.cpp storm.c))
PLAIN     := $(B)/plain

$(B)/tests/bench: $(BENCH_OBJ) $(SIM_OBJ) $(V)/Vgpu_top__ALL.a $(V)/libverilated.a
	@mkdir -p $(@D)
	$(call tell,link,$@)
	$(Q)$(CXX) $(MODE) -Wl,--wrap=$(PIN_EDGE) -o $@ $^ $(SYSTEM_LIBS)

# The chip once more, with every signal in its waves; constants are none there either.
$(PLAIN)/Vplain_top.mk: $(RTL) $(GEN)/gpu_regs_pkg.sv
	@mkdir -p $(PLAIN)/rtl
	$(call tell,verilate,$@)
	$(Q)cp $(GEN)/gpu_regs_pkg.sv $(RTL) $(PLAIN)/rtl
	$(Q)sed -i 's,/\*verilator tracing_o[a-z]*\*/,,' $(filter-out %_pkg.sv,$(RTL:%=$(PLAIN)/%))
	$(Q)verilator $(VFLAGS) --Mdir $(PLAIN) --top-module gpu_top --prefix Vplain_top \
	  $(PLAIN)/rtl/gpu_regs_pkg.sv $(patsubst %,$(PLAIN)/%,$(filter %_pkg.sv,$(RTL)) $(filter-out %_pkg.sv,$(RTL)))

$(PLAIN)/Vplain_top__ALL.a: $(PLAIN)/Vplain_top.mk
	$(call tell,compile,$@)
	+$(Q)$(MAKE) --silent -C $(PLAIN) -f Vplain_top.mk OPT_FAST=-O2 OPT_SLOW=-O0 Vplain_top__ALL.a

$(call objects,tests/bench/plain_dump.cpp): $(PLAIN)/Vplain_top.mk
$(call objects,tests/bench/plain_dump.cpp): CPPFLAGS += -isystem $(PLAIN)

$(B)/tests/plain_dump: $(call objects,tests/bench/plain_dump.cpp tests/bench/pins_file.cpp) \
                       $(PLAIN)/Vplain_top__ALL.a $(V)/libverilated.a
	@mkdir -p $(@D)
	$(call tell,link,$@)
	$(Q)$(CXX) $(MODE) -o $@ $^ -lpthread

bench: $(B)/gucsim $(B)/tests/bench $(B)/tests/plain_dump ## figures of speed; BENCH='--runs N --messages N'
	@tests/lint/deps.sh valgrind
	@$(B)/tests/bench --gucsim $(B)/gucsim --plain $(B)/tests/plain_dump --work $(B)/bench \
	  --out $(B)/bench.json $(BENCH)

bench-check: $(B)/tests/bench ## instructions of a round trip and of a chip's cycle against the recorded ones
	@tests/lint/deps.sh valgrind
	@tests/bench/instructions.sh $(B)/tests/bench $(B)/bench tests/bench/instructions.baseline

check-skip: $(B)/gucsim ## every scenario, or SCENARIOS='FILE...', gives the same files with and without idle skip
	@tests/bench/check_skip.sh $(B)/gucsim $(B)/check-skip $(SCENARIOS)

# ---- the rest --------------------------------------------------------------------------------------

SCENARIO ?= tests/scenarios/vf_restore.lua

run: deps ## build, run the main scenario, draw its sequence chart
	@$(MAKE) --no-print-directory -j2 all
	@out=build/out/$(basename $(notdir $(SCENARIO))); \
	$(B)/gucsim run $(SCENARIO) --out $$out && $(B)/gucsim timeline $$out && \
	printf '\nwaves   gtkwave %s/trace.gtkw\nevents  %s/events.jsonl\npage    ' $$out $$out && \
	$(B)/gucsim report $$out

check: $(B)/gucsim ## run all scenarios and compare with traces/golden/; JUNIT=FILE also writes JUnit XML
	$(B)/gucsim regress --out $(B)/out/regress $(if $(JUNIT),--junit '$(JUNIT)')
	@for session in tests/linux/sessions/*; do echo "replay $$session"; \
	  $(B)/gucsim replay $$session --loose --quiet --trace off --out $(B)/out/replay || exit 1; done

coverage: ## run all scenarios, count states and actions, and lines and toggles of the chip; takes minutes
	@$(MAKE) --no-print-directory -j2 COV=1 all
	@tests/coverage.sh build/cov

lint: $(GEN)/gpu_regs.h $(GEN)/gpu_regs_pkg.sv ## format, include table, headers, clang-tidy, cppcheck, RTL
	@tests/lint/run.sh

format: ## apply clang-format to all C and C++
	git ls-files '*.c' '*.h' '*.cpp' | xargs clang-format -i

clean: ## remove build/
	rm -rf build

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' Makefile

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
