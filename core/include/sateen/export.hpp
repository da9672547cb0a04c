// What makes the public headers' classes and functions visible in a shared library whose other symbols are hidden.
#pragma once

/// Stands in the public headers' `namespace SATEEN_PUBLIC sateen { … }`, for everything between the braces.
#define SATEEN_PUBLIC [[gnu::visibility("default")]]
