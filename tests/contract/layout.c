/* backend.h as C11: the layout assertions, and nothing else before or beside it. */
#include "backend_layout.h"

_Static_assert(__STDC_VERSION__ == 201112L, "this file is compiled as C11");
