vim.filetype.add({ extension = { lang = 'lang' } })
