/**
 * The grammar of the language for tree-sitter. It follows `lang/src/grammar.lalrpop`, level by level, but accepts more:
 * what is refused for its meaning (`a < b < c`, an unreachable arm) is a tree here.
 *
 * What the tokens mean in context (`lang/src/lexer`) comes from the state of the parser and three tokens of `src/scanner.c`:
 * a newline that ends a statement, the `{` of a block, and a word before the `:` of a key.
 */

/// <reference types="tree-sitter-cli/dsl" />
// @ts-check

const PREC = {
  low: 1, // lambda, return, yield, throw: extend right as far as possible
  or: 2,
  and: 3,
  not: 4,
  compare: 5,
  coalesce: 6,
  range: 7,
  bitOr: 8,
  bitXor: 9,
  bitAnd: 10,
  shift: 11,
  sum: 12,
  product: 13,
  unary: 14,
  power: 15,
  postfix: 16,
};

const BINARY = [
  [PREC.or, ['or']],
  [PREC.and, ['and']],
  [PREC.compare, ['==', '!=', '<', '<=', '>', '>=', 'in', 'is']],
  [PREC.range, ['..', '..=']],
  [PREC.bitOr, ['|']],
  [PREC.bitXor, ['^']],
  [PREC.bitAnd, ['&']],
  [PREC.shift, ['<<', '>>']],
  [PREC.sum, ['+', '-']],
  [PREC.product, ['*', '/', '//', '%']],
];

const ASSIGN = ['+=', '-=', '*=', '/=', '//=', '%=', '**=', '&=', '|=', '^=', '<<=', '>>=', '??='];

/** Items between commas; one may follow the last. */
const commas = (rule) => optional(seq(rule, repeat(seq(',', rule)), optional(',')));

/** Items with an end between them, and with more such ends than are needed. */
const ended = (rule, end) => seq(repeat(';'), optional(seq(rule, repeat(seq(end, optional(rule))))));

/** A name, as a node of the kind `as`; a word that begins a statement is one where no such statement goes on. */
const names = ($, as) => [$.identifier, 'once', 'from', 'test', 'namespace'].map((word) => alias(word, as));

module.exports = grammar({
  name: 'lang',

  word: ($) => $.identifier,

  externals: ($) => [$._newline, $._block_open, $._key, $._error],

  extras: ($) => [/[\s\uFEFF]/, $.doc_comment, $.cell_marker, $.comment],

  supertypes: ($) => [$.statement, $.expression, $.pattern],

  rules: {
    source_file: ($) => ended($.statement, $._end),

    // The first rule that matches the whole line is the one.
    doc_comment: (_) => /##([^#\r\n][^\r\n]*)?/,
    cell_marker: (_) => /# %%[^\r\n]*/,
    comment: (_) => /#[^\r\n]*/,

    // ── Statements ───────────────────────────────────────────────────────────────────────────────────────────────────

    _end: ($) => choice($._newline, ';'),

    block: ($) => seq('{', ended($.statement, $._end), '}'),

    // Where a map could stand, too.
    _body_block: ($) => seq(alias($._block_open, '{'), ended($.statement, $._end), '}'),

    statement: ($) =>
      choice(
        $.expression,
        $.assignment,
        $.labeled_loop,
        $.let_statement,
        $.once_statement,
        $.function_definition,
        $.class_definition,
        $.enum_definition,
        $.decorated_definition,
        $.extend_statement,
        $.import_statement,
        $.from_statement,
        $.test_statement,
        $.assert_statement,
        $.namespace_statement,
      ),

    assignment: ($) =>
      prec.right(PREC.low, seq(field('left', $.expression), field('operator', choice('=', $.assignment_operator)), field('right', $.expression))),

    assignment_operator: (_) => token(choice(...ASSIGN)),

    labeled_loop: ($) => seq(field('label', choice(...names($, $.label))), ':', choice($.while_expression, $.for_expression)),

    let_statement: ($) =>
      seq(choice('let', 'const'), field('pattern', $._any_pattern), optional($.was), optional(seq('=', field('value', $.expression)))),

    once_statement: ($) => seq('once', field('name', $.identifier), optional($.was), optional(seq('=', field('value', $.expression)))),

    was: ($) => seq('was', $._path),

    extend_statement: ($) => seq('extend', field('name', $._path), field('body', $.class_body)),

    import_statement: ($) => seq('import', $._import_path, optional($._alias)),

    from_statement: ($) => seq('from', $._import_path, 'import', $.import_item, repeat(seq(',', $.import_item))),

    import_item: ($) => seq(field('name', $.identifier), optional($._alias)),

    _import_path: ($) =>
      field('path', choice($.identifier, alias('native', $.identifier), $.dotted_name, $._string, $.native_library)),

    native_library: ($) => seq('native', $._string),

    _alias: ($) => seq('as', field('alias', $.identifier)),

    test_statement: ($) => seq('test', field('name', $._string), field('body', $.block)),

    assert_statement: ($) => seq('assert', field('condition', $.expression), optional(seq(',', field('message', $.expression)))),

    namespace_statement: ($) => seq('namespace', field('name', $._path)),

    // ── Definitions ──────────────────────────────────────────────────────────────────────────────────────────────────

    decorated_definition: ($) =>
      seq(repeat1($.decorator), field('definition', choice($.function_definition, $.class_definition, $.enum_definition))),

    decorator: ($) => seq('@', choice($.identifier, $.parenthesized, $.member, $.index, $.call)),

    function_definition: ($) =>
      seq('fn', field('name', $.identifier), field('parameters', $.parameters), optional($.was), field('body', $.block)),

    parameters: ($) => seq('(', commas($._parameter), ')'),

    _parameter: ($) => choice($._simple_pattern, $.default_parameter, $.rest_pattern),

    default_parameter: ($) => seq(field('name', $._simple_pattern), '=', field('value', $.expression)),

    class_definition: ($) =>
      seq('class', field('name', $.identifier), optional(field('bases', $.bases)), optional($.was), field('body', $.class_body)),

    bases: ($) => seq('(', commas($._path), ')'),

    class_body: ($) => seq('{', ended($._member, $._end), '}'),

    _member: ($) => choice($._plain_member, $.decorated_member),

    decorated_member: ($) => seq(repeat1($.decorator), field('definition', $._plain_member)),

    _plain_member: ($) => choice($.method, $.getter, $.setter, $.slot, $.shared_slot, $.migration),

    method: ($) =>
      seq(
        optional('static'),
        'fn',
        field('name', choice($.identifier, $.operator_name)),
        field('parameters', $.parameters),
        optional($.was),
        field('body', $.block),
      ),

    operator_name: (_) =>
      choice('==', '<=', '**', '//', '<', '+', '-', '*', '/', '%', 'in', /unary[ \t]*-/, seq('(', ')'), prec.right(seq('[', ']', optional('=')))),

    getter: ($) => seq('get', field('name', $.identifier), optional($.was), field('body', $.block)),

    setter: ($) =>
      seq('set', field('name', $.identifier), field('parameters', $.parameters), optional($.was), field('body', $.block)),

    slot: ($) =>
      seq(
        'slot',
        field('name', $.identifier),
        optional($.was),
        optional('transient'),
        optional(seq('=', field('value', $.expression))),
      ),

    shared_slot: ($) =>
      seq('shared', field('name', $.identifier), optional($.was), optional(seq('=', field('value', $.expression)))),

    migration: ($) =>
      seq('migrate', optional(seq('from', $.number)), field('parameters', $.parameters), field('body', $.block)),

    enum_definition: ($) => seq('enum', field('name', $.identifier), optional($.was), field('body', $.enum_body)),

    enum_body: ($) => seq('{', ended(choice(seq($.variant, optional($._member)), $._member), choice(',', $._end)), '}'),

    variant: ($) => seq(field('name', $.identifier), optional(seq('(', commas(field('slot', $.identifier)), ')'))),

    // ── Expressions ──────────────────────────────────────────────────────────────────────────────────────────────────

    expression: ($) =>
      choice(
        ...names($, $.identifier),
        $.number,
        $._string,
        $.nil,
        $.boolean,
        $.self,
        $.super,
        $.parenthesized,
        $.tuple,
        $.list,
        $.map,
        $.if_expression,
        $.while_expression,
        $.for_expression,
        $.match_expression,
        $.try_expression,
        $.do_expression,
        $.function_literal,
        $.lambda,
        $.return_expression,
        $.yield_expression,
        $.throw_expression,
        $.break_expression,
        $.continue_expression,
        $.unary_expression,
        $.binary_expression,
        $.call,
        $.index,
        $.member,
      ),

    nil: (_) => 'nil',
    boolean: (_) => choice('true', 'false'),
    self: (_) => 'self',
    super: ($) => seq('super', '.', field('name', choice($.identifier, $.operator_name))),

    lambda: ($) => prec.right(PREC.low, seq(field('parameters', $.lambda_parameters), field('body', $._body))),

    lambda_parameters: ($) => choice('||', seq('|', commas(choice($._simple_pattern, alias($._bar_default, $.default_parameter), $.rest_pattern)), '|')),

    // The next bar closes the parameters; it is no operator.
    _bar_default: ($) => prec.left(PREC.bitOr, seq(field('name', $._simple_pattern), '=', field('value', $.expression))),

    _body: ($) => choice(alias($._body_block, $.block), $.expression, $.assignment),

    return_expression: ($) => prec.right(PREC.low, seq('return', optional($.expression))),
    yield_expression: ($) => prec.right(PREC.low, seq('yield', optional($.expression))),
    throw_expression: ($) => prec.right(PREC.low, seq('throw', $.expression)),
    break_expression: ($) => prec.right(seq('break', optional(field('label', choice(...names($, $.label)))))),
    continue_expression: ($) => prec.right(seq('continue', optional(field('label', choice(...names($, $.label)))))),

    unary_expression: ($) =>
      choice(
        prec.right(PREC.not, seq(field('operator', 'not'), field('operand', $.expression))),
        prec.right(PREC.unary, seq(field('operator', choice('-', '~')), field('operand', $.expression))),
      ),

    binary_expression: ($) => {
      const operation = (operator) => seq(field('left', $.expression), field('operator', operator), field('right', $.expression));
      return choice(
        ...BINARY.map(([level, operators]) => prec.left(level, operation(operators.length > 1 ? choice(...operators) : operators[0]))),
        prec.left(PREC.compare, operation(choice(seq('not', 'in'), seq('is', 'not')))),
        prec.right(PREC.coalesce, operation('??')),
        prec.right(PREC.power, operation('**')),
      );
    },

    call: ($) => prec(PREC.postfix, seq(field('function', $.expression), field('arguments', $.arguments))),

    arguments: ($) => seq('(', commas(choice($.expression, $.named_argument, $.spread)), ')'),

    named_argument: ($) => seq(field('name', alias($._key, $.identifier)), ':', field('value', $.expression)),

    spread: ($) => seq('...', $.expression),

    index: ($) => prec(PREC.postfix, seq(field('object', $.expression), '[', choice($.expression, $.open_range), ']')),

    open_range: ($) =>
      choice(
        prec.left(PREC.range, seq($.expression, '..')),
        prec.left(PREC.range, seq('..', optional($.expression))),
        prec.left(PREC.range, seq('..=', $.expression)),
      ),

    member: ($) => prec(PREC.postfix, seq(field('object', $.expression), choice('.', '?.'), field('name', $.identifier))),

    parenthesized: ($) => seq('(', $.expression, ')'),

    tuple: ($) =>
      seq('(', optional(choice($.spread, seq($._element, ',', optional(seq($._element, repeat(seq(',', $._element)), optional(',')))))), ')'),

    list: ($) => seq('[', commas($._element), ']'),

    _element: ($) => choice($.expression, $.spread),

    map: ($) => seq('{', commas(choice($.entry, $.identifier, $.spread)), '}'),

    entry: ($) => seq(field('key', $._map_key), ':', field('value', $.expression)),

    _map_key: ($) => choice(alias($._key, $.identifier), $._string, $.number, $.negative_number, $.parenthesized, $.tuple, $.computed_key),

    computed_key: ($) => seq('[', $.expression, ']'),

    negative_number: ($) => seq('-', $.number),

    if_expression: ($) =>
      prec.right(
        seq(
          'if',
          field('condition', $.expression),
          field('then', $.block),
          optional(seq('else', field('else', choice($.block, $.if_expression)))),
        ),
      ),

    while_expression: ($) => seq('while', field('condition', $.expression), field('body', $.block)),

    for_expression: ($) =>
      seq('for', field('pattern', $._any_pattern), 'in', field('value', $.expression), field('body', $.block)),

    match_expression: ($) => seq('match', field('value', $.expression), field('body', $.match_body)),

    match_body: ($) => seq('{', ended($.arm, choice(',', $._end)), '}'),

    arm: ($) =>
      seq(
        field('pattern', $._any_pattern),
        optional(seq('if', field('guard', $.expression))),
        '=>',
        field('body', $._body),
      ),

    try_expression: ($) =>
      prec.right(seq('try', field('body', $.block), repeat($.catch_clause), optional($.finally_clause))),

    catch_clause: ($) =>
      seq('catch', optional(field('name', $.identifier)), optional(seq('is', field('class', $._path), repeat(seq('|', field('class', $._path))))), field('body', $.block)),

    finally_clause: ($) => seq('finally', field('body', $.block)),

    do_expression: ($) => seq('do', field('body', $.block)),

    function_literal: ($) => seq('fn', field('parameters', $.parameters), field('body', $.block)),

    // ── Strings and numbers ──────────────────────────────────────────────────────────────────────────────────────────

    _string: ($) => choice($.string, $.raw_string),

    string: ($) =>
      choice(
        seq('"', repeat(choice(alias($._text, $.string_content), $.escape, $.interpolation)), token.immediate('"')),
        seq('"""', repeat(choice(alias($._long_text, $.string_content), $.escape, $.interpolation)), token.immediate('"""')),
      ),

    _text: (_) => prec.right(repeat1(token.immediate(prec(1, /[^"\\$\r\n]+|\r|\$/)))),

    _long_text: (_) => prec.right(repeat1(choice(token.immediate(prec(1, /[^"\\$]+|\$/)), token.immediate('"')))),

    escape: (_) => token.immediate(prec(2, /\\(u\{[0-9A-Fa-f]*\}|[^\r\n]|\r?\n)/)),

    interpolation: ($) => seq(token.immediate(prec(2, '${')), $.expression, optional($.format), '}'),

    format: (_) => /:[^}"\r\n]*/,

    raw_string: (_) => choice(/'[^'\n]*'/, /'''([^']|'[^']|''[^'])*'''/),

    number: (_) => token(choice(/[0-9][0-9A-Za-z_]*/, /[0-9][0-9_]*\.[0-9][0-9A-Za-z_]*/, /[0-9][0-9_]*(\.[0-9][0-9_]*)?[eE][+-][0-9][0-9A-Za-z_]*/)),

    identifier: (_) => /[_\p{XID_Start}]\p{XID_Continue}*/,

    // ── Patterns ─────────────────────────────────────────────────────────────────────────────────────────────────────

    _any_pattern: ($) => choice($.pattern, $.alternatives),

    alternatives: ($) => seq($.pattern, repeat1(seq('|', $.pattern))),

    pattern: ($) =>
      choice(
        $.identifier,
        $.constructor_pattern,
        $.tuple_pattern,
        $.list_pattern,
        $.map_pattern,
        $.class_pattern,
        $.comparison_pattern,
        $._bound,
        $.range_pattern,
      ),

    // What may also be a parameter.
    _simple_pattern: ($) => choice($.identifier, $.constructor_pattern, $.tuple_pattern, $.list_pattern, $.map_pattern),

    constructor_pattern: ($) => seq(field('class', $._path), '(', commas(choice($.identifier, $.slot_pattern)), ')'),

    slot_pattern: ($) => seq(field('name', alias($._key, $.identifier)), ':', field('pattern', $._any_pattern)),

    tuple_pattern: ($) => seq('(', commas(choice($._any_pattern, $.rest_pattern)), ')'),

    list_pattern: ($) => seq('[', commas(choice($._any_pattern, $.rest_pattern)), ']'),

    map_pattern: ($) => seq('{', commas(choice($.identifier, $.entry_pattern, $.rest_pattern)), '}'),

    entry_pattern: ($) => seq(field('key', $._map_key), ':', field('pattern', $._any_pattern)),

    rest_pattern: ($) => seq('...', optional(field('name', $.identifier))),

    class_pattern: ($) => seq(optional(field('name', $.identifier)), 'is', field('class', $._path)),

    comparison_pattern: ($) => prec.left(PREC.bitOr, seq('==', $.expression)),

    _bound: ($) => choice($.number, $.negative_number, $._string, $.nil, $.boolean, $.dotted_name),

    range_pattern: ($) =>
      choice(seq($._bound, '..', optional($._bound)), seq($._bound, '..=', $._bound), seq(choice('..', '..='), $._bound)),

    // ── Names ────────────────────────────────────────────────────────────────────────────────────────────────────────

    _path: ($) => choice($.identifier, $.dotted_name),

    dotted_name: ($) => seq($.identifier, repeat1(seq('.', $.identifier))),
  },
});
