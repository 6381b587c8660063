; Captures of nvim-treesitter-textobjects.

(function_definition body: (block) @function.inner) @function.outer
(method body: (block) @function.inner) @function.outer
(getter body: (block) @function.inner) @function.outer
(setter body: (block) @function.inner) @function.outer
(migration body: (block) @function.inner) @function.outer
(function_literal body: (block) @function.inner) @function.outer
(lambda body: (_) @function.inner) @function.outer

(class_definition body: (class_body) @class.inner) @class.outer
(enum_definition body: (enum_body) @class.inner) @class.outer
(extend_statement body: (class_body) @class.inner) @class.outer

(parameters (_) @parameter.inner)
(lambda_parameters (_) @parameter.inner)
(arguments (_) @parameter.inner)

(call) @call.outer
(for_expression body: (block) @loop.inner) @loop.outer
(while_expression body: (block) @loop.inner) @loop.outer
(if_expression then: (block) @conditional.inner) @conditional.outer
[(comment) (doc_comment)] @comment.outer
