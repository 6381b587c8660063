; Captures of Helix. Patterns hardly overlap: editors differ in which of two wins.

(comment) @comment.line
(doc_comment) @comment.block.documentation
(cell_marker) @markup.heading

(number) @constant.numeric
(boolean) @constant.builtin.boolean
(nil) @constant.builtin
(string ["\"" "\"\"\""] @string)
[(string_content) (raw_string)] @string
(escape) @constant.character.escape
(interpolation ["${" "}"] @punctuation.special)
(format) @string.special

(self) @variable.builtin
(super "super" @variable.builtin)
(super name: (identifier) @function.method)
(label) @label

((identifier) @type
  (#match? @type "^[A-Z]"))

(function_definition name: (identifier) @function)
(method name: (identifier) @function.method)
(operator_name) @operator
[(getter name: (identifier) @variable.other.member) (setter name: (identifier) @variable.other.member)]
[(slot name: (identifier) @variable.other.member) (shared_slot name: (identifier) @variable.other.member)]

(call
  function: (identifier) @function
  (#not-match? @function "^[A-Z]"))
(call
  function: (member name: (identifier) @function.method)
  (#not-match? @function.method "^[A-Z]"))

(named_argument name: (identifier) @variable.parameter)
(parameters (identifier) @variable.parameter)
(lambda_parameters (identifier) @variable.parameter)
(default_parameter name: (identifier) @variable.parameter)
(entry key: (identifier) @variable.other.member)
(entry_pattern key: (identifier) @variable.other.member)
(slot_pattern name: (identifier) @variable.other.member)

(decorator "@" @attribute)
(decorator (identifier) @attribute)

(namespace_statement name: (_) @namespace)
(import_statement path: [(identifier) (dotted_name)] @namespace)
(from_statement path: [(identifier) (dotted_name)] @namespace)

["let" "const" "once" "class" "enum" "extend" "slot" "shared"] @keyword.storage.type
["static" "transient" "was"] @keyword.storage.modifier
["fn" "get" "set" "migrate"] @keyword.function
["do" "assert" "test"] @keyword
["return" "yield"] @keyword.control.return
["import" "from" "as" "native" "namespace"] @keyword.control.import
["if" "else" "match"] @keyword.control.conditional
["while" "for" "break" "continue"] @keyword.control.repeat
["try" "catch" "finally" "throw"] @keyword.control.exception
["and" "or" "not" "is" "in"] @keyword.operator

[
  "+" "-" "*" "/" "//" "%" "**" "&" "|" "^" "~" "<<" ">>" "==" "!=" "<" "<=" ">" ">="
  "=" ".." "..=" "..." "??" "?." "=>" "||"
] @operator
(assignment_operator) @operator
["." "," ":" ";"] @punctuation.delimiter
["(" ")" "[" "]"] @punctuation.bracket
(block ["{" "}"] @punctuation.bracket)
(class_body ["{" "}"] @punctuation.bracket)
(enum_body ["{" "}"] @punctuation.bracket)
(match_body ["{" "}"] @punctuation.bracket)
(map ["{" "}"] @punctuation.bracket)
(map_pattern ["{" "}"] @punctuation.bracket)
