"""Evaluation of parts of texts, as editors without any plugin ask for it."""

import asyncio
import json

import pytest
from conftest import Editor, begin
from lsprotocol import types as t

TEXT = """import util
class Box {
    slot width = 1
    fn area(height) {
        self.width * height
    }
}
let box = Box(3)
fn broken(x) {
    nosuch + x
}
# %% sums
let total = 1 + 2
total * 10
# %% [markdown]
# words
# %% noise
print("hello")
util.double(total)
"""


async def started(client, folder):
    await begin(client, folder)
    editor = Editor(client, folder)
    editor.save("util.lang", "fn double(x) {\n    x * 2\n}\n")
    editor.open("a.lang", TEXT)
    return editor


def labels(hints):
    return [(hint.position.line, hint.label) for hint in hints]


@pytest.mark.asyncio
async def test_each_kind_of_region(client, folder):
    editor = await started(client, folder)
    reply = await editor.evaluate("Form", "a.lang", "slot width")
    assert reply["ok"], reply
    assert (await editor.evaluate("Line", "a.lang", "let box"))["ok"]
    editor.type("a.lang", "let total", "box.area(2)\nlet total")
    reply = await editor.evaluate("Line", "a.lang", "box.area(2)")
    assert reply["value"] == "6" and reply["class"] == "Int"
    reply = await editor.evaluate("Expression", "a.lang", "let total = 1 + 2")
    assert reply["value"] == "3"
    reply = await editor.evaluate("Region", "a.lang", "1 + 2")
    assert reply["value"] == "3"
    reply = await editor.evaluate("Cell", "a.lang", "total * 1")
    assert reply["value"] == "30"
    reply = await editor.evaluate("Cell", "a.lang", "util.d")
    assert reply["value"] == "6" and reply["output"] == "hello\n"
    assert "hello" in [message.message for message in client.log_messages]
    reply = await editor.evaluate("File", "a.lang")
    assert reply["ok"], reply
    assert not (folder / "a.lang").exists(), "what is evaluated is not saved"
    shown = [(message.type, message.message) for message in client.messages]
    assert (t.MessageType.Info, "=> 30") in shown


@pytest.mark.asyncio
async def test_values_are_shown_until_their_text_is_edited(client, folder):
    editor = await started(client, folder)
    await editor.evaluate("Cell", "a.lang", "total * 1")
    line = editor.at("a.lang", "total * 10").line
    assert labels(await editor.hints("a.lang")) == [(line, "=> 30")]
    [hint] = await editor.hints("a.lang")
    assert hint.position == editor.at("a.lang", "total * 10", behind=True) and hint.padding_left
    editor.type("a.lang", "import util\n", "import util\n\n")
    assert labels(await editor.hints("a.lang")) == [(line + 1, "=> 30")]
    editor.write("a.lang", editor.texts["a.lang"].replace("\n\n", "\n", 1))
    assert labels(await editor.hints("a.lang")) == [(line, "=> 30")]
    editor.type("a.lang", "total * 10", "total * 11")
    assert labels(await editor.hints("a.lang")) == []
    await editor.evaluate("Line", "a.lang", "total * 11")
    assert labels(await editor.hints("a.lang")) == [(line, "=> 33")]
    editor.type("a.lang", "total * 11", "total * 111")
    assert labels(await editor.hints("a.lang")) == []


@pytest.mark.asyncio
async def test_errors_are_shown_at_their_place(client, folder):
    editor = await started(client, folder)
    await editor.evaluate("Form", "a.lang", "nosuch")
    editor.type("a.lang", "# %% sums", "broken(1)\n# %% sums")
    reply = await editor.evaluate("Line", "a.lang", "broken(1)")
    assert not reply["ok"] and reply["error"]["class"] == "NameError"
    await editor.diagnosed("a.lang", "nosuch", source="lang-live")
    [found] = [d for d in client.diagnostics[editor.uri("a.lang")] if d.source == "lang-live"]
    assert found.range.start.line == editor.at("a.lang", "nosuch").line
    shown = [message for message in client.messages if message.type == t.MessageType.Error]
    assert "nosuch" in shown[-1].message and "\n" not in shown[-1].message
    reply = await editor.evaluate("Line", "a.lang", "total * 10")
    await editor.until(lambda: "total" in str(editor.messages_of("a.lang", "lang-live")), "the next error")
    await editor.evaluate("Cell", "a.lang", "total * 10")
    await editor.until(lambda: not editor.messages_of("a.lang", "lang-live"), "no error")


@pytest.mark.asyncio
async def test_refused_texts(client, folder):
    editor = await started(client, folder)
    editor.type("a.lang", "total * 10", "total * (")
    reply = await editor.evaluate("Region", "a.lang", "total * (")
    assert not reply["ok"] and reply["error"]["kind"] == "refused"
    await editor.diagnosed("a.lang", "", source="lang-live")
    reply = await editor.evaluate("Line", "a.lang", "# words")
    assert not reply["ok"] and reply["error"]["kind"] == "impossible"


@pytest.mark.asyncio
async def test_actions_and_lenses(client, folder):
    editor = await started(client, folder)
    at = editor.at("a.lang", "total * 10", behind=True)
    actions = await editor.actions("a.lang", t.Range(start=at, end=at))
    titles = [action.title for action in actions]
    assert titles == [
        "Evaluate expression `total * 10`",
        "Evaluate form `total * 10`",
        "Evaluate line",
        "Evaluate cell `sums`",
        "Evaluate file",
        "Inspect `total * 10`",
    ]
    assert all(action.kind == "lang.evaluate" for action in actions)
    cell = actions[3].command
    reply = await editor.command(cell.command, *cell.arguments)
    assert reply["value"] == "30"
    actions = await editor.actions("a.lang", editor.range_of("a.lang", "1 + 2"))
    assert actions[0].title == "Evaluate selection"
    only = t.CodeActionContext(diagnostics=[], only=["quickfix"])
    params = t.CodeActionParams(text_document=editor.document("a.lang"), range=t.Range(start=at, end=at), context=only)
    assert await client.text_document_code_action_async(params) == []
    lenses = await client.text_document_code_lens_async(t.CodeLensParams(text_document=editor.document("a.lang")))
    found = [(lens.range.start.line, lens.command.title) for lens in lenses]
    line = lambda text: editor.at("a.lang", text).line
    assert (line("class Box"), "▶ Evaluate") in found and (line("fn broken"), "▶ Evaluate") in found
    assert (line("# %% sums"), "▶ Evaluate cell: sums") in found
    assert not any("markdown" in title for _, title in found)
    [noise] = [lens.command for lens in lenses if lens.command.title.endswith("noise")]
    assert (await editor.command(noise.command, *noise.arguments))["output"] == "hello\n"


@pytest.mark.asyncio
async def test_the_server_answers_while_it_evaluates(client, folder):
    editor = await started(client, folder)
    editor.type("a.lang", "total * 10", "while true { }")
    running = asyncio.ensure_future(editor.evaluate("Line", "a.lang", "while true { }"))
    waiting = asyncio.ensure_future(editor.evaluate("Line", "a.lang", "let total = 1 + 2"))
    await asyncio.sleep(0.3)
    assert not running.done()
    assert "area" in await editor.labels("a.lang", "self.")
    assert "print(" in await editor.hover("a.lang", "print")
    at = editor.at("a.lang", "total")
    actions = await editor.actions("a.lang", t.Range(start=at, end=at))
    assert actions[0].title == "Interrupt the evaluation"
    assert await editor.command("lang.interrupt") is True
    reply = await running
    assert reply["error"]["kind"] == "interrupted"
    with pytest.raises(Exception, match="interrupted before"):
        await waiting
    reply = await editor.evaluate("Expression", "a.lang", "1 + 2")
    assert reply["value"] == "3"
    assert await editor.command("lang.interrupt") is False


@pytest.mark.asyncio
async def test_tasks_go_on_and_sleepers_are_woken(client, folder):
    editor = await started(client, folder)
    text = "import time\nimport task\ntask.spawn(|| do { time.sleep(0.2); print('late') })\ntask.spawn(|| do { time.sleep(0.2); nosuch })\n"
    editor.open("b.lang", text + "time.sleep(1000)\n")
    for line in ("time.sleep(0.2); print", "time.sleep(0.2); nosuch"):
        reply = await editor.evaluate("Line", "b.lang", line)
        assert reply["ok"], reply
    logged = lambda: "\n".join(message.message for message in client.log_messages)
    await editor.until(lambda: "late" in logged() and "nosuch" in logged(), "what tasks print")
    running = asyncio.ensure_future(editor.evaluate("Line", "b.lang", "time.sleep(1000)"))
    await asyncio.sleep(0.2)
    await editor.command("lang.interrupt")
    reply = await asyncio.wait_for(running, 5)
    assert reply["error"]["kind"] == "interrupted"


@pytest.mark.asyncio
async def test_what_is_cancelled_is_interrupted(client, folder):
    editor = await started(client, folder)
    editor.type("a.lang", "total * 10", "while true { }")
    arguments = [editor.uri("a.lang"), editor.range_of("a.lang", "while true { }")]
    params = t.ExecuteCommandParams(command="lang.evalRegion", arguments=arguments)
    running = client.protocol.send_request_async("workspace/executeCommand", params, msg_id="endless")
    running = asyncio.ensure_future(running)
    await asyncio.sleep(0.2)
    client.cancel_request(t.CancelParams(id="endless"))
    reply = await asyncio.wait_for(running, 5)
    reply = reply if isinstance(reply, dict) else json.loads(json.dumps(reply, default=lambda o: o.__dict__))
    assert reply["error"]["kind"] == "interrupted"


@pytest.mark.asyncio
async def test_the_program_is_asked_for_names(client, folder):
    editor = await started(client, folder)
    editor.type("a.lang", "let box = Box(3)", "fn make() { Box(3) }\nlet box = make()")
    assert "· live" not in str(await editor.labels("a.lang", "# words"))
    for form in ("class Box", "fn make", "let box", "let total"):
        assert (await editor.evaluate("Form", "a.lang", form))["ok"]
    editor.type("a.lang", "total * 10", "box.ar")
    found = await editor.labels("a.lang", "box.ar")
    assert "live" in found["area"].detail
    assert "a.Box" in await editor.hover("a.lang", "box = make")


@pytest.mark.asyncio
async def test_undo_and_reload(client, folder):
    editor = await started(client, folder)
    editor.save("b.lang", "fn answer() {\n    41\n}\nfn ask() {\n    answer()\n}\n")
    editor.open("b.lang")
    assert (await editor.evaluate("File", "b.lang"))["ok"]
    editor.type("b.lang", "41", "42")
    assert (await editor.evaluate("File", "b.lang"))["ok"]
    editor.type("b.lang", "fn ask", "answer()\nfn ask")
    assert (await editor.evaluate("Line", "b.lang", "answer()\n", behind=False))["ok"]
    line = editor.at("b.lang", "\nanswer()\n").line + 1

    async def answer():
        at = t.Position(line=line, character=8)
        return (await editor.command("lang.evalLine", editor.uri("b.lang"), t.Range(start=at, end=at)))["value"]

    assert await answer() == "42"
    assert (await editor.command("lang.reload"))["ok"]
    assert await answer() == "41"
    assert (await editor.command("lang.undo"))["ok"]
    assert await answer() == "42"


@pytest.mark.asyncio
async def test_commands_that_do_not_exist_or_fit(client, folder):
    editor = await started(client, folder)
    for command, arguments in [
        ("lang.nosuch", []),
        ("lang.evalLine", []),
        ("lang.evalLine", [3]),
        ("lang.evalLine", [editor.uri("a.lang"), "x"]),
        ("lang.evalLine", [editor.uri("nosuch.lang"), {"line": 0, "character": 0}]),
    ]:
        with pytest.raises(Exception, match="command|arguments|cannot be read"):
            await editor.command(command, *arguments)
    reply = await editor.command("lang.evalLine", editor.uri("util.lang"), {"line": 0, "character": 0})
    assert reply["ok"] is False or reply["ok"] is True, "files that are not open can be evaluated"


@pytest.mark.asyncio
async def test_values_are_inspected(client, folder):
    editor = await started(client, folder)
    for form in ("class Box", "let box"):
        assert (await editor.evaluate("Form", "a.lang", form))["ok"]
    editor.type("a.lang", "total * 10", "box; [box, [1, 2, 3]]")
    # The expression at the cursor, unsaved; editors without a plugin get a message.
    reply = await editor.command("lang.inspect", editor.uri("a.lang"), editor.range_of("a.lang", "[box, [1, 2, 3]]"))
    found = reply["inspected"]
    assert found["class"] == "List" and found["count"] == 2
    assert [part["name"] for part in found["parts"]] == ["0", "1"]
    assert any("of class List" in message.message for message in client.messages)
    # From there on by numbers.
    count = len(client.messages)
    reply = await editor.command("lang.inspect", {"path": [0], "show": False})
    assert reply["inspected"]["class"] == "a.Box"
    assert ["layout", "a.Box 1"] in reply["inspected"]["facts"] or reply["inspected"]["facts"], reply
    assert reply["inspected"]["parts"][0] == {"name": "width", "shown": "3", "has_parts": False}
    reply = await editor.command("lang.inspect", "[1][2]")
    assert reply["inspected"]["shown"] == "3"
    reply = await editor.command("lang.inspect", {"path": [1], "from": 2, "show": False})
    assert reply["inspected"]["from"] == 2 and len(reply["inspected"]["parts"]) == 1
    reply = await editor.command("lang.inspect", {"path": [9], "show": False})
    assert reply["error"]["message"].endswith("has no part 9")
    assert len(client.messages) == count + 1, "what a plugin shows is not told by the server, too"
    # A name is looked up; an old layout is shown as it is.
    at = editor.at("a.lang", "box; ")
    assert (await editor.command("lang.inspect", editor.uri("a.lang"), at))["inspected"]["class"] == "a.Box"
    editor.type("a.lang", "slot width = 1", "slot width = 1\n    slot depth = 9")
    assert (await editor.evaluate("Form", "a.lang", "slot width"))["ok"]
    reply = await editor.command("lang.inspect", {"show": False})
    assert [part["name"] for part in reply["inspected"]["parts"]] == ["width"]
    assert "it follows at its next use" in reply["text"]
    reply = await editor.command("lang.inspect", {"what": "util.double(box.width)", "uri": editor.uri("a.lang")})
    assert reply["inspected"]["shown"] == "6"
    assert (await editor.command("lang.inspect", "1 +"))["error"]["kind"] == "refused"
    for arguments in ([], [3], [{"nosuch": 1}], [editor.uri("a.lang"), "x"]):
        with pytest.raises(Exception, match="arguments"):
            await editor.command("lang.inspect", *arguments)


@pytest.mark.asyncio
async def test_signatures(client, folder):
    editor = await started(client, folder)
    editor.type("a.lang", "total * 10", "box.area(1); util.double(2); Box(3); print(1, 2); [].map(4); pair(1, 'ü', unit: 5)")
    editor.type("a.lang", "# words", "## Two.\nfn pair(a, b = [1, 2], unit = 'ü, x') { a }")
    for where, expected in [
        ("box.area(", ("area(height)", "height")),
        ("util.double(", ("double(x)", "x")),
        ("Box(3); print".split(";")[0][:4], ("Box(width = 1)", "width = 1")),
        ("pair(1, ", ("pair(a, b = [1, 2], unit = 'ü, x')", "b = [1, 2]")),
        ("pair(1, 'ü', unit: ", ("pair(a, b = [1, 2], unit = 'ü, x')", "unit = 'ü, x'")),
    ]:
        assert await editor.signature("a.lang", where) == expected, where
    label, _ = await editor.signature("a.lang", "print(1")
    assert label.startswith("print(")
    assert await editor.signature("a.lang", "Box(3)") is None
    # What only the program knows.
    editor.type("a.lang", "let total = 1 + 2", "fn make() { Box(3) }\nlet made = make()\nmade.area(1)")
    assert await editor.signature("a.lang", "made.area(") is None
    for form in ("class Box", "fn make", "let made"):
        assert (await editor.evaluate("Form", "a.lang", form))["ok"]
    assert await editor.signature("a.lang", "made.area(") == ("area(height)", "height")
