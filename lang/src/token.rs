//! The table of tokens: one row each, with the text that logos matches and the name used in messages.
//!
//! Rows without a pattern are made by the pass of `crate::lexer`, which knows the context: whether a `{` opens a block
//! or a map, whether a `|` is an operator or a lambda's bar, whether `slot` is a keyword here. Rows marked *raw* never
//! reach the parser.

use logos::Logos;

/// One kind of token. What it says is in the text it spans.
#[derive(Logos, Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[logos(skip r"[ \t\r\x0C]+")]
pub enum Token {
    // ── Raw: what the pass consumes ────────────────────────────────────────────────────────────────────────────────
    /// End of a line.
    #[token("\n")]
    Newline,
    /// `;`
    #[token(";")]
    Semicolon,
    /// `#`: the start of a comment; the pass skips to the end of the line.
    #[token("#")]
    Hash,
    /// `"`: the start of a string.
    #[token("\"")]
    Quote,
    /// `'`: the start of a raw string.
    #[token("'")]
    RawQuote,
    /// `"""`: the start of a string over several lines.
    #[token("\"\"\"")]
    Quote3,
    /// `'''`: the start of a raw string over several lines.
    #[token("'''")]
    RawQuote3,
    /// `{`: becomes [`Token::BlockOpen`] or [`Token::MapOpen`].
    #[token("{")]
    BraceOpen,
    /// `}`: becomes the closing token of what it closes.
    #[token("}")]
    BraceClose,
    /// `&&`: a slip for `and`.
    #[token("&&")]
    AmpAmp,
    /// `||`: an empty parameter list, or a slip for `or`.
    #[token("||")]
    BarBar,
    /// `!`: a slip for `not`.
    #[token("!")]
    Bang,

    // ── Names and literals ─────────────────────────────────────────────────────────────────────────────────────────
    /// An identifier. Continuations outside ASCII are added by the pass.
    #[regex("[A-Za-z_][A-Za-z0-9_]*")]
    Name,
    /// An operator as the name of a method: after `fn` or `super.`.
    OpName,
    /// A number: the digits before a fraction; the pass adds the rest.
    #[regex("[0-9][0-9A-Za-z_]*")]
    Number,
    /// A whole string without interpolation, quotes included.
    Str,
    /// The opening quotes of a string with interpolation.
    StrOpen,
    /// Text between the parts of such a string.
    StrText,
    /// The closing quotes of such a string.
    StrClose,
    /// `${`
    InterpOpen,
    /// `}` that closes a `${`.
    InterpClose,
    /// `:` and what follows it, up to the `}` of a `${`.
    FormatSpec,

    // ── Structure ──────────────────────────────────────────────────────────────────────────────────────────────────
    /// End of a statement: newlines and `;`, collapsed. Stands only between statements.
    Sep,
    /// `{` that opens a block.
    BlockOpen,
    /// `}` that closes a block.
    BlockClose,
    /// `{` that opens a map.
    MapOpen,
    /// `}` that closes a map.
    MapClose,
    /// `(`
    #[token("(")]
    ParenOpen,
    /// `)`
    #[token(")")]
    ParenClose,
    /// `[`
    #[token("[")]
    BracketOpen,
    /// `]`
    #[token("]")]
    BracketClose,
    /// `|` that opens the parameters of a lambda.
    BarOpen,
    /// `|` that closes the parameters of a lambda.
    BarClose,
    /// `||` as an empty parameter list.
    BarEmpty,
    /// Text that did not parse, put in its place by recovery.
    Bad,

    // ── Punctuation and operators ──────────────────────────────────────────────────────────────────────────────────
    /// `,`
    #[token(",")]
    Comma,
    /// `.`
    #[token(".")]
    Dot,
    /// `?.`
    #[token("?.")]
    QuestionDot,
    /// `:`
    #[token(":")]
    Colon,
    /// `=>`
    #[token("=>")]
    Arrow,
    /// `@`
    #[token("@")]
    At,
    /// `...`
    #[token("...")]
    Ellipsis,
    /// `..`
    #[token("..")]
    DotDot,
    /// `..=`
    #[token("..=")]
    DotDotEq,
    /// `=`
    #[token("=")]
    Eq,
    /// `+=`
    #[token("+=")]
    PlusEq,
    /// `-=`
    #[token("-=")]
    MinusEq,
    /// `*=`
    #[token("*=")]
    StarEq,
    /// `/=`
    #[token("/=")]
    SlashEq,
    /// `//=`
    #[token("//=")]
    SlashSlashEq,
    /// `%=`
    #[token("%=")]
    PercentEq,
    /// `**=`
    #[token("**=")]
    StarStarEq,
    /// `&=`
    #[token("&=")]
    AmpEq,
    /// `|=`
    #[token("|=")]
    BarEq,
    /// `^=`
    #[token("^=")]
    CaretEq,
    /// `<<=`
    #[token("<<=")]
    ShlEq,
    /// `>>=`
    #[token(">>=")]
    ShrEq,
    /// `??=`
    #[token("??=")]
    CoalesceEq,
    /// `+`
    #[token("+")]
    Plus,
    /// `-`
    #[token("-")]
    Minus,
    /// `*`
    #[token("*")]
    Star,
    /// `/`
    #[token("/")]
    Slash,
    /// `//`
    #[token("//")]
    SlashSlash,
    /// `%`
    #[token("%")]
    Percent,
    /// `**`
    #[token("**")]
    StarStar,
    /// `&`
    #[token("&")]
    Amp,
    /// `|` between operands.
    #[token("|")]
    Bar,
    /// `^`
    #[token("^")]
    Caret,
    /// `~`
    #[token("~")]
    Tilde,
    /// `<<`
    #[token("<<")]
    Shl,
    /// `>>`
    #[token(">>")]
    Shr,
    /// `==`
    #[token("==")]
    EqEq,
    /// `!=`
    #[token("!=")]
    NotEq,
    /// `<`
    #[token("<")]
    Lt,
    /// `<=`
    #[token("<=")]
    Le,
    /// `>`
    #[token(">")]
    Gt,
    /// `>=`
    #[token(">=")]
    Ge,
    /// `??`
    #[token("??")]
    Coalesce,

    // ── Keywords ───────────────────────────────────────────────────────────────────────────────────────────────────
    /// `let`
    #[token("let")]
    Let,
    /// `const`
    #[token("const")]
    Const,
    /// `fn`
    #[token("fn")]
    Fn,
    /// `class`
    #[token("class")]
    Class,
    /// `enum`
    #[token("enum")]
    Enum,
    /// `extend`
    #[token("extend")]
    Extend,
    /// `import`
    #[token("import")]
    Import,
    /// `if`
    #[token("if")]
    If,
    /// `else`
    #[token("else")]
    Else,
    /// `while`
    #[token("while")]
    While,
    /// `for`
    #[token("for")]
    For,
    /// `in`
    #[token("in")]
    In,
    /// `match`
    #[token("match")]
    Match,
    /// `return`
    #[token("return")]
    Return,
    /// `break`
    #[token("break")]
    Break,
    /// `continue`
    #[token("continue")]
    Continue,
    /// `try`
    #[token("try")]
    Try,
    /// `catch`
    #[token("catch")]
    Catch,
    /// `finally`
    #[token("finally")]
    Finally,
    /// `throw`
    #[token("throw")]
    Throw,
    /// `yield`
    #[token("yield")]
    Yield,
    /// `do`
    #[token("do")]
    Do,
    /// `and`
    #[token("and")]
    And,
    /// `or`
    #[token("or")]
    Or,
    /// `not`
    #[token("not")]
    Not,
    /// `is`
    #[token("is")]
    Is,
    /// `true`
    #[token("true")]
    True,
    /// `false`
    #[token("false")]
    False,
    /// `nil`
    #[token("nil")]
    Nil,
    /// `self`
    #[token("self")]
    SelfKw,
    /// `super`
    #[token("super")]
    Super,
    /// `assert`
    #[token("assert")]
    Assert,

    // ── Soft keywords: a name unless the pass finds the place where they are meant ─────────────────────────────────
    /// `once`, at the start of a statement, before a name.
    Once,
    /// `slot`, at the start of a member.
    Slot,
    /// `shared`, at the start of a member.
    Shared,
    /// `static`, at the start of a member.
    Static,
    /// `get`, at the start of a member.
    Get,
    /// `set`, at the start of a member.
    Set,
    /// `migrate`, at the start of a member.
    Migrate,
    /// `namespace`, at the start of a statement, before a name.
    Namespace,
    /// `from`, at the start of a statement before a name or string, and after `migrate`.
    From,
    /// `as`, after an import.
    As,
    /// `was`, after a name or its parameters.
    Was,
    /// `test`, at the start of a statement, before a string.
    Test,
    /// `transient`, after the name of a slot.
    Transient,
    /// `native`, after `import` or `from`, before a string.
    Native,
}

/// The texts of the keywords, in the order of the specification.
pub const KEYWORDS: &[&str] = &[
    "let", "const", "fn", "class", "enum", "extend", "import", "if", "else", "while", "for", "in", "match", "return", "break",
    "continue", "try", "catch", "finally", "throw", "yield", "do", "and", "or", "not", "is", "true", "false", "nil", "self",
    "super", "assert",
];

/// The texts of the soft keywords: ordinary names wherever they cannot be meant.
pub const SOFT_KEYWORDS: &[&str] = &[
    "once",
    "slot",
    "shared",
    "static",
    "get",
    "set",
    "migrate",
    "namespace",
    "from",
    "as",
    "was",
    "test",
    "transient",
    "unary",
    "native",
];

/// Whether `text` is a keyword, hence no name of a variable.
pub fn is_keyword(text: &str) -> bool {
    KEYWORDS.contains(&text)
}

impl Token {
    /// What a message calls it: `` `(` ``, `a name`, `the end of the line`.
    pub fn human(self) -> &'static str {
        use Token::*;
        match self {
            Newline | Sep => "the end of the line",
            Semicolon => "`;`",
            Hash => "a comment",
            Quote | RawQuote | Quote3 | RawQuote3 | Str | StrOpen => "a string",
            StrText | StrClose => "the rest of a string",
            Name => "a name",
            OpName => "an operator name",
            Number => "a number",
            InterpOpen => "`${`",
            FormatSpec => "a format",
            BraceOpen | BlockOpen | MapOpen => "`{`",
            BraceClose | BlockClose | MapClose | InterpClose => "`}`",
            Bar | BarOpen | BarClose => "`|`",
            BarBar | BarEmpty => "`||`",
            Bad => "text that did not parse",
            other => other.quoted(),
        }
    }

    /// The fixed text of a token in back quotes, for those that have one.
    fn quoted(self) -> &'static str {
        use Token::*;
        match self {
            AmpAmp => "`&&`",
            Bang => "`!`",
            ParenOpen => "`(`",
            ParenClose => "`)`",
            BracketOpen => "`[`",
            BracketClose => "`]`",
            Comma => "`,`",
            Dot => "`.`",
            QuestionDot => "`?.`",
            Colon => "`:`",
            Arrow => "`=>`",
            At => "`@`",
            Ellipsis => "`...`",
            DotDot => "`..`",
            DotDotEq => "`..=`",
            Eq => "`=`",
            PlusEq => "`+=`",
            MinusEq => "`-=`",
            StarEq => "`*=`",
            SlashEq => "`/=`",
            SlashSlashEq => "`//=`",
            PercentEq => "`%=`",
            StarStarEq => "`**=`",
            AmpEq => "`&=`",
            BarEq => "`|=`",
            CaretEq => "`^=`",
            ShlEq => "`<<=`",
            ShrEq => "`>>=`",
            CoalesceEq => "`??=`",
            Plus => "`+`",
            Minus => "`-`",
            Star => "`*`",
            Slash => "`/`",
            SlashSlash => "`//`",
            Percent => "`%`",
            StarStar => "`**`",
            Amp => "`&`",
            Caret => "`^`",
            Tilde => "`~`",
            Shl => "`<<`",
            Shr => "`>>`",
            EqEq => "`==`",
            NotEq => "`!=`",
            Lt => "`<`",
            Le => "`<=`",
            Gt => "`>`",
            Ge => "`>=`",
            Coalesce => "`??`",
            Let => "`let`",
            Const => "`const`",
            Fn => "`fn`",
            Class => "`class`",
            Enum => "`enum`",
            Extend => "`extend`",
            Import => "`import`",
            If => "`if`",
            Else => "`else`",
            While => "`while`",
            For => "`for`",
            In => "`in`",
            Match => "`match`",
            Return => "`return`",
            Break => "`break`",
            Continue => "`continue`",
            Try => "`try`",
            Catch => "`catch`",
            Finally => "`finally`",
            Throw => "`throw`",
            Yield => "`yield`",
            Do => "`do`",
            And => "`and`",
            Or => "`or`",
            Not => "`not`",
            Is => "`is`",
            True => "`true`",
            False => "`false`",
            Nil => "`nil`",
            SelfKw => "`self`",
            Super => "`super`",
            Assert => "`assert`",
            Once => "`once`",
            Slot => "`slot`",
            Shared => "`shared`",
            Static => "`static`",
            Get => "`get`",
            Set => "`set`",
            Migrate => "`migrate`",
            Namespace => "`namespace`",
            From => "`from`",
            As => "`as`",
            Was => "`was`",
            Test => "`test`",
            Transient => "`transient`",
            Native => "`native`",
            _ => "text",
        }
    }

    /// A keyword that is never an ordinary name on its own.
    pub fn is_hard_keyword(self) -> bool {
        (Token::Let as u8..=Token::Assert as u8).contains(&(self as u8))
    }

    /// Any keyword, soft ones where they are meant included.
    pub fn is_keyword(self) -> bool {
        (Token::Let as u8..=Token::Native as u8).contains(&(self as u8))
    }

    /// An operator or assignment operator.
    pub fn is_operator(self) -> bool {
        (Token::Ellipsis as u8..=Token::Coalesce as u8).contains(&(self as u8))
    }

    /// Whether an expression may end here, so that what follows continues it rather than begins one.
    pub fn ends_operand(self) -> bool {
        use Token::*;
        matches!(
            self,
            Name | OpName
                | Number
                | Str
                | StrClose
                | ParenClose
                | BracketClose
                | MapClose
                | BlockClose
                | True
                | False
                | Nil
                | SelfKw
                | Super
                | Break
                | Continue
                | Bad
        )
    }

    /// Whether a newline directly after it does not end the statement.
    pub fn continues_line(self) -> bool {
        use Token::*;
        self.is_operator()
            || matches!(
                self,
                Comma
                    | Dot
                    | QuestionDot
                    | Colon
                    | Arrow
                    | At
                    | BarOpen
                    | BarClose
                    | BarEmpty
                    | BlockOpen
                    | MapOpen
                    | And
                    | Or
                    | Not
                    | Is
                    | In
            )
    }

    /// Whether a newline directly before it does not end the statement.
    pub fn continues_previous_line(self) -> bool {
        use Token::*;
        matches!(self, Dot | QuestionDot | Coalesce | Else | Catch | Finally | And | Or | BraceClose)
    }

    /// Whether it opens a bracket that the parser sees closed again.
    pub fn is_open(self) -> bool {
        use Token::*;
        matches!(self, BlockOpen | MapOpen | ParenOpen | BracketOpen | InterpOpen | StrOpen)
    }

    /// Whether it closes what [`Token::is_open`] opens.
    pub fn is_close(self) -> bool {
        use Token::*;
        matches!(self, BlockClose | MapClose | ParenClose | BracketClose | InterpClose | StrClose)
    }
}
