local M = {}

local function client_here()
  local client = vim.lsp.get_clients({ bufnr = 0, name = 'lang' })[1]
  if not client then vim.notify('`lang lsp` is not running for this buffer', vim.log.levels.WARN) end
  return client
end

-- The place that a command is about: the selection in visual mode, else the cursor.
local function place(client)
  if vim.fn.mode():match('^[vV\22]') then
    vim.cmd.normal({ '\27', bang = true }) -- leaving visual mode sets the marks of the selection
    return vim.lsp.util.make_given_range_params(nil, nil, 0, client.offset_encoding)
  end
  return vim.lsp.util.make_range_params(0, client.offset_encoding)
end

-- Sends a command of `lang lsp` with the place it is about.
function M.eval(command)
  local client = client_here()
  if not client then return end
  local params = place(client)
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

-- The buffer in which a value is looked into: Enter goes into the part of the line, `-` back, `n` and `p` to other pages.
local function show_inspected(client, state, reply)
  local inspected = reply.inspected
  if not state.bufnr or not vim.api.nvim_buf_is_valid(state.bufnr) then
    vim.cmd.new()
    state.bufnr = vim.api.nvim_get_current_buf()
    vim.bo.buftype, vim.bo.bufhidden, vim.bo.swapfile = 'nofile', 'wipe', false
    local function map(keys, go)
      vim.keymap.set('n', keys, function() M.look(client, state, go(state.inspected)) end, { buffer = state.bufnr })
    end
    map('<CR>', function()
      local number = vim.api.nvim_get_current_line():match('^%s*%[(%d+)%]')
      return number and { path = vim.list_extend(vim.list_slice(state.path), { tonumber(number) }), from = 0 }
    end)
    map('-', function() return #state.path > 0 and { path = vim.list_slice(state.path, 1, #state.path - 1), from = 0 } end)
    map('n', function(at)
      local next = at.from + #at.parts
      return next < at.count and { path = state.path, from = next }
    end)
    map('p', function(at) return at.from > 0 and { path = state.path, from = 0 } end)
    map('q', function()
      vim.api.nvim_buf_delete(state.bufnr, { force = true })
    end)
  end
  state.inspected = inspected
  vim.bo[state.bufnr].modifiable = true
  vim.api.nvim_buf_set_lines(state.bufnr, 0, -1, false, vim.split(vim.trim(reply.text), '\n'))
  vim.bo[state.bufnr].modifiable = false
end

-- Asks for a page of a value and shows it; `asked` is the object that `lang.inspect` takes, or nothing.
function M.look(client, state, asked)
  if not asked then return end
  asked.show = false
  client.request('workspace/executeCommand', { command = 'lang.inspect', arguments = { asked } }, function(err, reply)
    local failure = err or reply.error
    if failure then return vim.notify(failure.message, vim.log.levels.ERROR) end
    state.path = asked.path
    show_inspected(client, state, reply)
  end)
end

-- Looks into the value of a text, or without one of the selection, or of the expression at the cursor.
function M.inspect(what)
  local client = client_here()
  if not client then return end
  local asked = { path = {}, from = 0 }
  local params = place(client)
  asked.uri, asked.range = params.textDocument.uri, params.range
  if what and what ~= '' then asked.what = what end
  M.look(client, { path = {} }, asked)
end

return M
