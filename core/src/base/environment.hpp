// Environment variables that say where files are: not believed in set-user-ID programs.
#pragma once

namespace sateen {

/// Whether the program has no rights that its caller hasn't: it is not set-user-ID or the like.
bool trusted_environment();

/// nullptr where the variable is not set or empty, and always in a program that has rights its caller hasn't.
const char* trusted_variable(const char* name);

}  // namespace sateen
