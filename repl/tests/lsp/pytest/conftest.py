"""A server, a folder to work in, and what tests ask for again and again."""

import asyncio
import os
import pathlib

import pytest
import pytest_lsp
from lsprotocol import types as t
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

LANG = os.environ["LANG_BINARY"]
SERVER = ClientServerConfig(server_command=[LANG, "lsp"])


class Editor:
    """An editor with a folder: opens and edits texts, and waits for what comes."""

    def __init__(self, client: LanguageClient, folder: pathlib.Path):
        self.client, self.folder = client, folder
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}

    def uri(self, name):
        return (self.folder / name).as_uri()

    def save(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def open(self, name, text=None):
        text = (self.folder / name).read_text() if text is None else text
        self.texts[name], self.versions[name] = text, 1
        item = t.TextDocumentItem(uri=self.uri(name), language_id="lang", version=1, text=text)
        self.client.text_document_did_open(t.DidOpenTextDocumentParams(text_document=item))

    def type(self, name, old, new):
        """Replaces the first `old` by `new`, as typing does."""
        at = self.texts[name].index(old)
        change = t.TextDocumentContentChangePartial(
            range=t.Range(start=self.at(name, at), end=self.at(name, at + len(old))), text=new
        )
        self.texts[name] = self.texts[name].replace(old, new, 1)
        self._change(name, change)

    def write(self, name, text):
        self.texts[name] = text
        self._change(name, t.TextDocumentContentChangeWholeDocument(text=text))

    def _change(self, name, change):
        self.versions[name] += 1
        document = t.VersionedTextDocumentIdentifier(uri=self.uri(name), version=self.versions[name])
        self.client.text_document_did_change(t.DidChangeTextDocumentParams(text_document=document, content_changes=[change]))

    def store(self, name):
        self.save(name, self.texts[name])
        self.client.text_document_did_save(t.DidSaveTextDocumentParams(text_document=self.document(name)))

    def close(self, name):
        self.client.text_document_did_close(t.DidCloseTextDocumentParams(text_document=self.document(name)))

    def document(self, name):
        return t.TextDocumentIdentifier(uri=self.uri(name))

    def at(self, name, where, behind=False):
        """The place of a byte or of a text, as UTF-16 counts it."""
        text = self.texts[name]
        offset = where if isinstance(where, int) else text.index(where) + (len(where) if behind else 0)
        before = text[:offset]
        line = before.split("\n")[-1]
        return t.Position(line=before.count("\n"), character=len(line.encode("utf-16-le")) // 2)

    def range_of(self, name, text):
        return t.Range(start=self.at(name, text), end=self.at(name, text, behind=True))

    def messages_of(self, name, source=None):
        found = self.client.diagnostics.get(self.uri(name), [])
        return [d.message for d in found if source is None or d.source == source]

    async def until(self, holds, what):
        for _ in range(200):
            if holds():
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"{what} has not come")

    async def diagnosed(self, name, text, source=None):
        await self.until(lambda: any(text in m for m in self.messages_of(name, source)), f"`{text}`")

    async def clean(self, name):
        uri = self.uri(name)
        await self.until(lambda: uri in self.client.diagnostics and not self.client.diagnostics[uri], f"`{name}` without problems")

    async def labels(self, name, where, behind=True):
        params = t.CompletionParams(text_document=self.document(name), position=self.at(name, where, behind))
        found = await self.client.text_document_completion_async(params)
        return {item.label: item for item in found or []}

    async def hover(self, name, where):
        params = t.HoverParams(text_document=self.document(name), position=self.at(name, where))
        found = await self.client.text_document_hover_async(params)
        return found.contents.value if found else None

    async def signature(self, name, where):
        """What the call takes that is open behind a text: the label, and the parameter that is marked in it."""
        params = t.SignatureHelpParams(text_document=self.document(name), position=self.at(name, where, True))
        found = await self.client.text_document_signature_help_async(params)
        if not found:
            return None
        [signature] = found.signatures
        labels = [parameter.label for parameter in signature.parameters]
        cut = lambda label: label if isinstance(label, str) else signature.label[label[0] : label[1]]
        return signature.label, cut(labels[found.active_parameter]) if found.active_parameter < len(labels) else None

    async def definition(self, name, where):
        params = t.DefinitionParams(text_document=self.document(name), position=self.at(name, where))
        return await self.client.text_document_definition_async(params)

    async def hints(self, name):
        whole = t.Range(start=t.Position(line=0, character=0), end=t.Position(line=10_000, character=0))
        params = t.InlayHintParams(text_document=self.document(name), range=whole)
        return await self.client.text_document_inlay_hint_async(params)

    async def actions(self, name, range):
        params = t.CodeActionParams(
            text_document=self.document(name), range=range, context=t.CodeActionContext(diagnostics=[])
        )
        return await self.client.text_document_code_action_async(params)

    async def command(self, command, *arguments):
        return await self.client.workspace_execute_command_async(
            t.ExecuteCommandParams(command=command, arguments=list(arguments))
        )

    async def evaluate(self, kind, name, where=None, behind=True):
        """Carries out a command at the end of a text, or about the whole of it."""
        if where is None:
            return await self.command(f"lang.eval{kind}", self.uri(name))
        if kind == "Region":
            range = self.range_of(name, where)
        else:
            at = self.at(name, where, behind)
            range = t.Range(start=at, end=at)
        return await self.command(f"lang.eval{kind}", self.uri(name), range)


def capabilities(pulls):
    found = client_capabilities("visual-studio-code")
    found.workspace.inlay_hint = t.InlayHintWorkspaceClientCapabilities(refresh_support=True)
    if pulls:
        found.text_document.diagnostic = t.DiagnosticClientCapabilities()
        found.workspace.diagnostics = t.DiagnosticWorkspaceClientCapabilities(refresh_support=True)
    return found


async def begin(client, folder, pulls=False, encodings=None):
    told = capabilities(pulls)
    if encodings:
        told.general.position_encodings = encodings
    params = t.InitializeParams(
        capabilities=told, workspace_folders=[t.WorkspaceFolder(uri=folder.as_uri(), name="work")], process_id=os.getpid()
    )
    return await client.initialize_session(params)


@pytest.fixture(autouse=True)
def sessions(tmp_path, monkeypatch):
    """Programs that run on this machine are none of the tests."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))


@pytest_lsp.fixture(config=SERVER)
async def client(lsp_client: LanguageClient):
    # A client refuses what it has no method for.
    lsp_client.feature("workspace/inlayHint/refresh")(lambda params: None)
    lsp_client.feature("client/registerCapability")(lambda params: None)
    # lsprotocol takes every action with a command for a command.
    converter = lsp_client.protocol._converter
    converter.register_structure_hook(
        t.Command | t.CodeAction,
        lambda found, _: converter.structure(found, t.Command if isinstance(found.get("command"), str) else t.CodeAction),
    )
    yield
    await lsp_client.shutdown_session()


@pytest.fixture
def folder(tmp_path):
    found = tmp_path / "work"
    found.mkdir()
    return found
