#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The page of a run as a reader has it: test_report.py DIR, where DIR/vf_restore and DIR/fails are runs.
Prints one line a test; exits 1 when one fails. Pictures of the page are left in DIR."""
import os
import sys
import unittest

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

RUNS = os.path.abspath(sys.argv.pop(1))

# Labels of one drawing that lie over each other, by more than the rounding of their boxes.
OVERLAPS = """
const boxes = [...document.querySelectorAll(arguments[0] + " text")].map((text) =>
    [text.textContent, text.getBoundingClientRect()]).filter(([, box]) => box.width);
const found = [];
boxes.forEach(([name, a], i) => boxes.slice(i + 1).forEach(([other, b]) => {
  const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (wide > 1 && high > 3) found.push(name + " | " + other);
}));
return found;
"""

# Contrast of text against what is behind it, WCAG; the least one of the page.
CONTRAST = """
const light = (c) => { const v = c / 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
const sum = (rgb) => 0.2126 * light(rgb[0]) + 0.7152 * light(rgb[1]) + 0.0722 * light(rgb[2]);
const parse = (text) => text.match(/[0-9.]+/g).map(Number);
const back = (node) => { for (; node; node = node.parentElement) {
  const color = parse(getComputedStyle(node).backgroundColor);
  if (color.length < 4 || color[3] === 1) return color; }
  return [255, 255, 255]; };
let least = 99;
for (const node of document.querySelectorAll("p, h1, h2, h3, td, th, li, a, label, .dim, .verdict, .chart text")) {
  const style = getComputedStyle(node);
  const a = sum(parse(node.closest("svg") ? style.fill : style.color)), b = sum(back(node));
  least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
}
return least;
"""


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        options = Options()
        for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
            options.add_argument(word)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        cls.browser = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)

    @classmethod
    def tearDownClass(cls):
        cls.browser.quit()

    def open(self, run, width=1280, height=1000, theme="light"):
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                     {"features": [{"name": "prefers-color-scheme", "value": theme}]})
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                     {"width": width, "height": height, "deviceScaleFactor": 1,
                                      "mobile": width < 600})
        self.browser.get("file://%s/%s/report.html" % (RUNS, run))

    def find(self, name):
        return self.browser.find_element(By.ID, name)

    def rows(self):
        """How many rows the chart shows, and of how many."""
        words = self.find("shown").text.split()
        return int(words[0]), int(words[2])

    def picture(self, name):
        high = self.browser.execute_script("return document.documentElement.scrollHeight")
        wide = self.browser.execute_script("return innerWidth")
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                     {"width": wide, "height": high, "deviceScaleFactor": 1,
                                      "mobile": wide < 600})
        self.browser.save_screenshot("%s/%s.png" % (RUNS, name))

    def test_loads_without_complaint_or_network(self):
        self.browser.get_log("browser")
        self.browser.get_log("performance")
        self.open("vf_restore")
        self.assertEqual(self.browser.get_log("browser"), [])
        asked = [entry["message"] for entry in self.browser.get_log("performance")
                 if '"Network.requestWillBeSent"' in entry["message"]]
        self.assertTrue(all('"url":"file:' in one or '"url":"data:' in one for one in asked), asked)

    def test_says_verdict_and_expectations(self):
        self.open("vf_restore")
        self.assertEqual(self.find("verdict").text, "PASS")
        self.assertGreater(len(self.browser.find_elements(By.CSS_SELECTOR, "#expectations li")), 10)
        self.assertIn("run tests/scenarios/vf_restore.lua", self.find("repeat").text)

    def test_failure_is_told_and_its_text_is_no_markup(self):
        self.open("fails")
        self.assertEqual(self.find("verdict").text, "FAIL")
        self.assertIn("</script><b>no markup</b>", self.find("expectations").text)
        self.find("expectations").find_element(By.TAG_NAME, "button").click()
        self.assertIn("expectation failed", self.find("chart").text)
        self.assertEqual(self.browser.get_log("browser"), [])

    def test_buttons_zoom_by_time(self):
        self.open("vf_restore")
        before = self.rows()[1]
        self.find("zoom-in").click()
        self.assertLess(self.rows()[1], before)
        self.find("zoom-all").click()
        self.assertEqual(self.rows()[1], before)

    def test_typed_window_zooms(self):
        self.open("vf_restore")
        for name, value in (("from", "2194"), ("to", "2240")):
            field = self.find(name)
            field.clear()
            field.send_keys(value + "\n")
        text = self.find("chart").text
        self.assertIn("VF2GUC_RESFIX_DONE(1)", text)
        self.assertNotIn("PF2GUC_VF_CONTROL(pause)", text)

    def test_drag_over_the_overview_zooms(self):
        self.open("vf_restore")
        before = self.rows()[1]
        drawing = self.browser.find_element(By.CSS_SELECTOR, "#overview svg")
        wide = drawing.size["width"]
        (ActionChains(self.browser).move_to_element_with_offset(drawing, int(wide * 0.25), 0)
         .click_and_hold().move_by_offset(int(wide * 0.15), 0).release().perform())
        self.assertLess(self.rows()[1], before)
        self.assertGreater(float(self.find("from").get_attribute("value")), 1000)

    def test_gpus_come_as_the_machine_has_them(self):
        self.open("vf_restore")
        titles = [text.text for text in self.browser.find_elements(By.CSS_SELECTOR, "#chart text")]
        self.assertLess(titles.index("src PF"), titles.index("dst PF"))
        self.assertIn("vmm vm1: stop_vm", " ".join(titles))

    def test_migration_tells_what_went_over_the_link(self):
        self.open("vf_restore")
        self.assertRegex(self.find("migrations").text, r"VMM: vm1 moved, 0 rounds, [0-9,]+ bytes of RAM")

    def test_filters_choose_rows(self):
        self.open("vf_restore")
        story = self.rows()[1]
        Select(self.find("which")).select_by_value("every")
        self.assertGreater(self.rows()[1], story)
        self.find("text").send_keys("resfix_done")
        self.assertEqual(self.rows()[1], 4)  # a message and a step of the driver, on two GTs
        Select(self.find("gt")).select_by_value("1")
        self.assertEqual(self.rows()[1], 2)
        self.find("messages").click()
        self.assertEqual(self.rows()[1], 1)

    def test_message_opens_its_hops(self):
        self.open("vf_restore")
        row = self.browser.find_element(By.CSS_SELECTOR, "#latencies tr.group")
        hops = lambda: [one for one in self.browser.find_elements(By.CSS_SELECTOR, "#latencies tr.hop")
                        if one.is_displayed()]
        self.assertEqual(hops(), [])
        row.click()
        self.assertGreater(len(hops()), 3)

    def test_a_stall_leads_to_its_place_in_the_sequence(self):
        self.open("vf_restore")
        rows = self.browser.find_elements(By.CSS_SELECTOR, "#stalls tr.group")
        self.assertEqual(len(rows), 10)
        heads = self.browser.find_elements(By.CSS_SELECTOR, "#stalls th")
        for head, cell in zip(heads, rows[0].find_elements(By.TAG_NAME, "td")):
            self.assertEqual(head.rect["x"], cell.rect["x"])
        cells = [cell.text for cell in rows[0].find_elements(By.TAG_NAME, "td")]
        self.assertGreater(float(cells[3]), 10 * float(cells[4]), cells)
        rows[0].find_element(By.TAG_NAME, "button").click()
        start, wait = float(cells[2]), float(cells[3]) / 1000
        self.assertAlmostEqual(float(self.find("from").get_attribute("value")), start - wait, delta=0.01)
        self.assertAlmostEqual(float(self.find("to").get_attribute("value")), start + 2 * wait, delta=0.01)
        self.assertGreater(self.rows()[0], 0)

    def test_page_of_vgpus_has_no_legend_of_vf_states(self):
        self.open("vgpu_pv_ctb")
        self.assertEqual(self.find("legend").text, "")
        self.assertIn("Nothing was migrated.", self.find("migrations").text)

    def test_labels_do_not_overlap(self):
        for width in (1280, 390):
            self.open("vf_restore", width)
            for drawing in ("#overview", "#chart svg:not(.heads svg)", "#cumulative", "#histogram", "#series"):
                self.assertEqual(self.browser.execute_script(OVERLAPS, drawing), [], (width, drawing))

    def test_labels_of_pictures_do_not_overlap(self):
        for run in ("vf_restore", "vgpu_pv_ctb"):
            for picture in ("timeline", "profile"):
                self.browser.get("file://%s/%s.%s.svg" % (RUNS, run, picture))
                self.assertEqual(self.browser.execute_script(OVERLAPS, "svg"), [], (run, picture))

    def test_fits_and_is_readable_everywhere(self):
        for theme in ("light", "dark"):
            for width in (1280, 390):
                for run in ("vf_restore", "vgpu_pv_ctb", "fails"):
                    self.open(run, width, theme=theme)
                    wide = self.browser.execute_script("return document.documentElement.scrollWidth")
                    self.assertLessEqual(wide, width)
                    self.assertGreaterEqual(self.browser.execute_script(CONTRAST), 4.5, (theme, width, run))
                    self.picture("%s-%s-%d" % (run, theme, width))

    def test_theme_can_be_changed(self):
        self.open("vf_restore")
        back = lambda: self.browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        light = back()
        self.find("theme").click()
        self.assertNotEqual(back(), light)


if __name__ == "__main__":
    unittest.main(verbosity=2)
