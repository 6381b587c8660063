local M = {}

-- Sends a command of `lang lsp` with the place it is about: the selection in visual mode, else the cursor.
function M.eval(command)
  local client = vim.lsp.get_clients({ bufnr = 0, name = 'lang' })[1]
  if not client then
    vim.notify('`lang lsp` is not running for this buffer', vim.log.levels.WARN)
    return
  end
  local params
  if vim.fn.mode():match('^[vV\22]') then
    vim.cmd.normal({ '\27', bang = true }) -- leaving visual mode sets the marks of the selection
    params = vim.lsp.util.make_given_range_params(nil, nil, 0, client.offset_encoding)
  else
    params = vim.lsp.util.make_range_params(0, client.offset_encoding)
  end
  local bufnr = vim.api.nvim_get_current_buf()
  local request = { command = command, arguments = { params.textDocument.uri, params.range } }
  vim.lsp.buf_request(0, 'workspace/executeCommand', request, function(err, result)
    if err then
      vim.notify(err.message, vim.log.levels.ERROR)
    elseif type(result) == 'string' then
      vim.notify(result)
    end
    -- Neovim 0.10 draws the hints of a line once for each version of the text: a new value behind the same text needs this.
    if vim.lsp.inlay_hint and vim.lsp.inlay_hint.is_enabled({ bufnr = bufnr }) then
      vim.lsp.inlay_hint.enable(false, { bufnr = bufnr })
      vim.lsp.inlay_hint.enable(true, { bufnr = bufnr })
    end
  end)
end

return M
