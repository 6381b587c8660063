; Captures of Neovim. Patterns hardly overlap: editors differ in which of two wins.

; Comments

(comment) @comment @spell
(doc_comment) @comment.documentation @spell
(cell_marker) @markup.heading

; Literals

(number) @number
(boolean) @boolean
(nil) @constant.builtin
(string ["\"" "\"\"\""] @string)
[(string_content) (raw_string)] @string
(escape) @string.escape
(interpolation ["${" "}"] @punctuation.special)
(format) @string.special

; Names

(self) @variable.builtin
(super "super" @variable.builtin)
(super name: (identifier) @function.method.call)
(label) @label

((identifier) @type
  (#match? @type "^[A-Z]"))

(function_definition name: (identifier) @function)
(method name: (identifier) @function.method)
(operator_name) @operator
[(getter name: (identifier) @property) (setter name: (identifier) @property)]
[(slot name: (identifier) @property) (shared_slot name: (identifier) @property)]

(call
  function: (identifier) @function.call
  (#not-match? @function.call "^[A-Z]"))
(call
  function: (member name: (identifier) @function.method.call)
  (#not-match? @function.method.call "^[A-Z]"))

(named_argument name: (identifier) @variable.parameter)
(parameters (identifier) @variable.parameter)
(lambda_parameters (identifier) @variable.parameter)
(default_parameter name: (identifier) @variable.parameter)
(entry key: (identifier) @property)
(entry_pattern key: (identifier) @property)
(slot_pattern name: (identifier) @property)

(decorator "@" @attribute)
(decorator (identifier) @attribute)
(decorator (call function: (identifier) @attribute))

(namespace_statement name: (_) @module)
(import_statement path: [(identifier) (dotted_name)] @module)
(from_statement path: [(identifier) (dotted_name)] @module)

; Keywords

["let" "const" "once" "was" "do" "match" "assert" "test"] @keyword
["class" "enum" "extend"] @keyword.type
["fn" "get" "set" "migrate"] @keyword.function
["slot" "shared" "static" "transient"] @keyword.modifier
["return" "yield"] @keyword.return
["import" "from" "as" "native" "namespace"] @keyword.import
["if" "else"] @keyword.conditional
["while" "for" "break" "continue"] @keyword.repeat
["try" "catch" "finally" "throw"] @keyword.exception
["and" "or" "not" "is" "in"] @keyword.operator

; Signs

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
