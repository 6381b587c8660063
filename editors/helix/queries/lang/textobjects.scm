(function_definition body: (_) @function.inside) @function.around
(method body: (_) @function.inside) @function.around
(getter body: (_) @function.inside) @function.around
(setter body: (_) @function.inside) @function.around
(migration body: (_) @function.inside) @function.around
(function_literal body: (_) @function.inside) @function.around
(lambda body: (_) @function.inside) @function.around

(class_definition body: (_) @class.inside) @class.around
(enum_definition body: (_) @class.inside) @class.around
(extend_statement body: (_) @class.inside) @class.around

(parameters (_) @parameter.inside)
(lambda_parameters (_) @parameter.inside)
(arguments (_) @parameter.inside)

(test_statement body: (_) @test.inside) @test.around
(entry (_) @entry.inside) @entry.around
[(comment) (doc_comment)] @comment.inside
(comment)+ @comment.around
(doc_comment)+ @comment.around
