[
  (block)
  (class_body)
  (enum_body)
  (match_body)
  (arguments)
  (list)
  (tuple)
  (map)
  (string)
  (raw_string)
] @fold
(doc_comment)+ @fold
