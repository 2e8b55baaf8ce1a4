-- The least that is a run: what starting and ending costs.
-- SPDX-License-Identifier: MIT
machine { gpus = { { name = "gpu" } } }
