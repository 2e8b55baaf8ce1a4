# SPDX-License-Identifier: MIT
# Joins the JUnit files that Criterion wrote for each test binary into one.
/<testsuites / {
  for (i = 1; i <= NF; i++)
    if (match($i, /^(tests|failures|errors|disabled)="[0-9]+"/)) {
      split($i, part, /="|"/)
      sum[part[1]] += part[2]
    }
  next
}
/<\/testsuites>/ || /<\?xml/ || /<!-- Tests compiled/ { next }
{ body = body $0 "\n" }
END {
  print "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
  printf "<testsuites name=\"gucsim\" tests=\"%d\" failures=\"%d\" errors=\"%d\" disabled=\"%d\">\n%s</testsuites>\n",
    sum["tests"], sum["failures"], sum["errors"], sum["disabled"], body
}
