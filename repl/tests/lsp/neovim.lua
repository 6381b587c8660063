-- Neovim without any plugin: diagnostics, completion, hover, a code action that evaluates, its value in the text.
-- nvim --headless -u NONE -c 'luafile neovim.lua'; LANG_BINARY is the tool, WORK an empty folder.

local work = vim.env.WORK

local function fail(message)
  io.stderr:write('FAILED: ' .. message .. '\n')
  vim.cmd('cquit 1')
end

local function expect(holds, what)
  if not holds then fail(what) end
end

local function wait_for(what, holds)
  if not vim.wait(10000, holds, 20) then fail(what .. ' has not come') end
end

local function ask(method, params)
  local found = vim.lsp.buf_request_sync(0, method, params, 10000)
  for _, reply in pairs(found or {}) do
    expect(not reply.err, method .. ': ' .. vim.inspect(reply.err))
    return reply.result
  end
  fail(method .. ' has no answer')
end

local shown = {}
vim.lsp.handlers['window/showMessage'] = function(_, params) table.insert(shown, params.message) end

vim.o.virtualedit = 'onemore'
vim.cmd.edit(work .. '/a.lang')
vim.bo.filetype = 'lang'
vim.api.nvim_buf_set_lines(0, 0, -1, false, {
  'class Box {',
  '    slot width = 1',
  '}',
  'let box = Box(20)',
  'box.width + 1',
  'fn wrong() { nosuch }',
})
local id = vim.lsp.start({ name = 'lang', cmd = { vim.env.LANG_BINARY, 'lsp' }, root_dir = work })
expect(id, 'the server has not started')
wait_for('the client', function() return vim.lsp.get_client_by_id(id).initialized end)
vim.lsp.inlay_hint.enable(true, { bufnr = 0 })

wait_for('a diagnostic', function()
  for _, found in ipairs(vim.diagnostic.get(0)) do
    if found.message:find('nosuch') then return true end
  end
end)
expect(#vim.diagnostic.get(0) == 1, 'a problem is told ' .. #vim.diagnostic.get(0) .. ' times')

local function at(line, column)
  vim.api.nvim_win_set_cursor(0, { line, column })
  return vim.lsp.util.make_position_params(0, 'utf-16')
end

local labels = {}
local found = ask('textDocument/completion', at(5, 4))
for _, item in ipairs(found.items or found) do labels[item.label] = true end
expect(labels.width, 'no completion: ' .. vim.inspect(found))
local hover = ask('textDocument/hover', at(5, 5))
expect(hover.contents.value:find('slot width = 1', 1, true), vim.inspect(hover))
local place = ask('textDocument/definition', at(5, 5))
expect(place.range.start.line == 1, vim.inspect(place))

local function act(line, column, title)
  at(line, column)
  local count = #shown
  vim.lsp.buf.code_action({ apply = true, filter = function(action) return action.title:find(title, 1, true) == 1 end })
  wait_for('the answer to `' .. title .. '`', function() return #shown > count end)
end

act(1, 0, 'Evaluate form')
act(4, 0, 'Evaluate form')
act(5, 13, 'Evaluate expression')
expect(shown[#shown] == '=> 21', vim.inspect(shown))
wait_for('the value in the text', function()
  for _, hint in ipairs(vim.lsp.inlay_hint.get({ bufnr = 0 })) do
    if hint.inlay_hint.label == '=> 21' and hint.inlay_hint.position.line == 4 then return true end
  end
end)

-- The plugin's inspector: a buffer that goes from part to part.
vim.opt.rtp:append(vim.env.EDITORS_PROJECT .. '/editors/nvim')
local lang = require('lang')
local function inspector(first)
  local came = vim.wait(10000, function()
    return vim.bo.buftype == 'nofile' and vim.api.nvim_buf_get_lines(0, 0, 1, false)[1]:find(first, 1, true) == 1
  end, 20)
  expect(came, 'the inspector is not at `' .. first .. '` but ' .. vim.inspect(vim.api.nvim_buf_get_lines(0, 0, -1, false)))
end
lang.inspect('[[1, 2], box]')
inspector('[[1, 2], Box(width: 20)], of class List')
local function press(line, keys)
  vim.api.nvim_win_set_cursor(0, { line, 0 })
  vim.api.nvim_feedkeys(vim.keycode(keys), 'x', false)
end
press(vim.fn.search('^ *\\[1\\]', 'cw'), '<CR>')
inspector('Box(width: 20), of class a.Box')
press(vim.fn.search('^ *\\[0\\] width = 20', 'cw'), '-')
inspector('[[1, 2], Box(width: 20)], of class List')
press(1, 'q')
at(5, 3)
lang.inspect()
inspector('Box(width: 20), of class a.Box')
press(1, 'q')

vim.lsp.codelens.refresh({ bufnr = 0 })
wait_for('the lenses', function() return #vim.lsp.codelens.get(0) >= 3 end)
expect(vim.fn.filereadable(work .. '/a.lang') == 0, 'the text has been saved')
io.stderr:write('Neovim: ok\n')
vim.cmd('qall!')
