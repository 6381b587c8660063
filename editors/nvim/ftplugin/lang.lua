-- Colours from the tree-sitter parser, `lang lsp`, and keys for its commands. `vim.g.lang_path` names the binary.

vim.bo.commentstring = '# %s'
vim.bo.comments = ':##,:#'
vim.bo.shiftwidth = 4
vim.bo.expandtab = true
vim.bo.smartindent = true
vim.b.slime_cell_delimiter = '# %%'

-- Without a parser (see the README) the text has no colours of its own.
pcall(vim.treesitter.start)

local path = vim.g.lang_path or 'lang'
local file = vim.api.nvim_buf_get_name(0)
if vim.fn.executable(path) == 1 and vim.bo.buftype == '' then
  vim.lsp.start({
    name = 'lang',
    cmd = { path, 'lsp' },
    root_dir = vim.fs.root(0, '.git') or vim.fs.dirname(file),
  })
  -- Values are shown behind what was evaluated.
  if vim.lsp.inlay_hint then vim.lsp.inlay_hint.enable(true, { bufnr = 0 }) end
end

local function map(mode, keys, command, desc)
  vim.keymap.set(mode, keys, function() require('lang').eval(command) end, { buffer = true, desc = desc })
end
map('n', '<localleader>e', 'lang.evalForm', 'Evaluate the top-level form')
map('x', '<localleader>e', 'lang.evalRegion', 'Evaluate the selection')
map('n', '<localleader>x', 'lang.evalExpression', 'Evaluate the expression')
map('n', '<localleader>l', 'lang.evalLine', 'Evaluate the line')
map('n', '<localleader>c', 'lang.evalCell', 'Evaluate the cell')
map('n', '<localleader>f', 'lang.evalFile', 'Evaluate the file')

vim.keymap.set({ 'n', 'x' }, '<localleader>i', function() require('lang').inspect() end, { buffer = true, desc = 'Inspect the expression' })
vim.api.nvim_buf_create_user_command(0, 'LangInspect', function(opts) require('lang').inspect(opts.args) end, { nargs = '*', desc = 'Inspect a value' })
