// Tokens that depend on what follows them. See the head of `grammar.js`.
//
// The scanner keeps no state: whether a newline can end a statement at all (it cannot inside `(`, `[`, a map or `${`,
// or after an operator) is known to the parser, which then asks for NEWLINE or does not.

#include "tree_sitter/parser.h"

#include <string.h>

enum Token { NEWLINE, BLOCK_OPEN, KEY, ERROR };

#define WORD_MAX 8

static bool is_word(int32_t c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c >= 0x80;
}

static bool is_blank(int32_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f'; }

// Reads a word. `text` has its start, empty if it is longer than any word that matters.
static void read_word(TSLexer *lexer, char text[WORD_MAX]) {
    unsigned length = 0;
    for (; is_word(lexer->lookahead); lexer->advance(lexer, false)) {
        if (length < WORD_MAX) text[length] = lexer->lookahead < 0x80 ? (char)lexer->lookahead : '?';
        length++;
    }
    text[length < WORD_MAX ? length : 0] = 0;
}

// Whether the line that begins here goes on with the statement of the line before.
static bool continues(TSLexer *lexer) {
    static const char *const WORDS[] = {"else", "catch", "finally", "and", "or"};
    switch (lexer->lookahead) {
        case '}':
        case ';':
            return true;
        case '.':
            lexer->advance(lexer, false);
            return lexer->lookahead != '.';
        case '?':
            lexer->advance(lexer, false);
            if (lexer->lookahead != '?') return true;
            lexer->advance(lexer, false);
            return lexer->lookahead != '=';
    }
    if (!is_word(lexer->lookahead)) return false;
    char word[WORD_MAX];
    read_word(lexer, word);
    for (unsigned i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        if (!strcmp(word, WORDS[i])) return true;
    }
    return false;
}

// At a newline: it ends a statement, unless the next line with anything but a comment goes on with it.
static bool newline(TSLexer *lexer) {
    lexer->advance(lexer, false);
    lexer->mark_end(lexer);
    lexer->result_symbol = NEWLINE;
    for (;;) {
        while (is_blank(lexer->lookahead) || lexer->lookahead == '\n') lexer->advance(lexer, false);
        if (lexer->lookahead != '#') break;
        while (lexer->lookahead != '\n' && !lexer->eof(lexer)) lexer->advance(lexer, false);
    }
    return !lexer->eof(lexer) && !continues(lexer);
}

bool tree_sitter_lang_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid) {
    (void)payload;
    if (valid[ERROR]) return false;
    while (is_blank(lexer->lookahead) || (lexer->lookahead == '\n' && !valid[NEWLINE])) lexer->advance(lexer, true);
    if (valid[NEWLINE] && lexer->lookahead == '\n') return newline(lexer);
    if (valid[BLOCK_OPEN] && lexer->lookahead == '{') {
        lexer->advance(lexer, false);
        lexer->result_symbol = BLOCK_OPEN;
        return true;
    }
    if (valid[KEY] && is_word(lexer->lookahead) && !(lexer->lookahead >= '0' && lexer->lookahead <= '9')) {
        char word[WORD_MAX];
        read_word(lexer, word);
        lexer->mark_end(lexer);
        while (is_blank(lexer->lookahead) || lexer->lookahead == '\n') lexer->advance(lexer, false);
        lexer->result_symbol = KEY;
        return lexer->lookahead == ':';
    }
    return false;
}

void *tree_sitter_lang_external_scanner_create(void) { return NULL; }
void tree_sitter_lang_external_scanner_destroy(void *payload) { (void)payload; }
unsigned tree_sitter_lang_external_scanner_serialize(void *payload, char *buffer) { (void)payload; (void)buffer; return 0; }
void tree_sitter_lang_external_scanner_deserialize(void *payload, const char *buffer, unsigned length) { (void)payload; (void)buffer; (void)length; }
