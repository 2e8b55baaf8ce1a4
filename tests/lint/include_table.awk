# SPDX-License-Identifier: MIT
# Checks who includes whom: the layout table of the design, and the public headers of each role.
# awk -f include_table.awk FILES...; prints file:line: rule, exits 1 when one is broken.
# Folders are named by their path; the longest known prefix of a file's path is its folder.

BEGIN {
    # May include, beside its own folder and the generated registers. "host/vfio/vfio.h": that file only.
    may["firmware/abi"] = ""
    may["host/abi"] = ""
    may["firmware"] = "firmware/abi sim/hal"
    may["host/kmd"] = "firmware/abi host/abi sim/hal"
    may["host/pf"] = "host/kmd firmware/abi host/abi sim/hal host/vfio/vfio.h"
    may["host/gvt"] = may["host/pf"]
    may["host/vmm"] = may["host/pf"]
    may["host/vfio"] = "host/kmd firmware/abi host/abi sim/hal"
    may["host/vfio_user"] = "host/abi sim/hal"
    may["guest/vf"] = "host/kmd firmware/abi host/abi sim/hal"
    may["guest/pv"] = may["guest/vf"]
    may["sim/hal"] = ""
    may["sim/core"] = "sim/hal"
    may["sim/machine"] = "firmware guest/pv guest/vf host/gvt host/kmd host/pf host/vfio host/vmm firmware/abi " \
                         "host/abi sim/core sim/hal"
    may["sim/script"] = may["sim/machine"] " sim/machine"
    may["sim/cli"] = "*"
    may["traces"] = "firmware/abi host/abi sim/hal"
    may["tests"] = "*"

    # All that another role may see of a folder; sim/hal and the abi folders are public as a whole.
    public["firmware"] = "firmware/guc.h"
    public["host/kmd"] = "host/kmd/kmd.h"
    public["host/pf"] = "host/pf/pf.h"
    public["host/gvt"] = "host/gvt/gvt.h"
    public["host/vmm"] = "host/vmm/vmm.h"
    public["host/vfio"] = "host/vfio/vfio.h"
    public["host/vfio_user"] = "host/vfio_user/vfio_user.h"
    public["guest/vf"] = "guest/vf/vf.h"
    public["guest/pv"] = "guest/pv/pv.h"
    public["sim/core"] = "sim/core/sim.h"
    public["sim/machine"] = "sim/machine/machine.h sim/machine/machine_gvt.h sim/machine/inject.h " \
                            "sim/machine/outside.h sim/machine/session.h"
    public["sim/script"] = "sim/script/script.h sim/script/params.h sim/script/failure.h"
    public["traces"] = "traces/traces.h"
}

function folder_of(path,    parts, n) {
    n = split(path, parts, "/")
    if (n >= 3 && (parts[1] "/" parts[2]) in may)
        return parts[1] "/" parts[2]
    return n >= 2 && parts[1] in may ? parts[1] : ""
}

function complain(reason) {
    printf "%s:%d: %s\n", FILENAME, FNR, reason
    broken = 1
}

function allowed(from, to, path,    list, n, i) {
    n = split(may[from], list, " ")
    for (i = 1; i <= n; i++)
        if (list[i] == "*" || list[i] == to || list[i] == path)
            return 1
    return 0
}

function check(path,    from, to) {
    from = folder_of(FILENAME)
    to = folder_of(path)
    if (path == "gpu_regs.h")
        return
    if (from == "")
        complain("file stands in no folder of the layout table")
    else if (path ~ /^(V|verilated)[A-Za-z0-9_]*\.h$/) {
        # The bench measures against a bare loop over the same model.
        if (from != "sim/core" && FILENAME !~ /^tests\/bench\//)
            complain("only sim/core sees Verilated headers, here: " path)
    } else if (to == "")
        complain("include \"" path "\" is not a path from the root into a known folder")
    else if (from != to && !allowed(from, to, path))
        complain(from " may include " (may[from] == "" ? "nothing of ours" : may[from]) ", not " path)
    else if (from != to && from != "tests" && to in public && index(" " public[to] " ", " " path " ") == 0)
        complain(path " is private to " to ": others include " public[to])
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, quoted, "\"")
    check(quoted[2])
}

/^[ \t]*#[ \t]*include[ \t]*<(firmware|host|guest|sim|traces|tests)\// {
    complain("headers of ours are included with quotes")
}

END {
    exit broken
}
