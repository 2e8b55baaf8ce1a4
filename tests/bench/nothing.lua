-- SPDX-License-Identifier: MIT
-- The least that is a run: what starting and ending costs.
machine { gpus = { { name = "gpu" } } }
