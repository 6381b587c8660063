/* How a ball falls. Edit a number while `main.lang` runs, and build again: see README.md. */
#include "lang_bundle.h"

#include <stdlib.h>

static const double GRAVITY = 9.81; /* of the earth; the moon has 1.62 */
static const double BOUNCE = 0.8;

struct ball {
    double height, speed;
};

static uint32_t ball_type;

static lang_status ball(lang_call *call, void *data, const lang_value *args, size_t count, lang_value *result) {
    (void)data, (void)count;
    struct ball *made = malloc(sizeof *made);
    if (!made) return lang->raise(call, "LimitError", "there is no room for a ball");
    made->height = args[0].tag == LANG_INT ? (double)args[0].as.integer : args[0].as.number;
    made->speed = 0;
    *result = lang_native(ball_type, made);
    return LANG_OK;
}

static lang_status fall(lang_call *call, void *data, const lang_value *args, size_t count, lang_value *result) {
    (void)data, (void)count;
    if (args[0].tag != LANG_NATIVE || args[0].kind != ball_type) return lang->raise(call, "TypeError", "this is no ball");
    if (args[1].tag != LANG_FLOAT) return lang->raise(call, "TypeError", "`seconds` is a float");
    struct ball *ball = args[0].as.pointer;
    ball->speed -= GRAVITY * args[1].as.number;
    ball->height += ball->speed * args[1].as.number;
    if (ball->height < 0) {
        ball->height = 0;
        ball->speed *= -BOUNCE;
    }
    *result = lang_float(ball->height);
    return LANG_OK;
}

LANG_BUNDLE(registrar) {
    lang_value gravity = lang_float(GRAVITY);
    lang->describe(registrar, "How things fall.");
    lang->constant(registrar, "GRAVITY", &gravity);
    ball_type = lang->type(registrar, "Ball", LANG_LAYOUT(struct ball, "double height, double speed"), free);
    lang->function(registrar, "ball(height): a ball, held so many metres above the ground.", ball, NULL, 0);
    lang->function(registrar, "Ball.fall(seconds): lets it fall; its height then.", fall, NULL, 0);
    return LANG_OK;
}
