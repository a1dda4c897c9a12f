"""What a browser reads from a page: elements with their attributes, and the text inside them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "input", "br", "link", "img"}


@dataclass
class Element:
    name: str
    attributes: dict
    children: list = field(default_factory=list)

    @property
    def text(self):
        return "".join(c if isinstance(c, str) else c.text for c in self.children)

    def all(self, name=None, class_name=None):
        for child in self.children:
            if isinstance(child, str):
                continue
            classes = (child.attributes.get("class") or "").split()
            if name in (None, child.name) and (class_name is None or class_name in classes):
                yield child
            yield from child.all(name, class_name)


class Parser(HTMLParser):
    def __init__(self):
        super().__init__()
        self.stack = [Element("root", {})]

    def handle_starttag(self, tag, attrs):
        element = Element(tag, dict(attrs))
        self.stack[-1].children.append(element)
        if tag not in VOID:
            self.stack.append(element)

    def handle_endtag(self, tag):
        assert self.stack.pop().name == tag, "elements must nest"

    def handle_data(self, data):
        self.stack[-1].children.append(data)


def parse(html):
    parser = Parser()
    parser.feed(html)
    parser.close()
    assert len(parser.stack) == 1, "every element must be closed"
    return parser.stack[0]
