#!/bin/sh
# Builds the bundle beside its source; `mv` puts it in its place at once, so that nobody sees half of it.
set -e
cd "$(dirname "$0")"
INCLUDE=${LANG_INCLUDE:-../../vm/bundle/include}
cc -std=c99 -O2 -Wall -Wextra -shared -fPIC -I "$INCLUDE" -o physics.new physics.c
case $(uname) in Darwin) mv physics.new physics.dylib ;; *) mv physics.new physics.so ;; esac
