"use strict";
// Draws the page of a run from the JSON in #data. Texts of the run are only ever set as text.
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);

// ---- elements, numbers --------------------------------------------------------------------------

function html(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
  node.append(...children.map((child) => (child instanceof Node ? child : String(child))));
  return node;
}

function svg(tag, attributes, text) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

const units = [[1e12, "s"], [1e9, "ms"], [1e6, "\u00b5s"], [1e3, "ns"], [1, "ps"]];

function time(ps, digits = 4) {
  const [size, name] = units.find(([unit]) => Math.abs(ps) >= unit) || [1e3, "ns"];
  return Number((ps / size).toPrecision(digits)) + " " + name;
}

const us = (ps, digits = 3) => (ps / 1e6).toFixed(digits);

// About count round steps between from and to.
function ticks(from, to, count) {
  const raw = (to - from) / Math.max(count, 1) || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((m) => m * power >= raw) * power;
  const list = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) list.push(at);
  return list;
}

function tip(node, text) {
  node.addEventListener("mousemove", (event) => {
    $("tip").hidden = false;
    $("tip").textContent = text;
    const { width, height } = $("tip").getBoundingClientRect();
    $("tip").style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - width - 8)) + "px";
    $("tip").style.top = Math.max(4, Math.min(event.clientY + 14, innerHeight - height - 8)) + "px";
  });
  node.addEventListener("mouseleave", () => ($("tip").hidden = true));
  return node;
}

const color = (i) => `var(--c${i % 14})`;

// ---- head, expectations, configuration ----------------------------------------------------------

// What failed comes first; what was stated again and again is told once.
function drawExpectations(list) {
  const told = new Map();
  for (const one of list) {
    const key = `${one.ok} ${one.name}`;
    if (!told.has(key)) told.set(key, { ...one, count: 0 });
    told.get(key).count++;
    told.get(key).last_ps = one.at_ps;
  }
  for (const one of [...told.values()].sort((a, b) => a.ok - b.ok)) {
    const times = one.count > 1 ? `${one.count} times, ${us(one.at_ps)} to ${us(one.last_ps)} \u00b5s` : `at ${us(one.at_ps)} \u00b5s`;
    const place = one.ok || !one.line ? "" : `, ${data.run.scenario}:${one.line}`;
    $("expectations").append(
      html("li", {}, html("span", { class: "mark " + (one.ok ? "good" : "bad") }, one.ok ? "\u2713" : "\u2717"),
        one.name + (one.said ? `: ${one.said} ` : " "), html("span", { class: "dim" }, times + place), one.ok ? "" : momentButton(one.at_ps)));
  }
}

// Leads to the sequence of what came before, among all messages.
function momentButton(at) {
  const button = html("button", { class: "moment" }, "show");
  button.addEventListener("click", () => {
    $("which").value = "every";
    zoomTo(at - 20e6, at + 2e6);
    $("sequence").scrollIntoView();
  });
  return button;
}

function drawHead() {
  const run = data.run;
  const failed = (run.expectations || []).filter((one) => !one.ok).length;
  document.title = `${run.result}: ${run.scenario}`;
  $("verdict").textContent = run.result;
  $("verdict").classList.toggle("pass", run.result === "pass");
  $("scenario").textContent = run.scenario;
  $("summary").textContent =
    `${run.expectations.length - failed} of ${run.expectations.length} expectations hold \u00b7 ` +
    `${time(run.sim_time_ps, 7)} of virtual time, ${run.cycles.toLocaleString("en")} cycles, ` +
    `${run.rtl_evals.toLocaleString("en")} evaluated \u00b7 seed ${run.seed}`;
  $("failure").hidden = !run.error && !data.failure;
  $("error").textContent = run.error || "";
  const moment = /\bat ([0-9.]+) us/.exec(run.error || "");
  if (moment) $("error").append(" ", momentButton(Number(moment[1]) * 1e6));
  $("snapshot").hidden = !data.failure;
  if (data.failure) $("snapshot").querySelector("pre").textContent = data.failure;
  $("repeat").textContent = run.repeat;
  drawExpectations(run.expectations);
  if (!run.expectations.length) $("expectations").append(html("li", {}, "the scenario states none"));
  for (const [key, value] of Object.entries(run.config)) {
    $("config").append(html("tr", {}, html("td", {}, key), html("td", {}, value)));
  }
  for (const name of data.files) {
    const what = {
      "trace.vcd.gz": "waves", "trace.vcd": "waves", "trace.gtkw": "first view of the waves, for GTKWave",
      "events.jsonl": "every event", "report.json": "this verdict for programs",
      "names.json": "names of values in the waves", "failure.txt": "state at failure" }[name];
    $("files").append(html("li", {}, html("a", { href: name }, name), html("span", { class: "dim" }, ` ${what}`)));
  }
}

// ---- sequence: rows and filters -----------------------------------------------------------------

const REQUEST = 0, ANSWER = 1, STEP = 3, REMARK = 4;
const GUC = 1, VF = 2, VGPU = 4;
const ACTORS = ["PF", "GuC", "VF", "mediator", "vGPU"];
const MAX_SHOWN = 400;
const BREAK_PS = 20e6;

function unpack(list) {
  return list.rows.map(([t, gpu, vf, gt, role, from, to, state, text]) => ({ t, gpu, vf, gt, role, from, to, state, text }));
}

const rowsOf = { story: unpack(data.story), every: unpack(data.every) };
// As the log first tells of them, which is as the machine has them.
const gpuOrder = [...new Set(rowsOf.every.map((row) => row.gpu))];
const end = Math.max(data.run.sim_time_ps, 1);
const view = { from: 0, to: end };

function stateColor(name) {
  const found = [["RESFIX", "resfix"], ["PAUS", "paused"], ["RUNNING", "running"], ["READY", "ready"]].find(([part]) => name.includes(part));
  return `var(--${found ? found[1] : "other"})`;
}

function isWanted(row) {
  const text = $("text").value.trim().toLowerCase();
  const kind = row.role === REMARK ? "remarks" : row.role === STEP ? "steps" : "messages";
  return $(kind).checked && (!$("gpu").value || row.gpu === $("gpu").value || !row.gpu) &&
    (!$("vf").value || row.vf === Number($("vf").value) || (row.role === REMARK && !row.vf)) &&
    (!$("gt").value || row.gt === Number($("gt").value) || row.role === REMARK) &&
    (!text || row.text.toLowerCase().includes(text));
}

function zoomTo(from, to) {
  const least = Math.min(1e4, end);
  if (to < from) [from, to] = [to, from];
  if (to - from < least) [from, to] = [from - least / 2, from + least / 2];
  const width = Math.min(to - from, end);
  view.from = Math.min(Math.max(from, 0), end - width);
  view.to = view.from + width;
  drawSequence();
}

function zoomBy(factor, center = (view.from + view.to) / 2) {
  zoomTo(center - (center - view.from) * factor, center + (view.to - center) * factor);
}

// ---- sequence: overview -------------------------------------------------------------------------

// Bars of VF states, one lane for each VF at each GuC.
function lanes() {
  const found = new Map();
  for (const row of rowsOf.every) {
    if (!row.state) continue;
    const key = `${row.gpu} ${row.gt ? "media" : "main"} VF ${row.vf}`;
    if (!found.has(key)) found.set(key, { row, steps: [] });
    found.get(key).steps.push({ t: row.t, name: row.text.replace("new VF state ", "") });
  }
  const rank = ([, { row }]) => (gpuOrder.indexOf(row.gpu) * 100 + row.vf) * 2 + row.gt;
  return [...found].filter(([, lane]) => isLane(lane.row)).sort((a, b) => rank(a) - rank(b)).slice(0, 24);
}

const isLane = (row) => (!$("gpu").value || row.gpu === $("gpu").value) &&
  (!$("vf").value || row.vf === Number($("vf").value)) && (!$("gt").value || row.gt === Number($("gt").value));

function drawLane(root, [name, lane], y, left, x) {
  root.append(svg("text", { class: "s", x: left - 8, y: y + 11, "text-anchor": "end" }, left < 120 ? name.replace("media", "md").replace("main", "mn") : name));
  lane.steps.forEach((step, i) => {
    const next = i + 1 < lane.steps.length ? lane.steps[i + 1].t : end;
    const x1 = x(Math.max(step.t, view.from)), x2 = x(Math.min(next, view.to));
    if (next < view.from || step.t > view.to) return;
    const bar = svg("rect", { x: x1, y: y + 1, width: Math.max(x2 - x1, 1), height: 12, rx: 2, fill: stateColor(step.name) });
    root.append(tip(bar, `${name}: ${step.name}\n${us(step.t)} \u2013 ${us(next)} \u00b5s (${time(next - step.t)})`));
  });
}

// A drag over an area chooses a window; a click without one does nothing.
function brush(root, area, toTime) {
  const box = svg("rect", { y: area.y, height: area.height, fill: "var(--brush)", stroke: "var(--accent)", width: 0 });
  const pad = svg("rect", { ...area, fill: "transparent", style: "cursor: crosshair; touch-action: pan-y" });
  let start = null;
  const at = (event) => Math.min(Math.max(event.clientX - root.getBoundingClientRect().left, area.x), area.x + area.width);
  pad.addEventListener("pointerdown", (event) => { start = at(event); pad.setPointerCapture(event.pointerId); });
  pad.addEventListener("pointermove", (event) => {
    if (start === null) return;
    box.setAttribute("x", Math.min(start, at(event)));
    box.setAttribute("width", Math.abs(at(event) - start));
  });
  pad.addEventListener("pointerup", (event) => {
    const from = start;
    start = null;
    box.setAttribute("width", 0);
    if (from !== null && Math.abs(at(event) - from) > 4) zoomTo(toTime(from), toTime(at(event)));
  });
  pad.addEventListener("dblclick", () => zoomTo(0, end));
  root.append(pad, box);
  return pad;
}

function drawOverview() {
  const width = Math.max($("overview").clientWidth, 260), left = width < 700 ? 112 : 150, right = 14;
  const list = lanes(), body = list.length * 16, height = body + 66;
  const root = svg("svg", { width, height, role: "img", "aria-label": "overview" });
  const scale = (from, to) => (t) => left + ((t - from) / (to - from)) * (width - left - right);
  const x = scale(view.from, view.to), whole = scale(0, end);
  brush(root, { x: left, y: 0, width: width - left - right, height: body + 24 }, (px) => view.from + ((px - left) / (width - left - right)) * (view.to - view.from));
  for (const t of ticks(view.from, view.to, (width - left) / 110)) {
    root.append(svg("line", { x1: x(t), x2: x(t), y1: 0, y2: body + 6, stroke: "var(--line)" }),
      svg("text", { class: "d s", x: x(t), y: body + 19, "text-anchor": x(t) > width - 40 ? "end" : "middle" }, time(t, 7)));
  }
  list.forEach((lane, i) => drawLane(root, lane, i * 16, left, x));
  const y = body + 34;
  root.append(svg("text", { class: "d s", x: left - 8, y: y + 16, "text-anchor": "end" }, "whole run"),
    svg("rect", { x: left, y, width: width - left - right, height: 24, fill: "none", stroke: "var(--line)" }));
  const columns = new Map();
  for (const row of rowsOf.every) {
    const at = Math.round(whole(row.t));
    columns.set(at, (columns.get(at) || 0) + 1);
  }
  for (const [at, count] of columns) {
    const tall = Math.min(22, 3 + 3 * Math.log2(1 + count));
    root.append(svg("line", { x1: at, x2: at, y1: y + 23, y2: y + 23 - tall, stroke: "var(--life)" }));
  }
  root.append(svg("rect", { x: whole(view.from), y, width: Math.max(whole(view.to) - whole(view.from), 2), height: 24, fill: "var(--brush)", stroke: "var(--accent)" }));
  brush(root, { x: left, y, width: width - left - right, height: 24 }, (px) => ((px - left) / (width - left - right)) * end);
  $("overview").replaceChildren(root);
}

// ---- sequence: chart ----------------------------------------------------------------------------

const CHAR = 6.65, ROW = 22, AXIS = 84;

const numberOf = (row, actor) => (actor === GUC ? row.gt : actor === VF || actor === VGPU ? row.vf : 0);
const keyOf = (row, actor) => `${row.gpu}|${actor}|${numberOf(row, actor)}`;

function columnsOf(rows) {
  const columns = new Map();
  for (const row of rows) {
    if (row.role === REMARK) continue;
    for (const actor of [row.from, row.to]) {
      const title = `${row.gpu} ${ACTORS[actor]}` + (actor === GUC ? (row.gt ? " media" : " main") : actor === VF || actor === VGPU ? ` ${row.vf}` : "");
      columns.set(keyOf(row, actor), { title, order: gpuOrder.indexOf(row.gpu) * 1e4 + actor * 100 + numberOf(row, actor) });
    }
  }
  const sorted = [...columns.values()].sort((a, b) => a.order - b.order);
  const gaps = sorted.map((column, i) => Math.max(84, i + 1 < sorted.length ? ((column.title.length + sorted[i + 1].title.length) / 2) * CHAR + 14 : 0));
  sorted.forEach((column, i) => (column.index = i));
  let reach = 0;
  for (const row of rows) {
    if (row.role === REMARK) { reach = Math.max(reach, AXIS + 20 + row.text.length * CHAR); continue; }
    const a = columns.get(keyOf(row, row.from)).index, b = columns.get(keyOf(row, row.to)).index;
    if (Math.abs(a - b) === 1) gaps[Math.min(a, b)] = Math.max(gaps[Math.min(a, b)], row.text.length * CHAR + 40);
  }
  let x = AXIS + 46;
  for (const column of sorted) {
    column.x = x;
    x += gaps[column.index];
  }
  for (const row of rows.filter((one) => one.role === STEP)) {
    reach = Math.max(reach, columns.get(keyOf(row, row.from)).x + 50 + (row.text.length + 8) * CHAR);
  }
  for (const row of rows.filter((one) => one.role < STEP)) {
    const middle = (columns.get(keyOf(row, row.from)).x + columns.get(keyOf(row, row.to)).x) / 2;
    reach = Math.max(reach, middle + (row.text.length * CHAR) / 2 + 12);
  }
  return { columns, sorted, width: Math.max(reach, (sorted.length ? sorted[sorted.length - 1].x : AXIS) + 80) };
}

function drawStates(root, rows, ys, columns, bottom) {
  rows.forEach((row, i) => {
    if (!row.state) return;
    const next = rows.findIndex((other, k) => k > i && other.state && other.vf === row.vf && other.gpu === row.gpu && other.gt === row.gt);
    const name = row.text.replace("new VF state ", "");
    root.append(tip(svg("rect", { x: columns.get(keyOf(row, GUC)).x + 5 + 6 * (row.vf % 4), y: ys[i], width: 5,
      height: Math.max((next < 0 ? bottom : ys[next]) - ys[i], 3), fill: stateColor(name) }), `VF ${row.vf}: ${name}`));
  });
}

function drawArrow(root, row, y, columns) {
  const from = columns.get(keyOf(row, row.from)).x, to = columns.get(keyOf(row, row.to)).x;
  const side = from < to ? 3 : -3, head = from < to ? -8 : 8;
  const stroke = ["var(--request)", "var(--answer)", "var(--event)"][row.role];
  const line = svg("line", { x1: from + side, x2: to - side, y1: y, y2: y, stroke, "stroke-width": 1.4, "stroke-dasharray": row.role === ANSWER ? "5 3" : "none" });
  root.append(line, svg("path", { d: `M${to - side} ${y}l${head} -4v8z`, fill: stroke }),
    svg("text", { class: "halo", x: (from + to) / 2, y: y - 5, "text-anchor": "middle" }, row.text));
}

function drawRow(root, row, y, columns, width) {
  const group = svg("g", {});
  group.append(svg("text", { class: "d", x: AXIS - 8, y: y + 4, "text-anchor": "end" }, us(row.t)));
  if (row.role === REMARK) {
    group.append(svg("line", { x1: AXIS, x2: width - 6, y1: y, y2: y, stroke: "var(--life)", "stroke-dasharray": "2 3" }),
      svg("text", { class: "halo", x: AXIS + 10, y: y + 4 }, row.text));
  } else if (row.role === STEP) {
    const x = columns.get(keyOf(row, row.from)).x, place = row.from === GUC ? "" : row.gt ? " (media)" : " (main)";
    group.append(svg("circle", { cx: x, cy: y, r: 3.5, fill: "var(--text)" }),
      svg("text", { class: "halo", x: x + (row.state ? 34 : 10), y: y + 4 }, row.text + place));
  } else {
    drawArrow(group, row, y, columns);
  }
  root.append(tip(group, `${us(row.t, 6)} \u00b5s\n${row.gpu} ${row.role === REMARK ? "" : ACTORS[row.from] + " \u2192 " + ACTORS[row.to]}\n${row.text}`));
}

function drawChart() {
  const all = rowsOf[$("which").value].filter((row) => row.t >= view.from && row.t <= view.to && isWanted(row));
  const rows = all.slice(0, MAX_SHOWN), left = data[$("which").value].total - rowsOf[$("which").value].length;
  const { columns, sorted, width } = columnsOf(rows);
  // A little too wide is drawn a little smaller; much too wide is scrolled.
  const room = $("chart").clientWidth - 2, small = Math.max(0.8, Math.min(1, room / width));
  const full = Math.max(width, room / small);
  const ys = [], root = svg("svg", { width: full * small }), breaks = [];
  let y = 12;
  rows.forEach((row, i) => {
    const gap = i ? row.t - rows[i - 1].t : 0;
    if (gap >= BREAK_PS) { breaks.push([y + ROW - 4, gap]); y += ROW; }
    // A message's label stands above its line, all others beside it.
    ys.push((y += ROW + (i && row.role < STEP && rows[i - 1].role >= STEP ? 5 : 0)));
  });
  const bottom = y + 16;
  root.setAttribute("height", (bottom + 8) * small);
  root.setAttribute("viewBox", `0 0 ${full} ${bottom + 8}`);
  const heads = svg("svg", { width: full * small, height: 26 * small, viewBox: `0 0 ${full} 26` });
  heads.append(svg("text", { class: "d", x: AXIS - 8, y: 17, "text-anchor": "end" }, "time [\u00b5s]"));
  for (const column of sorted) {
    heads.append(svg("text", { x: column.x, y: 17, "text-anchor": "middle", "font-weight": "bold" }, column.title));
    root.append(svg("line", { x1: column.x, x2: column.x, y1: 0, y2: bottom, stroke: "var(--life)" }));
  }
  drawStates(root, rows, ys, columns, bottom);
  for (const [at, gap] of breaks) root.append(svg("text", { class: "d halo", x: AXIS + 10, y: at, "font-style": "italic" }, `\u2026 ${time(gap)} pass`));
  rows.forEach((row, i) => drawRow(root, row, ys[i], columns, full));
  $("chart").replaceChildren(html("div", { class: "heads" }, heads), root);
  $("shown").textContent = `${rows.length} of ${all.length} rows from ${us(view.from)} to ${us(view.to)} \u00b5s` +
    (all.length > rows.length ? "; zoom in or filter to see the others" : "") +
    (left > 0 ? `; the log has ${left} more than this page holds` : "");
}

function drawSequence() {
  if (document.activeElement !== $("from")) $("from").value = us(view.from);
  if (document.activeElement !== $("to")) $("to").value = us(view.to);
  drawOverview();
  drawChart();
}

function startSequence() {
  const fill = (id, values) => $(id).append(html("option", { value: "" }, "all"), ...values.map((value) => html("option", { value }, value)));
  fill("gpu", gpuOrder.filter(Boolean));
  fill("vf", [...new Set(rowsOf.every.map((row) => row.vf).filter(Boolean))].sort((a, b) => a - b));
  const states = rowsOf.every.some((row) => row.state); // vGPUs have none
  if (states) for (const [name, text] of [["running", "running"], ["paused", "paused, pausing"], ["resfix", "to be fixed up"], ["ready", "ready"], ["other", "other state of a VF"]]) {
    $("legend").append(html("span", {}, html("i", { style: `background: var(--${name})` }), text));
  }
  for (const id of ["which", "gpu", "vf", "gt", "text", "messages", "steps", "remarks"]) $(id).addEventListener(id === "text" ? "input" : "change", drawSequence);
  const typed = () => {
    const from = parseFloat($("from").value) * 1e6, to = parseFloat($("to").value) * 1e6;
    if (Number.isFinite(from) && Number.isFinite(to)) zoomTo(from, to);
  };
  for (const id of ["from", "to"]) $(id).addEventListener("change", typed);
  $("filters").addEventListener("submit", (event) => { event.preventDefault(); typed(); });
  $("zoom-in").addEventListener("click", () => zoomBy(0.5));
  $("zoom-out").addEventListener("click", () => zoomBy(2));
  $("zoom-all").addEventListener("click", () => zoomTo(0, end));
  const move = (part) => zoomTo(view.from + part * (view.to - view.from), view.to + part * (view.to - view.from));
  $("earlier").addEventListener("click", () => move(-0.5));
  $("later").addEventListener("click", () => move(0.5));
  for (const id of ["overview", "chart"]) {
    $(id).addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoomBy(event.deltaY < 0 ? 0.7 : 1 / 0.7);
    }, { passive: false });
  }
  if (!rowsOf.story.length) $("which").value = "every";
}

// ---- downtime -----------------------------------------------------------------------------------

function drawMigrations() {
  for (const one of data.run.migrations || []) {
    $("migrations").append(html("p", { class: "dim" },
      `VMM: ${one.vm} ${one.ok ? "moved" : `stayed, ${one.error} at step ${one.step}`}, ${one.rounds} round${one.rounds === 1 ? "" : "s"}, ${one.ram_bytes.toLocaleString("en")} bytes of RAM, ` +
      `${one.device_bytes.toLocaleString("en")} of the device; down ${time(one.downtime_ns * 1e3, 5)} of ${time(one.total_ns * 1e3, 5)}`));
  }
  for (const migration of data.profile.migrations) {
    const title = migration.arrived
      ? `${migration.from} VF ${migration.vf_from} \u2192 ${migration.to} VF ${migration.vf_to}: down for ${time(migration.resume_ps - migration.start_ps, 5)}, from ${us(migration.start_ps)} \u00b5s`
      : `${migration.from} VF ${migration.vf_from}: did not arrive`;
    $("migrations").append(html("h3", {}, title));
    for (const gt of migration.gts) drawSplit(gt, migration.moved_on ? "it moved on: it had not recovered" : "the log ends: it did not recover");
  }
  if (!$("migrations").children.length) $("migrations").append(html("p", { class: "dim" }, "Nothing was migrated."));
}

function drawSplit(gt, notEnded) {
  const stack = html("div", { class: "stack" }), legend = html("div", { class: "legend" });
  Object.entries(gt.steps).forEach(([name, ps], i) => {
    if (!ps) return;
    const share = (100 * ps) / gt.total_ps, text = `${name}: ${time(ps)}, ${share.toFixed(share < 1 ? 2 : 1)} %`;
    stack.append(tip(html("b", { style: `width: ${share}%; background: ${color(i)}` }), text));
    legend.append(html("span", {}, html("i", { style: `background: ${color(i)}` }), text));
  });
  $("migrations").append(html("div", { class: "dim" }, `${gt.gt ? "media" : "main"} GT: ${time(gt.total_ps, 5)} until ${gt.ended ? "its first work was done" : notEnded}`), stack, legend);
}

// ---- latency ------------------------------------------------------------------------------------

const groups = data.profile.groups.map((group, i) => ({ ...group, samples: data.samples[i], i }));
let chosen = 0;

function plot(id, height) {
  const width = Math.max($(id).clientWidth, 260);
  const root = svg("svg", { width, height });
  $(id).replaceChildren(root);
  return { root, left: 52, right: width - 16, top: 8, bottom: height - 30 };
}

// Decades and their names along the bottom; returns the scale.
function logAxis(area, least, most) {
  const from = Math.floor(Math.log10(least)), to = Math.max(Math.ceil(Math.log10(most)), from + 1);
  const x = (value) => area.left + ((Math.log10(value) - from) / (to - from)) * (area.right - area.left);
  for (let power = from; power <= to; power++) {
    area.root.append(svg("line", { x1: x(10 ** power), x2: x(10 ** power), y1: area.top, y2: area.bottom, stroke: "var(--line)" }),
      svg("text", { class: "d s", x: Math.min(x(10 ** power), area.right - 16), y: area.bottom + 16, "text-anchor": "middle" }, time(10 ** power)));
  }
  return x;
}

function upAxis(area, most, name) {
  const y = (value) => area.bottom - (value / most) * (area.bottom - area.top);
  for (const value of ticks(0, most, 5)) {
    area.root.append(svg("line", { x1: area.left, x2: area.right, y1: y(value), y2: y(value), stroke: "var(--line)" }),
      svg("text", { class: "d s", x: area.left - 6, y: y(value) + 4, "text-anchor": "end" }, name(value)));
  }
  return y;
}

const shownGroups = () => [...new Set([...groups.slice(0, 8), groups[chosen]])];

function drawCumulative() {
  const list = shownGroups().filter((group) => group.total.max > 0);
  if (!list.length) return;
  const area = plot("cumulative", 280);
  const x = logAxis(area, Math.max(1, Math.min(...list.map((group) => group.total.min || 1))), Math.max(...list.map((group) => group.total.max)));
  const y = upAxis(area, 100, (value) => value + " %");
  for (const group of list) {
    const many = group.samples.length;
    let path = "";
    group.samples.forEach((value, i) => {
      const at = x(Math.max(value, 1)).toFixed(1);
      path += (i ? `H${at}` : `M${at} ${y(0)}`) + `V${y((100 * (i + 1)) / many).toFixed(1)}`;
    });
    const line = svg("path", { d: path, fill: "none", stroke: color(group.i), "stroke-width": group.i === chosen ? 3 : 1.5 });
    area.root.append(tip(line, `${group.kind} ${group.message}`));
  }
}

function drawHistogram() {
  const group = groups[chosen];
  if (!group) return;
  const area = plot("histogram", 280), bins = 32;
  const least = Math.max(group.total.min, 1), most = Math.max(group.total.max, least * 1.01);
  const low = Math.log(least), wide = Math.log(most) - low;
  const counts = new Array(bins).fill(0);
  for (const value of group.samples) counts[Math.min(bins - 1, Math.floor(((Math.log(Math.max(value, 1)) - low) / wide) * bins))]++;
  const scale = group.total.count / Math.max(group.samples.length, 1);
  const y = upAxis(area, Math.max(...counts) * scale || 1, (value) => Number(value.toPrecision(4)));
  const x = logAxis(area, least, most);
  counts.forEach((count, i) => {
    if (!count) return;
    const from = Math.exp(low + (wide * i) / bins), to = Math.exp(low + (wide * (i + 1)) / bins);
    const bar = svg("rect", { x: x(from) + 0.5, y: y(count * scale), width: Math.max(x(to) - x(from) - 1, 1.5), height: area.bottom - y(count * scale), fill: color(group.i) });
    area.root.append(tip(bar, `${time(from)} \u2013 ${time(to)}: ${Math.round(count * scale)}`));
  });
  $("histogram-title").textContent = `How many ${group.kind} ${group.message} took so long (${group.total.count} in all)`;
}

function choose(i) {
  chosen = i;
  drawLatencyLegend();
  drawCumulative();
  drawHistogram();
}

function drawLatencyLegend() {
  $("latency-legend").replaceChildren(...shownGroups().map((group) => {
    const button = html("button", { type: "button", "aria-pressed": group.i === chosen }, html("i", { style: `background: ${color(group.i)}` }), `${group.kind} ${group.message}`);
    button.addEventListener("click", () => choose(group.i));
    return button;
  }));
}

const quantiles = ["min", "p50", "p90", "p99", "p99.9", "max", "mean"];

function numbers(samples) {
  const share = html("td", {}, samples.share_percent.toFixed(2) + " %", html("span", { class: "share" }, html("b", { style: `width: ${samples.share_percent}%` })));
  return [html("td", {}, samples.count), ...quantiles.map((name) => html("td", {}, (samples[name] / 1e3).toFixed(1))), share];
}

function drawLatencies() {
  const table = $("latencies");
  table.append(html("tr", {}, ...["message", "count", ...quantiles, "share"].map((name) => html("th", {}, name))));
  for (const group of groups) {
    const button = html("button", { type: "button", "aria-expanded": "false" }, `${group.kind} ${group.message}`);
    const row = html("tr", { class: "group" }, html("td", {}, button), ...numbers(group.total));
    const hops = group.hops.filter((hop) => hop.sum > 0).map((hop) => html("tr", { class: "hop", hidden: "" }, html("td", {}, `${hop.hop} (${hop.class})`), ...numbers(hop)));
    row.addEventListener("click", () => {
      const open = row.classList.toggle("open");
      button.setAttribute("aria-expanded", open);
      hops.forEach((hop) => (hop.hidden = !open));
      choose(group.i);
    });
    table.append(row, ...hops);
  }
  $("latency-text").textContent = `${data.profile.messages} messages, ${data.profile.unfinished} without an end; times in ns. A hop is the time up to the point that it names; a message's hops add up to its total.`;
}

// ---- stalls -------------------------------------------------------------------------------------

function busyText(stall) {
  if (!stall.longest) return "nothing";
  return `${stall.handled} for ${time(stall.handled_ps)}, longest ${stall.longest.message} of ${stall.longest.function}, ${time(stall.longest.ps)}`;
}

// A click shows the wait, with as much before and behind it, among all messages.
function showStall(stall) {
  $("which").value = "every";
  zoomTo(stall.start_ps - stall.wait_ps, stall.start_ps + 2 * stall.wait_ps);
  $("sequence").scrollIntoView();
}

function drawStalls() {
  const { stalls } = data.profile;
  $("stalls-text").textContent = stalls.length
    ? "Waits that went furthest beyond the median of their hop, and what was handled at that GuC meanwhile. Click one to see it in the sequence."
    : "No wait was longer than usual.";
  if (!stalls.length) return;
  $("stalls").append(html("tr", {}, ...["message, up to", "function", "from \u00b5s", "ns", "usual", "handled meanwhile"].map((name) => html("th", {}, name))));
  for (const stall of stalls) {
    const button = html("button", { type: "button" }, `${stall.kind} ${stall.message}, ${stall.hop}`);
    const row = html("tr", { class: "group" }, html("td", {}, button), html("td", {}, `${stall.function} gt${stall.gt}`), html("td", {}, us(stall.start_ps)),
      html("td", {}, (stall.wait_ps / 1e3).toFixed(1)), html("td", {}, (stall.usual_ps / 1e3).toFixed(1)), html("td", { class: "words" }, busyText(stall)));
    row.addEventListener("click", () => showStall(stall));
    $("stalls").append(row);
  }
}

// ---- rings and credits --------------------------------------------------------------------------

function drawSeries() {
  const kind = Number($("channel").value);
  const list = data.series.filter((one) => one.kind === kind).slice(0, 8);
  const area = plot("series", 260);
  const y = upAxis(area, Math.max(...list.flatMap((one) => one.points.map((point) => point[1])), 4), (value) => value);
  const x = (t) => area.left + (t / end) * (area.right - area.left);
  for (const t of ticks(0, end, (area.right - area.left) / 110)) {
    area.root.append(svg("text", { class: "d s", x: Math.min(x(t), area.right - 24), y: area.bottom + 16, "text-anchor": "middle" }, time(t, 7)));
  }
  list.forEach((one, i) => {
    let path = `M${x(0)} ${y(0)}`;
    for (const [t, value] of one.points) path += `H${x(t).toFixed(1)}V${y(value).toFixed(1)}`;
    area.root.append(tip(svg("path", { d: path + `H${x(end).toFixed(1)}`, fill: "none", stroke: color(i), "stroke-width": 1.6 }), one.name));
  });
  $("series-legend").replaceChildren(...list.map((one, i) => html("span", {}, html("i", { style: `background: ${color(i)}` }),
    one.name + (one.left_out ? ` (${one.left_out} later changes left out)` : ""))));
}

function startSeries() {
  const kinds = [["H2G rings", 0], ["credits for answers", 1]].filter(([, kind]) => data.series.some((one) => one.kind === kind));
  $("rings-text").textContent = kinds.length
    ? "Dwords in use, of the channels that used most. Rings from the event log; credits, as drivers count them, from the waves."
    : "No channel was used.";
  $("channel").parentElement.hidden = !kinds.length;
  $("channel").append(...kinds.map(([name, value]) => html("option", { value }, name)));
  $("channel").addEventListener("change", drawSeries);
}

// ---- whole --------------------------------------------------------------------------------------

function drawSized() {
  drawSequence();
  drawCumulative();
  drawHistogram();
  if (data.series.length) drawSeries();
}

function startTheme() {
  const root = document.documentElement;
  root.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  $("theme").addEventListener("click", () => (root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark"));
}

startTheme();
drawHead();
startSequence();
drawMigrations();
drawLatencies();
drawLatencyLegend();
drawStalls();
startSeries();
drawSized();
let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth !== width) drawSized();
  width = innerWidth;
});
$("copy").addEventListener("click", () => {
  const range = document.createRange();
  range.selectNodeContents($("repeat"));
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  document.execCommand("copy");
  $("copy").textContent = "copied";
});
