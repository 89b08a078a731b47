#!/usr/bin/env python3
"""The page of the order services as somebody uses it, in a browser.

usage: orders_page_test.py ORDERS_ALL FOLDER    (screenshots go to FOLDER)
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from web_driver import ENTER, SPACE, TAB, Browser, wait_until

STATE_OF = ("const rows = [...document.querySelectorAll('#services tr')];"
            "const row = rows.find(r => r.cells[0].textContent === arguments[0]);"
            "return row ? row.cells[2].textContent : null")


class Page:
    def __init__(self, browser, folder):
        self.browser = browser
        self.folder = folder

    def said(self):
        return self.browser.script("return document.getElementById('said').textContent")

    def state(self, service):
        return self.browser.script(STATE_OF, service)

    def orders(self):
        """Cells of the orders that are shown, newest first."""
        return self.browser.script("return [...document.querySelectorAll('#orders tr')].map(r => "
                                   "[...r.cells].map(c => c.textContent))")

    def fill(self, product, quantity, price):
        self.browser.script("for (const id in arguments[0]) document.getElementById(id).value = arguments[0][id]",
                            {"customer": "101", "product": product, "quantity": quantity, "price": price})

    def order(self, product, quantity=1, price=10):
        self.fill(product, quantity, price)
        self.browser.click("#place button[type=submit]")

    def expect_said(self, pattern):
        wait_until(lambda: re.search(pattern, self.said()), f"the page says '{pattern}', not '{self.said()}'")

    def shoot(self, name):
        self.browser.screenshot(self.folder / f"{name}.png")


def an_order_moves_through_the_checks(page):
    page.order("KETTLE", 2, 30)
    page.expect_said("VALIDATED")
    wait_until(lambda: page.orders()[0][4:8] == ["✓ pass"] * 3 + ["VALIDATED"], "its row shows the checks")
    wait_until(lambda: "sent" in page.orders()[0][9], "its row shows the mail")
    page.order("COMPASS")
    page.expect_said("FAILED")
    wait_until(lambda: page.orders()[0][6:8] == ["✗ fail", "FAILED"], "its row shows the missing stock")


def an_order_is_shipped_or_cancelled(page):
    page.order("KETTLE", 1, 20)
    page.expect_said("VALIDATED")
    newest = page.orders()[0][0]
    wait_until(lambda: page.orders()[0][10].split() == ["ship", "cancel"], "a validated order can be shipped")
    page.browser.click(f"#{newest}-ship")
    page.expect_said(f"{newest}: ship done, version 2")
    wait_until(lambda: page.orders()[0][7] == "SHIPPED" and not page.orders()[0][10].strip(), "its row shows that")
    page.order("KETTLE", 1, 21)
    page.expect_said("VALIDATED")
    newest = page.orders()[0][0]
    wait_until(lambda: page.orders()[0][10].split() == ["ship", "cancel"], "or cancelled")
    page.browser.click("#OrderCommandsService-stop")
    wait_until(lambda: page.state("OrderCommandsService") == "NOT_RUNNING", "the commands service has stopped")
    page.browser.click(f"#{newest}-cancel")
    page.expect_said(f"{newest}: cancel …")
    page.browser.click("#OrderCommandsService-start")
    wait_until(lambda: page.orders()[0][7] == "FAILED", "the command waits for the service")


def mistakes_are_told(page):
    page.browser.script("document.getElementById('place').noValidate = true")
    page.order("KETTLE", -1)
    page.expect_said("quantity is negative")


def the_keyboard_is_enough(page):
    page.fill("LANTERN", "", 5)
    page.browser.script("document.getElementById('product').focus()")
    page.browser.type(TAB, "3", TAB, TAB, ENTER)
    page.expect_said("VALIDATED")
    wait_until(lambda: page.orders()[0][2] == "3 × LANTERN", "the order that was typed is there")
    page.browser.script("document.getElementById('OrdersLatestService-stop').focus()")
    page.browser.type(SPACE)
    wait_until(lambda: page.state("OrdersLatestService") == "NOT_RUNNING", "the space bar stops a service")


def the_others_go_on_while_a_service_is_away(page):
    page.browser.click("#FraudService-stop")
    wait_until(lambda: page.state("FraudService") == "NOT_RUNNING", "fraud has stopped")
    page.order("KETTLE", 1, 11)
    wait_until(lambda: page.orders()[0][4:8] == ["✓ pass", "…", "✓ pass", "CREATED"], "the other checks are made")
    page.shoot("stopped")
    page.browser.click("#FraudService-start")
    page.expect_said("VALIDATED")
    page.browser.click("#InventoryService-crash")
    page.expect_said("will crash")
    page.order("KETTLE", 1, 12)
    wait_until(lambda: page.state("InventoryService") == "ERROR", "inventory has crashed")
    page.browser.click("#InventoryService-start")
    page.expect_said("VALIDATED")


def the_map_shows_every_service_and_topic(page):
    texts = page.browser.script("return [...document.querySelectorAll('#map text')].map(t => t.textContent)")
    for name in ("OrdersService", "FraudService", "InventoryService", "ValidationsAggregatorService", "EmailService",
                 "orders", "order-validations", "warehouse-inventory", "mails"):
        assert name in texts, f"{name} is not on the map"
    assert any(re.fullmatch(r"[\d.]+ / s, \d+ in all", text) for text in texts), "no rates on the map"


def a_small_screen_is_enough(page):
    page.shoot("large")
    page.browser.resize(390, 844)
    width = page.browser.script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1], f"the page is {width[0]} wide on a screen of {width[1]}"
    for cell in ("#orders td:nth-child(8)", "#stock td:nth-child(5)"):
        hidden = page.browser.script("const cell = document.querySelector(arguments[0]);"
                                     "return cell.getBoundingClientRect().right - "
                                     "cell.closest('.scroll').getBoundingClientRect().right", cell)
        assert hidden < 1, f"{cell} is cut off by {hidden} pixels"
    page.browser.script("document.getElementById('stock').scrollIntoView()")
    page.shoot("small")


def main(program, folder):
    folder.mkdir(parents=True, exist_ok=True)
    if why := Browser.missing():
        print(f"SKIPPED: {why}; ./dev test in continuous integration installs them")
        return 1 if os.environ.get("CI") else 77
    services = subprocess.Popen([program, "--port", "0", "--rate", "0"], stderr=subprocess.PIPE, text=True)
    try:
        address = None
        for line in services.stderr:
            if found := re.search(r"Open (http://\S+)", line):
                address = found[1]
                break
        assert address, "orders_all does not say what to open"
        with Browser() as browser:
            page = Page(browser, folder)
            browser.resize(1280, 1800)
            browser.open(address)
            wait_until(lambda: browser.script("return document.getElementById('product').options.length") == 4,
                       "the products are there")
            for step in (an_order_moves_through_the_checks, an_order_is_shipped_or_cancelled, mistakes_are_told,
                         the_keyboard_is_enough, the_others_go_on_while_a_service_is_away,
                         the_map_shows_every_service_and_topic, a_small_screen_is_enough):
                print(step.__name__.replace("_", " "), flush=True)
                step(page)
            # A request that is refused is reported by the browser as well; anything else is a mistake of the page.
            complaints = [c for c in browser.complaints() if "status of 400" not in c and "status of 503" not in c]
            assert not complaints, complaints
    finally:
        services.terminate()
        services.wait(timeout=60)
    assert services.returncode == 0, f"orders_all ends with {services.returncode}"
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
