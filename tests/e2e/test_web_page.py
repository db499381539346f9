"""The whole bot as a process, and its page in a real browser."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from playwright.async_api import Browser, Error, Page, async_playwright, expect

from tests.e2e.program import running
from tests.fakes.model import FakeModel, Messages
from tests.fakes.page import free_port

CHROMIUM = shutil.which("chromium")
PHONE = {"width": 390, "height": 844}
DEADLINE = 30_000.0
ANSWER = [
    "# 你好\n\n1. **粗体** and a word",
    "\n2. `code`\n\n```python\nprint('<b>hi</b>')\n```\n",
    "\n[link](https://example.org/)",
]
HOSTILE = [
    "<script>window.harmed = 1</script> <img src=x onerror='window.harmed = 2'>\n\n",
    "[click](javascript:window.harmed=3) <a href='javascript:window.harmed=4' onclick='window.harmed=5'>here</a>\n\n",
    '![x](x" onerror="window.harmed=6) <svg onload=window.harmed=7> <https://example.org/"onclick="window.harmed=8>',
]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: apt-get install chromium")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def phone(browser: Browser, language: str = "zh-CN") -> AsyncIterator[Page]:
    """Open a browser of its own, on a phone; at the end nothing went wrong on its page."""
    context = await browser.new_context(viewport=PHONE, locale=language, has_touch=True, color_scheme="light")  # type: ignore[arg-type]
    page = await context.new_page()
    page.set_default_timeout(DEADLINE)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


async def reach(page: Page, port: int) -> None:
    """Load the page, as soon as the bot serves it."""
    async with asyncio.timeout(DEADLINE / 1000):
        while True:
            with suppress(Error):  # the connection is refused
                await page.goto(f"http://127.0.0.1:{port}/")
                return
            await asyncio.sleep(0.05)


async def visit(page: Page, port: int) -> None:
    """Load the page, and wait until it is connected."""
    await reach(page, port)
    await expect(page.locator("#state")).to_have_class("connected", timeout=DEADLINE)


async def write(page: Page, text: str) -> None:
    await page.fill("#text", text)
    await page.press("#text", "Enter")


def variables(port: int, model: FakeModel) -> dict[str, str]:
    return {"GLMBOT_ADAPTERS__WEB__PORT": str(port), "GLMBOT_INFERENCE__URL": model.url}


def script(pieces: list[str]) -> FakeModel:
    def answer(_: Messages) -> list[str]:
        return pieces

    return FakeModel(answer)


async def test_an_answer_grows_and_stays_and_fits_a_phone(tmp_path: Path) -> None:
    port = free_port()
    async with script(ANSWER) as model, chromium() as browser, running(tmp_path, "run", **variables(port, model)):
        model.gate.clear()
        async with phone(browser) as page:
            await visit(page, port)
            await write(page, "你好，请介绍一下你自己")
            await expect(page.locator(".bot strong")).to_have_text("粗体", timeout=DEADLINE)
            await expect(page.locator("#stop")).to_be_visible()
            assert await page.locator(".bot pre").count() == 0
            model.gate.set()
            await expect(page.locator(".bot pre")).to_have_text("print('<b>hi</b>')", timeout=DEADLINE)
            await expect(page.locator(".bot a")).to_have_attribute("rel", "noopener noreferrer")
            await expect(page.locator("#stop")).to_be_hidden(timeout=DEADLINE)
            await expect(page.locator("#news")).to_contain_text("粗体")
            widths = await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
            assert widths[0] <= widths[1] == PHONE["width"]
            before = await page.locator("#log").inner_html()
            await page.reload()
            await expect(page.locator("#state")).to_have_text("已连接")
            assert await page.locator("#log").inner_html() == before


async def test_enter_within_chinese_input_does_not_send(tmp_path: Path, model: FakeModel) -> None:
    port = free_port()
    async with chromium() as browser, running(tmp_path, "run", **variables(port, model)), phone(browser) as page:
        await visit(page, port)
        await page.fill("#text", "ni hao")
        await page.dispatch_event("#text", "keydown", {"key": "Enter", "isComposing": True})
        await page.press("#text", "Shift+Enter")
        assert await page.locator(".me").count() == 0
        await page.press("#text", "Enter")
        await expect(page.locator(".me")).to_have_text("ni hao\n")


async def test_killed_and_started_again_it_answers_once(tmp_path: Path, model: FakeModel) -> None:
    port = free_port()
    model.gate.clear()
    async with chromium() as browser, phone(browser, "en-GB") as page:
        async with running(tmp_path, "run", **variables(port, model)) as bot:
            await visit(page, port)
            await write(page, "hello")
            await expect(page.locator(".bot")).to_have_text("echo:", timeout=DEADLINE)
            os.kill(bot.pid, signal.SIGKILL)
            await bot.wait()
        await expect(page.locator("#state")).to_have_text("No connection, trying again …")
        await write(page, "are you there?")
        model.gate.set()
        async with running(tmp_path, "run", **variables(port, model)):
            await expect(page.locator("#log > li")).to_have_text(
                ["hello", "echo: hello", "are you there?", "echo: are you there?"], timeout=DEADLINE
            )
            await expect(page.locator(".pending")).to_have_count(0)


async def test_stop_ends_an_answer_and_is_no_message(tmp_path: Path, model: FakeModel) -> None:
    port = free_port()
    model.gate.clear()
    async with chromium() as browser, running(tmp_path, "run", **variables(port, model)), phone(browser) as page:
        await visit(page, port)
        await write(page, "hello")
        await page.click("#stop")
        await expect(page.locator(".bot")).to_contain_text("(stopped)", timeout=DEADLINE)
        assert await page.locator("#log > li").count() == 2


async def test_two_tabs_show_the_same(tmp_path: Path, model: FakeModel) -> None:
    port = free_port()
    async with chromium() as browser, running(tmp_path, "run", **variables(port, model)), phone(browser) as page:
        await visit(page, port)
        second = await page.context.new_page()
        await visit(second, port)
        await write(second, "hello")
        for tab in (page, second):
            await expect(tab.locator("#log > li")).to_have_text(["hello", "echo: hello"], timeout=DEADLINE)


async def test_a_hostile_answer_does_nothing(tmp_path: Path) -> None:
    port = free_port()
    async with (
        script(HOSTILE) as model,
        chromium() as browser,
        running(tmp_path, "run", **variables(port, model)),
        phone(browser) as page,
    ):
        await visit(page, port)
        await write(page, "hello")
        await expect(page.locator(".bot")).to_contain_text("window.harmed=7", timeout=DEADLINE)
        for link in await page.locator(".bot a").all():
            await link.evaluate("link => link.dispatchEvent(new MouseEvent('click'))")
        assert await page.evaluate("window.harmed") is None
        assert await page.locator(".bot :is(script, img, svg, [onerror], [onclick], [href^=javascript])").count() == 0


async def test_the_page_itself_lets_no_hostile_html_in(tmp_path: Path, model: FakeModel) -> None:
    """Should our own renderer let something through: the page copies what it knows, and its policy runs nothing."""
    port = free_port()
    hostile = (
        "<p onclick='window.harmed=1'>text<script>window.harmed=2</script><img src=x onerror='window.harmed=3'>"
        "<a href='javascript:window.harmed=4' style='color:red'>a</a><a href='/x'>b</a><iframe src=x></iframe>"
        "<svg><a href='https://example.org'>c</a></svg><form action='x'><input></form><ol start='3'><li>d</ol>"
        "<a href='https://example.org/?q=1' onclick='window.harmed=5'>e</a>"
    )
    store = """html => {
        const message = {id: "x", at: 1, from: "bot", html, run: "r", n: 1};
        localStorage.setItem("glmbot:x", JSON.stringify(message));
    }"""
    async with chromium() as browser, running(tmp_path, "run", **variables(port, model)), phone(browser) as page:
        await visit(page, port)
        await page.evaluate(store, hostile)
        await page.reload()
        await expect(page.locator(".bot")).to_contain_text("text")
        assert await page.locator(".bot > div").inner_html() == (
            '<p>text<a>a</a><a>b</a>c</p><ol start="3"><li>d</li></ol>'
            '<a href="https://example.org/?q=1" target="_blank" rel="noopener noreferrer">e</a>'
        )
        assert await page.evaluate("window.harmed") is None


async def test_the_page_remembers_so_much_and_goes_on_when_its_memory_is_full(tmp_path: Path, model: FakeModel) -> None:
    port = free_port()
    store = """num => {
        for (let at = 1; at <= num; at++) {
            const message = {id: "old" + at, at, from: "me", text: "old " + at, isPending: false};
            localStorage.setItem("glmbot:old" + at, JSON.stringify(message));
        }
    }"""
    fill = """() => {
        for (let size = 1 << 22; size; size >>= 1) {
            try { while (true) localStorage.setItem("other" + Math.random(), "x".repeat(size)); } catch { /* full */ }
        }
    }"""
    count = "() => Object.keys(localStorage).filter(key => key.startsWith('glmbot:')).length"
    async with chromium() as browser, running(tmp_path, "run", **variables(port, model)), phone(browser) as page:
        await visit(page, port)
        await page.evaluate(store, 505)
        await page.reload()
        await write(page, "hello")
        await expect(page.locator("#log > li").last).to_have_text("echo: hello", timeout=DEADLINE)
        assert await page.evaluate(count) == await page.locator("#log > li").count() == 500
        await page.evaluate(fill)
        long = " ".join(f"word{number}" for number in range(200))
        await write(page, long)
        await expect(page.locator("#log > li").last).to_have_text(f"echo: {long}", timeout=DEADLINE)
        await page.reload()
        await expect(page.locator("#log > li").last).to_have_text(f"echo: {long}", timeout=DEADLINE)
        assert 0 < await page.evaluate(count) < 500


async def test_code_can_be_copied(tmp_path: Path) -> None:
    port = free_port()
    async with (
        script(ANSWER) as model,
        chromium() as browser,
        running(tmp_path, "run", **variables(port, model)),
        phone(browser) as page,
    ):
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await visit(page, port)
        await write(page, "hello")
        await expect(page.locator("#stop")).to_be_hidden(timeout=DEADLINE)
        await page.locator(".code > button").click(timeout=DEADLINE)
        assert await page.evaluate("navigator.clipboard.readText()") == "print('<b>hi</b>')"


async def test_a_password_is_asked_for_once(tmp_path: Path, model: FakeModel) -> None:
    port = free_port()
    secret = {"GLMBOT_ADAPTERS__WEB__PASSWORD": "correct horse"}
    async with (
        chromium() as browser,
        running(tmp_path, "run", **variables(port, model), **secret),
        phone(browser) as page,
    ):
        await reach(page, port)
        await page.fill("#password", "wrong")
        await page.press("#password", "Enter")
        await expect(page.locator("#refusal")).to_have_text("密码不正确。", timeout=DEADLINE)
        await page.fill("#password", "correct horse")
        await page.press("#password", "Enter")
        await expect(page.locator("#state")).to_have_text("已连接", timeout=DEADLINE)
        await write(page, "hello")
        await expect(page.locator("#log > li")).to_have_text(["hello", "echo: hello"], timeout=DEADLINE)
        await page.reload()
        await expect(page.locator("#state")).to_have_text("已连接", timeout=DEADLINE)


CHOICES = '''"""Offers a choice, and gives a file."""
from glmbot.api import Answer, Button, Context, File, Plugin

plugin = Plugin("choices")


@plugin.command("choose")
async def choose(ctx: Context) -> Answer:
    """Offer a choice."""
    buttons = [Button("Tea 茶", "/take tea"), Button("Coffee 咖啡", "/take coffee")]
    return Answer("Tea or coffee? 喝什么？", buttons)


@plugin.command("take")
async def take(ctx: Context, drink: str) -> Answer:
    """Give the bill."""
    return Answer(f"One {drink}.", file=File("bill 账单.txt", f"one {drink}".encode()))
'''


async def test_files_and_choices_in_the_page(tmp_path: Path, model: FakeModel) -> None:
    port = free_port()
    (tmp_path / "my_plugins").mkdir()
    (tmp_path / "my_plugins" / "choices.py").write_text(CHOICES)
    settings = variables(port, model)
    async with chromium() as browser, running(tmp_path, "run", **settings) as bot, phone(browser) as page:
        await visit(page, port)
        await page.set_input_files(
            "#picker",
            [
                {"name": "notes 笔记.txt", "mimeType": "text/plain", "buffer": "买两个苹果".encode()},
                {"name": "huge.bin", "mimeType": "", "buffer": bytes(10_000_001)},
                {"name": "wrong.txt", "mimeType": "text/plain", "buffer": b"never sent"},
            ],
        )
        await expect(page.locator("#refused")).to_contain_text("huge.bin 超过 10 MB")
        await page.get_by_role("button", name="移除: wrong.txt").click()
        await page.fill("#text", "总结一下")
        await page.press("#text", "Enter")
        await expect(page.locator(".me .file")).to_have_text("notes 笔记.txt (15 B)")
        await expect(page.locator(".bot")).to_contain_text("买两个苹果", timeout=DEADLINE)
        assert "never sent" not in str(model.requests)

        await write(page, "/choose")
        await page.get_by_role("button", name="Tea 茶").click(timeout=DEADLINE)
        await expect(page.locator(".me").last).to_have_text("Tea 茶")
        await expect(page.get_by_role("button", name="Tea 茶")).to_be_disabled()
        bill = page.get_by_role("button", name="bill 账单.txt (7 B)")
        await expect(bill).to_be_visible(timeout=DEADLINE)
        widths = await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert widths[0] <= widths[1]

        bot.kill()  # what came is the browser's own
        await bot.wait()
        async with page.expect_download() as coming:
            await bill.click()
        download = await coming.value
        assert download.suggested_filename == "bill 账单.txt"
        assert (await download.path()).read_text() == "one tea"


DROP = """([name, text]) => {
    const dragged = new DataTransfer();
    if (name) dragged.items.add(new File([text], name, {type: "text/plain"}));
    else dragged.setData("text/plain", text);
    const tell = kind => document.querySelector("#text").dispatchEvent(
        new DragEvent(kind, {dataTransfer: dragged, bubbles: true, cancelable: true}));
    return [tell("dragover"), document.body.className, tell("drop"), document.body.className];
}"""


async def test_files_are_dropped_and_choices_made_by_the_keyboard(tmp_path: Path, model: FakeModel) -> None:
    port = free_port()
    (tmp_path / "my_plugins").mkdir()
    (tmp_path / "my_plugins" / "choices.py").write_text(CHOICES)
    async with (
        chromium() as browser,
        running(tmp_path, "run", **variables(port, model)),
        phone(browser, "en-GB") as page,
    ):
        await visit(page, port)
        assert await page.evaluate(DROP, ["", "a text"]) == [True, "", True, ""], "the browser's own affair"
        assert await page.evaluate(DROP, ["a.txt", "two apples"]) == [False, "dropping", False, ""]
        assert await page.evaluate(DROP, ["empty.txt", ""]) == [False, "dropping", False, ""]
        await expect(page.locator("#refused")).to_have_text("empty.txt is not attached: it is empty.")
        await expect(page.locator("#attached li")).to_have_text(["a.txt (10 B)×"])
        await page.press("#text", "Enter")
        await expect(page.locator(".bot")).to_contain_text("two apples", timeout=DEADLINE)

        await write(page, "/choose")
        await expect(page.get_by_role("button", name="Coffee 咖啡")).to_be_visible(timeout=DEADLINE)
        await page.focus("#attach")
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Enter")
        await page.keyboard.press("Enter")
        await expect(page.locator(".me")).to_have_text(["a.txt (10 B)", "/choose", "Coffee 咖啡"])
        await expect(page.locator("#text")).to_be_focused()
        await expect(page.get_by_role("button", name="bill 账单.txt (10 B)")).to_be_visible(timeout=DEADLINE)
        assert await page.locator(".me").count() == 3
