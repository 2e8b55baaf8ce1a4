-- SPDX-License-Identifier: MIT
-- A run whose page shows what failed, with a text that is not to be taken for markup.
local m = machine { gpus = { { name = "src", gts = 1, vfs = 1 } } }

expect_eq("</script><b>no markup</b>", m.src:state(1), "PAUSED")
