-- Tests of the plugin for Neovim: what a file is, its colours, folds and comments.
--
--     nvim --headless -u NONE --cmd 'set rtp+=editors/nvim,<where parser/lang.so is>' -l editors/tests/nvim.lua

vim.g.lang_path = 'no-such-binary'
vim.cmd('filetype plugin on')

local path = vim.fn.tempname() .. '.lang'
vim.fn.writefile({ '## Doc.', 'fn area(w) {', '    Shape("a ${w}")', '}', 'let x = {if: nil}' }, path)
vim.cmd.edit(path)
assert(vim.bo.filetype == 'lang', vim.bo.filetype)
assert(vim.treesitter.highlighter.active[vim.api.nvim_get_current_buf()], 'no highlighter')
for _, query in ipairs({ 'highlights', 'folds', 'indents', 'locals', 'textobjects' }) do
  assert(vim.treesitter.query.get('lang', query), query)
end

vim.treesitter.get_parser():parse(true)
local expected = {
  { 0, 3, 'comment.documentation' }, { 1, 0, 'keyword.function' }, { 1, 3, 'function' }, { 1, 8, 'variable.parameter' },
  { 2, 5, 'type' }, { 2, 11, 'string' }, { 2, 13, 'punctuation.special' }, { 4, 9, 'property' }, { 4, 13, 'constant.builtin' },
}
for _, place in ipairs(expected) do
  local captures = vim.treesitter.get_captures_at_pos(0, place[1], place[2])
  local names = vim.tbl_map(function(c) return c.capture end, captures)
  assert(vim.tbl_contains(names, place[3]), ('%d:%d is %s, not %s'):format(place[1], place[2], vim.inspect(names), place[3]))
end

vim.wo.foldmethod = 'expr'
vim.wo.foldexpr = 'v:lua.vim.treesitter.foldexpr()'
vim.wait(1000, function() return vim.fn.foldlevel(3) == 1 end)
assert(vim.fn.foldlevel(3) == 1, 'no fold')
print(#expected .. ' places have their captures')
