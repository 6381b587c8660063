"""What texts say, and that unsaved ones lie over those on the disk: U1 to U6 of the acceptance tests."""

import asyncio
import time

import pytest
from conftest import Editor, begin
from lsprotocol import types as t

UTIL = "## Twice.\nfn double(x) {\n    x * 2\n}\n"
USER = "import util\nprint(util.double(1))\n"


async def started(client, folder, **options):
    await begin(client, folder, **options)
    return Editor(client, folder)


@pytest.mark.asyncio
async def test_unsaved_edits_are_diagnosed(client, folder):
    editor = await started(client, folder)
    editor.save("a.lang", "let a = 1\n")
    editor.open("a.lang")
    await editor.clean("a.lang")
    editor.type("a.lang", "= 1", "= (1")
    await editor.diagnosed("a.lang", "(")
    assert (folder / "a.lang").read_text() == "let a = 1\n"
    [found] = client.diagnostics[editor.uri("a.lang")]
    assert found.severity == t.DiagnosticSeverity.Error and found.source == "lang" and found.code.startswith("E")


@pytest.mark.asyncio
async def test_the_last_of_many_edits_is_shown(client, folder):
    editor = await started(client, folder)
    editor.open("a.lang", "fn area(w) {\n    w\n}\nlet x = 1\n")
    editor.type("a.lang", "x = 1", "x = nosuch1")
    editor.type("a.lang", "fn area(w) {", "fn area((w {")
    assert "area" in await editor.labels("a.lang", "let x = "), "names of the text before it was broken"
    editor.type("a.lang", "fn area((w {", "fn area(w) {")
    editor.type("a.lang", "nosuch1", "nosuch2")
    editor.type("a.lang", "nosuch2", "nosuch3")
    await editor.diagnosed("a.lang", "nosuch3")
    await asyncio.sleep(0.2)
    [message] = editor.messages_of("a.lang")
    assert "nosuch3" in message


@pytest.mark.asyncio
async def test_open_files_see_each_other_before_they_are_saved(client, folder):
    editor = await started(client, folder)
    editor.save("util.lang", UTIL)
    editor.save("user.lang", USER)
    editor.open("user.lang")
    editor.open("util.lang")
    await editor.clean("user.lang")
    editor.type("util.lang", "double", "triple")
    await editor.diagnosed("user.lang", "double")
    editor.store("util.lang")
    await asyncio.sleep(0.1)
    await editor.diagnosed("user.lang", "double")
    editor.type("user.lang", "double", "triple")
    await editor.clean("user.lang")


@pytest.mark.asyncio
async def test_a_broken_import_is_told_at_the_import(client, folder):
    editor = await started(client, folder)
    editor.save("util.lang", "fn double(")
    editor.open("user.lang", USER)
    await editor.diagnosed("user.lang", "cannot be loaded")
    [found] = client.diagnostics[editor.uri("user.lang")]
    assert found.range.start.line == 0


@pytest.mark.asyncio
async def test_names_of_unsaved_texts(client, folder):
    editor = await started(client, folder)
    editor.save("util.lang", UTIL)
    text = USER + "class Box {\n    slot width = 1\n    fn area(h) { self.width * h }\n}\nlet box = Box(2)\nbox.width\nlet s = 'a'\ns.upper\n"
    editor.open("user.lang", text)
    editor.open("util.lang")
    editor.type("user.lang", "box.width", "box.")
    editor.type("user.lang", "s.upper", "s.")
    assert {"width", "area"} <= set(await editor.labels("user.lang", "\nbox."))
    assert {"width", "area"} <= set(await editor.labels("user.lang", "self."))
    assert "upper" in await editor.labels("user.lang", "\ns.")
    assert set(await editor.labels("user.lang", "util.")) == {"double"}
    editor.type("util.lang", "double", "triple")
    assert set(await editor.labels("user.lang", "util.")) == {"triple"}
    editor.type("user.lang", "util.double", "util.triple")
    assert "Twice." in await editor.hover("user.lang", "triple")
    found = await editor.definition("user.lang", "triple")
    assert found.uri == editor.uri("util.lang") and found.range.start == t.Position(line=1, character=3)
    found = await editor.definition("user.lang", "width * h")
    assert found.range.start == editor.at("user.lang", "width = 1")
    found = await editor.definition("user.lang", "h }")
    assert found.range.start == editor.at("user.lang", "h) {")
    assert "print(" in await editor.hover("user.lang", "print")
    labels = await editor.labels("user.lang", "print(u")
    assert "util" in labels and "while" not in labels
    assert await editor.labels("user.lang", "'a") == {}


@pytest.mark.asyncio
async def test_what_can_be_imported(client, folder):
    editor = await started(client, folder)
    editor.save("util.lang", UTIL)
    editor.save("shop/price.lang", UTIL)
    editor.open("a.lang", "import u\nimport shop.p\nfrom util import d\nfrom math import s\n")
    assert {"util", "unsaved"} & set(await editor.labels("a.lang", "import u")) == {"util"}
    assert set(await editor.labels("a.lang", "import shop.p")) == {"price"}
    assert set(await editor.labels("a.lang", "util import d")) == {"double"}
    assert {"sqrt", "sin"} <= set(await editor.labels("a.lang", "math import s"))
    editor.open("unsaved.lang", "let x = 1\n")
    assert {"util", "unsaved"} & set(await editor.labels("a.lang", "import u")) == {"util", "unsaved"}


@pytest.mark.asyncio
async def test_closed_files_are_not_told_about(client, folder):
    editor = await started(client, folder)
    editor.save("util.lang", UTIL)
    editor.save("user.lang", USER)
    editor.open("util.lang")
    editor.type("util.lang", "double", "triple")
    await editor.clean("util.lang")
    assert editor.uri("user.lang") not in client.diagnostics


@pytest.mark.asyncio
async def test_what_is_closed_unsaved_is_what_the_disk_has(client, folder):
    editor = await started(client, folder)
    editor.save("util.lang", UTIL)
    editor.open("user.lang", USER)
    editor.open("util.lang")
    editor.type("util.lang", "double", "triple")
    await editor.diagnosed("user.lang", "double")
    editor.close("util.lang")
    await editor.clean("user.lang")


@pytest.mark.asyncio
async def test_files_changed_by_others(client, folder):
    editor = await started(client, folder)
    editor.save("util.lang", UTIL)
    editor.open("user.lang", USER)
    await editor.clean("user.lang")
    editor.save("util.lang", UTIL.replace("double", "triple"))
    event = t.FileEvent(uri=editor.uri("util.lang"), type=t.FileChangeType.Changed)
    client.workspace_did_change_watched_files(t.DidChangeWatchedFilesParams(changes=[event]))
    await editor.diagnosed("user.lang", "double")


@pytest.mark.asyncio
async def test_diagnostics_are_pulled_by_those_who_can(client, folder):
    editor = await started(client, folder, pulls=True)
    editor.save("util.lang", UTIL)
    editor.open("user.lang", USER)
    editor.open("util.lang")

    async def pulled(name):
        params = t.DocumentDiagnosticParams(text_document=editor.document(name))
        return [item.message for item in (await client.text_document_diagnostic_async(params)).items]

    assert await pulled("user.lang") == []
    before = client.diagnostic_refresh_count
    editor.type("util.lang", "double", "triple")
    [message] = await pulled("user.lang")
    assert "double" in message
    await editor.until(lambda: client.diagnostic_refresh_count > before, "a refresh")
    assert editor.messages_of("user.lang") == []


@pytest.mark.asyncio
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_places_are_counted_as_agreed(client, folder, encoding):
    result = await begin(client, folder, encodings=[encoding, "utf-16"])
    assert result.capabilities.position_encoding == encoding
    editor = Editor(client, folder)
    editor.open("a.lang", "let t = 'ü😀'; nosuch\n")
    await editor.diagnosed("a.lang", "nosuch")
    found = [d for d in client.diagnostics[editor.uri("a.lang")] if "nosuch" in d.message]
    before = "let t = 'ü😀'; "
    width = {"utf-8": len(before.encode()), "utf-16": len(before.encode("utf-16-le")) // 2, "utf-32": len(before)}
    assert found[0].range.start.character == width[encoding]


@pytest.mark.asyncio
async def test_symbols_folds_layout_and_colours(client, folder):
    editor = await started(client, folder)
    text = "import math\nimport time\n# %% one\nclass Box {\n    slot width = 1\n}\n# %%\nfn  area( w ) {\n    w\n}\ntest 'it' {\n    assert true\n}\n"
    editor.open("a.lang", text)
    document = editor.document("a.lang")
    symbols = await client.text_document_document_symbol_async(t.DocumentSymbolParams(text_document=document))
    names = [symbol.name for symbol in symbols]
    assert {"Box", "area", "%% one", 'test "it"'} <= set(names)
    box = symbols[names.index("Box")]
    assert [child.name for child in box.children] == ["width"] and box.range.end.line == 5
    folds = await client.text_document_folding_range_async(t.FoldingRangeParams(text_document=document))
    lines = {(fold.start_line, fold.end_line) for fold in folds}
    assert {(0, 1), (2, 5), (3, 4), (6, 12), (7, 8)} <= lines
    options = t.FormattingOptions(tab_size=4, insert_spaces=True)
    edits = await client.text_document_formatting_async(t.DocumentFormattingParams(text_document=document, options=options))
    [edit] = edits
    assert edit.new_text == "fn area(w) {\n" and edit.range.start.line == 7
    editor.type("a.lang", "assert true", "assert (")
    edits = await client.text_document_formatting_async(t.DocumentFormattingParams(text_document=document, options=options))
    assert not edits
    tokens = await client.text_document_semantic_tokens_full_async(t.SemanticTokensParams(text_document=document))
    assert len(tokens.data) % 5 == 0 and tokens.data[:10] == [0, 0, 6, 0, 0, 0, 7, 4, 1, 0]


@pytest.mark.asyncio
async def test_keystrokes_are_cheap(client, folder):
    editor = await started(client, folder)
    text = "".join(f"fn f{i}(x) {{\n    x + {i}\n}}\n" for i in range(500)) + "let x = \n"
    editor.open("a.lang", text)
    rounds = []
    # Another process may be in the way of one round, and not of the server's work.
    for _ in range(3):
        taken = []
        for i in range(100):
            before = time.perf_counter()
            editor.type("a.lang", "let x = ", f"let x = {i % 10}")
            editor.texts["a.lang"] = editor.texts["a.lang"].replace("let x = ", "let x = ", 1)
            await editor.labels("a.lang", "let x = ")
            taken.append(time.perf_counter() - before)
        taken.sort()
        rounds.append(taken[95])
        if rounds[-1] < 0.2:
            return
    assert False, f"95 of 100 keystrokes with a completion took {min(rounds) * 1000:.0f} ms in the best round"
