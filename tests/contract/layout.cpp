// backend.h as C++17: the layout assertions, and nothing else before or beside it.
#include "backend_layout.h"

static_assert(__cplusplus == 201703L, "this file is compiled as C++17");
