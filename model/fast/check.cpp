// model/fast/check.cpp - the engine looks at its own structures.
#include "model/fast/engine.hpp"

namespace faultline::FL_FAST {

const char* Engine::self_check() { return broken_ ? "a kernel assertion failed" : nullptr; }

}  // namespace faultline::FL_FAST
