"""The page of a review in Chromium: a server in a thread, and what reviewers do on it."""

import json
import threading
from contextlib import contextmanager

from nerlink import sources
from nerlink.data import Document, Mention
from nerlink.kb import KnowledgeBase
from nerlink.serving.review.app import create_review_app
from nerlink.serving.review.bare import BaseService
from nerlink.serving.review.journal import Journal
from nerlink.serving.review.session import ReviewOptions, Session
from nerlink.serving.service import Service
from nerlink.serving.settings import ServingSettings

TEXT = "Jordan met Paris. Jordan and Michael Jordan left Paris, Texas."
DOC = Document(
    id="a",
    text=TEXT,
    mentions=(
        Mention(start=0, end=6, label="PER", entity="player"),
        Mention(start=11, end=16, label="LOC"),
    ),
    complete=False,
)
OTHER = Document(id="b", text="Ada Byron saw Paris.", complete=False)


@contextmanager
def served(helper, output, documents, *, settings=None, port=0, **options):
    """The address of a review in a thread."""
    settings = settings or ServingSettings()
    is_base = isinstance(helper, KnowledgeBase)
    service = BaseService(helper, settings) if is_base else Service(helper, settings)
    with Journal(output, say=print) as journal:
        session = Session(service, documents, journal, ReviewOptions(**options))
        app = create_review_app(session)
        import uvicorn

        config = uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, lifespan="on")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                thread.join(0.01)
            yield "http://{}:{}/".format(*server.servers[0].sockets[0].getsockname())
        finally:
            server.should_exit = True
            thread.join()


class Visitors:
    """Pages in a browser, and what went wrong in them: errors, dialogs, requests to others."""

    def __init__(self, browser):
        self.browser, self.faults, self.expected, self.contexts = browser, [], (), []

    def __call__(self, address, *, reviewer="ada", context=None, **options):
        """The page of a review, with its first document."""
        if context is None:
            context = self.browser.new_context(**options)
            self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", self.note)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", lambda dialog: (self.faults.append("a dialog"), dialog.dismiss()))
        page.on("request", lambda r: "//127.0.0.1:" in r.url or self.faults.append(r.url))
        page.goto(address + (f"?reviewer={reviewer}" if reviewer else ""))
        if reviewer:
            page.wait_for_selector("#paper:not([hidden]), #over:not([hidden])")
        return page

    def note(self, message):
        is_expected = any(one in message.text for one in self.expected)
        if message.type in ("error", "warning") and not is_expected:
            self.faults.append(message.text)


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def marks(page):
    """Surface, label and link of each mention on the page."""
    return page.eval_on_selector_all(
        "#text mark",
        "all => all.map(one => [one.textContent, one.dataset.label, one.dataset.link])",
    )


def until(page, expected):
    """Wait until the page has these marks."""
    page.wait_for_function(
        "expected => JSON.stringify([...document.querySelectorAll('#text mark')].map("
        "one => [one.textContent, one.dataset.label, one.dataset.link])) === expected",
        arg=json.dumps(expected, separators=(",", ":"), ensure_ascii=False),
    )


def done(page, key="Control+Enter"):
    """Save a document whose open ends are no mistake, and wait for the next one."""
    name = page.inner_text("#name")
    page.keyboard.press(key)
    if "without a label or a link" in page.inner_text("#status"):
        page.keyboard.press(key)
    page.wait_for_function(
        "name => document.querySelector('#name').innerText !== name "
        "|| !document.querySelector('#over').hidden",
        arg=name,
    )


def gold(output):
    return [
        [(doc.surface(m), m.label, m.entity) for m in doc.mentions] for doc in sources.read(output)
    ]


def drag(page, start, end):
    """Select characters of the text with the mouse."""
    boxes = page.evaluate(
        """offsets => offsets.map(offset => {
             const walker = document.createTreeWalker(document.querySelector('#text'), 4);
             let at = 0;
             for (let node = walker.nextNode(); node; node = walker.nextNode()) {
               if (offset <= at + node.length) {
                 const range = document.createRange();
                 range.setStart(node, offset - at);
                 range.collapse(true);
                 const { x, y, height } = range.getBoundingClientRect();
                 return [x, y + height / 2];
               }
               at += node.length;
             }
           })""",
        [start, end],
    )
    page.mouse.move(*boxes[0])
    page.mouse.down()
    page.mouse.move(*boxes[1], steps=4)
    page.mouse.up()
    page.wait_for_function("() => getSelection().toString().trim() !== ''")
    page.wait_for_timeout(20)
