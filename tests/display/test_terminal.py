import io

from rich.console import Console

from nerlink.data import NIL, Document, Mention
from nerlink.display.terminal import document_text, print_document

DOC = Document(
    id="d1",
    text="Ada [b]met[/b] Babbage.",
    mentions=(
        Mention(start=0, end=3, label="PER", entity="Q7"),
        Mention(start=15, end=22, label="PER", entity=NIL),
    ),
)


def printed(doc, **options):
    console = Console(file=io.StringIO(), width=100, **options)
    print_document(doc, console, names=lambda entity: f"name of {entity}")
    return console.file.getvalue()


def test_label_and_link_follow_each_mention():
    assert printed(DOC) == "d1\nAda PER → name of Q7  [b]met[/b] Babbage PER → NIL .\n"


def test_mentions_are_coloured():
    assert "\x1b[38;2;" in printed(DOC, force_terminal=True, color_system="truecolor")


def test_crossing_mentions_keep_the_text():
    mentions = (Mention(start=0, end=4, label="A"), Mention(start=2, end=6, label="B"))
    assert document_text(Document(text="abcdef", mentions=mentions)).plain == "abcd A ef B "


def test_commands_to_the_terminal_are_not_passed_on():
    assert "\x1b" not in printed(Document(text="a\x1b]0;title\x07b", id="\x1b[2J"))


def test_console_is_made_where_none_is_given(capsys):
    print_document(Document(text="Ada"))
    assert capsys.readouterr().out == "Ada\n"
