; Captures of nvim-treesitter.

[
  (block)
  (class_body)
  (enum_body)
  (match_body)
  (parameters)
  (arguments)
  (parenthesized)
  (tuple)
  (list)
  (map)
  (tuple_pattern)
  (list_pattern)
  (map_pattern)
] @indent.begin

["}" ")" "]"] @indent.branch @indent.end

[(string) (raw_string)] @indent.ignore
