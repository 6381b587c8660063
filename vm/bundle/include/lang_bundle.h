/* What a native bundle sees of the program that loads it. C99, nothing to link with.
 *
 * A bundle is a shared library with one function, which registers what programs get by `import native "path"`:
 *
 *     #include "lang_bundle.h"
 *
 *     static lang_status add(lang_call *call, void *data, const lang_value *args, size_t count, lang_value *result) {
 *         (void)call; (void)data; (void)count;
 *         if (args[0].tag != LANG_INT || args[1].tag != LANG_INT)
 *             return lang->raise(call, "TypeError", "add needs two ints");
 *         *result = lang_int(args[0].as.integer + args[1].as.integer);
 *         return LANG_OK;
 *     }
 *
 *     LANG_BUNDLE(registrar) {
 *         lang->function(registrar, "add(a, b): the sum.", add, NULL, 0);
 *         return LANG_OK;
 *     }
 *
 * Everything of the program is reached through the table `lang`, so that no symbols of the executable are needed.
 *
 * Rules. A `lang_call` is good until the function returns, on the thread that was called; so are the texts and objects in values. What is to last
 * longer is copied, or held by `retain`. Nothing may unwind or jump out of a function of a bundle. Static variables begin anew with each
 * version of the library: what is to live on belongs into the program.
 */
#ifndef LANG_BUNDLE_H
#define LANG_BUNDLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Counts up when anything below changes. A bundle that was built for another number is refused. */
#define LANG_BUNDLE_ABI 1u

typedef struct lang_call lang_call;
typedef struct lang_registrar lang_registrar;
typedef struct lang_library lang_library;
typedef uint64_t lang_handle;

typedef int32_t lang_status;
enum {
    LANG_OK = 0,    /* the result is in `*result`; nil if nothing was put there */
    LANG_ERROR = 1, /* what `raise` was told, or what a call has raised */
    LANG_TAIL = 2   /* the result is that of the call that `tail` was told */
};

enum {
    LANG_NIL = 0,
    LANG_BOOL = 1,
    LANG_INT = 2,
    LANG_FLOAT = 3,
    LANG_STRING = 4, /* UTF-8; given ones also end with a NUL that is not counted */
    LANG_BYTES = 5,
    LANG_OBJECT = 6, /* something of the program; `kind` says what */
    LANG_NATIVE = 7  /* a value of a type of the bundle; `kind` is the number of the type */
};

/* Kinds of objects. */
enum {
    LANG_OTHER = 0,
    LANG_LIST = 1,
    LANG_TUPLE = 2,
    LANG_MAP = 3,
    LANG_SET = 4,
    LANG_CALLABLE = 5,
    LANG_INSTANCE = 6,
    LANG_BIG_INT = 7
};

typedef struct {
    const char *data;
    size_t length;
} lang_text;

typedef struct {
    uint32_t tag;
    uint32_t kind;
    union {
        uint32_t boolean;
        int64_t integer;
        double number;
        lang_text text; /* strings and bytes */
        uint64_t object;
        void *pointer; /* LANG_NATIVE */
    } as;
} lang_value;

/* A function: its arguments in the order of its signature, defaults filled in; those of `...rest` stand one after the other at the end. A
 * method gets its instance first. `data` is what was given with the function. */
typedef lang_status (*lang_function)(lang_call *call, void *data, const lang_value *args, size_t count, lang_value *result);

/* Flags of functions. */
enum {
    LANG_OUTSIDE = 1 /* it may use `call`: it runs between two steps of the program, which costs a little more */
};

typedef struct lang_host {
    uint32_t abi;
    uint32_t size; /* of this table, in bytes */

    /* ---- While the bundle registers what it has. Texts are copied. ---- */

    /* `signature` is "name(a, b = 10, ...rest): what it does", or "Type.name(a)" for a method. */
    void (*function)(lang_registrar *registrar, const char *signature, lang_function function, void *data, uint32_t flags);
    /* A constant: nil, a bool, int, float or string. */
    void (*constant)(lang_registrar *registrar, const char *name, const lang_value *value);
    /* A type of values that only the bundle looks into: a class of the program. `layout` says how they lie in memory; LANG_LAYOUT makes it. While there
     * are values, a library with another layout is refused. `destroy` is called when the program has let go of a value; it may be NULL, and may
     * use nothing of this table but `release`. Gives the number of the type. */
    uint32_t (*type)(lang_registrar *registrar, const char *name, uint64_t layout, void (*destroy)(void *pointer));
    /* What the bundle is for, in Markdown. */
    void (*describe)(lang_registrar *registrar, const char *text);
    /* Keeps the library open for good: for one that starts threads, or leaves its functions with others. */
    void (*keep_open)(lang_registrar *registrar);
    /* The library, for `release`. */
    lang_library *(*library)(lang_registrar *registrar);
    /* Says why the bundle cannot work; the load is refused. Gives LANG_ERROR. */
    lang_status (*fail)(lang_registrar *registrar, const char *message);

    /* ---- Within a call. Those that give a status give LANG_ERROR if something is wrong, which may be returned as it is. ---- */

    /* An error of a built-in class, such as "ValueError"; another name means "Error". Gives LANG_ERROR. */
    lang_status (*raise)(lang_call *call, const char *class_name, const char *message);
    /* Values that hold a copy of the bytes; a string has to be UTF-8. */
    lang_status (*string)(lang_call *call, const char *data, size_t length, lang_value *out);
    lang_status (*bytes)(lang_call *call, const void *data, size_t length, lang_value *out);
    /* A new list of these values. */
    lang_status (*list)(lang_call *call, const lang_value *items, size_t count, lang_value *out);
    /* A new map: `count` keys, each followed by its value. */
    lang_status (*map)(lang_call *call, const lang_value *pairs, size_t count, lang_value *out);
    /* How many items a list, tuple, map or set has, how many bytes a string or bytes; -1 for anything else. */
    int64_t (*length)(lang_call *call, const lang_value *value);
    /* An item of a list or tuple. */
    lang_status (*item)(lang_call *call, const lang_value *value, size_t index, lang_value *out);
    /* An entry of a map in its order. */
    lang_status (*entry)(lang_call *call, const lang_value *value, size_t index, lang_value *key, lang_value *out);
    /* What a map has for a key that is plain (nil, bool, number, string); nil if it has none. */
    lang_status (*get)(lang_call *call, const lang_value *map, const lang_value *key, lang_value *out);
    /* Puts a value into a map, and at the end of a list. */
    lang_status (*set)(lang_call *call, const lang_value *map, const lang_value *key, const lang_value *value);
    lang_status (*push)(lang_call *call, const lang_value *list, const lang_value *value);
    /* What a definition stands for now, by its qualified name: "game.spawn". Other bundles are reached so, whenever they are loaded. */
    lang_status (*lookup)(lang_call *call, const char *qualified, lang_value *out);
    /* Lets the result be that of a call: `return lang->tail(call, &f, args, n);` Gives LANG_TAIL. */
    lang_status (*tail)(lang_call *call, const lang_value *callee, const lang_value *args, size_t count);
    /* Calls a function of the program. Only in functions registered with LANG_OUTSIDE. */
    lang_status (*call)(lang_call *call, const lang_value *callee, const lang_value *args, size_t count, lang_value *out);

    /* ---- What lasts longer than a call. A held function calls its newest code. ---- */

    /* Holds any value but one of LANG_NATIVE that is new; 0 if it cannot. */
    lang_handle (*retain)(lang_call *call, const lang_value *value);
    /* The value that is held. */
    lang_status (*held)(lang_call *call, lang_handle handle, lang_value *out);
    /* Lets go of it: any time, on the thread of the program. Handles that are none do no harm. */
    void (*release)(lang_library *library, lang_handle handle);
} lang_host;

/* ---- Making values ---- */

static inline lang_value lang_nil(void) {
    lang_value value = {LANG_NIL, 0, {0}};
    return value;
}

static inline lang_value lang_bool(int boolean) {
    lang_value value = {LANG_BOOL, 0, {0}};
    value.as.boolean = boolean != 0;
    return value;
}

static inline lang_value lang_int(int64_t integer) {
    lang_value value = {LANG_INT, 0, {0}};
    value.as.integer = integer;
    return value;
}

static inline lang_value lang_float(double number) {
    lang_value value = {LANG_FLOAT, 0, {0}};
    value.as.number = number;
    return value;
}

/* A text that lasts until the function has returned: a literal, or a static one. Others are copied by `string`. */
static inline lang_value lang_literal(const char *text) {
    lang_value value = {LANG_STRING, 0, {0}};
    value.as.text.data = text;
    while (text[value.as.text.length]) value.as.text.length++;
    return value;
}

/* A value of a type of the bundle. As a result it is the program's from then on. One that was given as an argument can be returned, too: it is the
 * same instance. */
static inline lang_value lang_native(uint32_t type, void *pointer) {
    lang_value value = {LANG_NATIVE, 0, {0}};
    value.kind = type;
    value.as.pointer = pointer;
    return value;
}

/* The layout of a struct, from its size and a text that names its fields: LANG_LAYOUT(struct point, "double x, double y"). */
static inline uint64_t lang_layout(uint64_t size, const char *fields) {
    uint64_t hash = 14695981039346656037u ^ size;
    for (; *fields; fields++) hash = (hash ^ (unsigned char)*fields) * 1099511628211u;
    return hash;
}
#define LANG_LAYOUT(type, fields) lang_layout(sizeof(type), fields)

/* ---- The two functions of a bundle ---- */

#if defined(_WIN32)
#define LANG_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define LANG_EXPORT __attribute__((visibility("default")))
#define LANG_HIDDEN __attribute__((visibility("hidden")))
#else
#define LANG_EXPORT
#endif
#ifndef LANG_HIDDEN
#define LANG_HIDDEN
#endif

/* Says which interface it was built for. */
LANG_EXPORT uint32_t lang_bundle_abi(void);
/* Registers what there is; anything but LANG_OK refuses the load. */
LANG_EXPORT lang_status lang_bundle_init(const lang_host *host, lang_registrar *registrar);

/* Makes both, and the table `lang`, in the one source file that has it. The others of a bundle just use it. */
#define LANG_BUNDLE(registrar)                                                                  \
    LANG_HIDDEN const lang_host *lang;                                                          \
    static lang_status lang_bundle_register(lang_registrar *registrar);                         \
    uint32_t lang_bundle_abi(void) { return LANG_BUNDLE_ABI; }                                  \
    lang_status lang_bundle_init(const lang_host *host, lang_registrar *registrar_) {           \
        lang = host;                                                                            \
        return lang_bundle_register(registrar_);                                                \
    }                                                                                           \
    static lang_status lang_bundle_register(lang_registrar *registrar)

/* The table; it is there from the moment in which the bundle registers. */
LANG_HIDDEN extern const lang_host *lang;

#ifdef __cplusplus
}
#endif

#endif
