# SPDX-License-Identifier: MIT
# SPDX-License-Identifier: MIT
# Turns gpu_regs.def into a C header (-v form=c) or a SystemVerilog package (-v form=sv).
function trim(s) { gsub(/^[ \t]+|[ \t]+$/, "", s); return s }
function hexval(s) { return s ~ /^0x/ ? substr(s, 3) : sprintf("%x", s) }
function put(name, value) {
  if (form == "c") printf "#define %-40s %s\n", name, (value ~ /^0x/ ? value "u" : value "u")
  else printf "  localparam logic [31:0] %s = 32'h%s;\n", name, hexval(value)
}
BEGIN {
  if (form == "c")
    print "/* Generated from rtl/gpu_regs.def. */\n#ifndef GPU_REGS_H\n#define GPU_REGS_H\n"
  else
    print "// Generated from rtl/gpu_regs.def.\n/* verilator lint_off UNUSEDPARAM */\n/* verilator tracing_off */\npackage gpu_regs_pkg;"
}
/^(REG|REG_ARRAY|FIELD|CONST)\(/ {
  what = $0; sub(/\(.*/, "", what)
  body = $0; sub(/^[A-Z_]+\(/, "", body); sub(/\)[ \t]*$/, "", body)
  split(body, arg, ",")
  for (i in arg) arg[i] = trim(arg[i])
  if (what == "REG") {
    put(arg[1], arg[2])
    if (arg[4] == "VF") put(arg[1] "__VF_ACCESSIBLE", "1")
  } else if (what == "REG_ARRAY") {
    put(arg[1] "_0", arg[2]); put(arg[1] "__STRIDE", arg[3]); put(arg[1] "_COUNT", arg[4])
    if (arg[6] == "VF") put(arg[1] "__VF_ACCESSIBLE", "1")
    if (form == "c") printf "#define %-40s (%s_0 + %s__STRIDE * (n))\n", arg[1] "(n)", arg[1], arg[1]
  } else put(arg[1], arg[2])
  next
}
/^\/\// || /^$/ { next }
{ print FILENAME ":" FNR ": not a register line: " $0 > "/dev/stderr"; bad = 1; exit 1 }
END {
  if (!bad) print form == "c" ? "\n#endif" : "endpackage\n/* verilator tracing_on */"
}
