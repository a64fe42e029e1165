// fuzz/examples/cowfork.h - the example system, right and with its bug.
//
// Why: see cowfork.c.
#ifndef COWFORK_H
#define COWFORK_H
#include "fuzz/systems/faultline.h"

#ifdef __cplusplus
extern "C" {
#endif
// bug 0: none; 1: a write fault takes a shared page without asking who else has it.
const struct fl_system *cowfork_system(int bug);
#ifdef __cplusplus
}
#endif
#endif
