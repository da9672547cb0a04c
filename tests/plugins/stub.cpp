// The library that the fixture needs_library is linked to and that is not there when it is loaded; and that of needs_half,
// which is there and lacks a function.
int sateen_nowhere();
#if defined(STUB_OF_HALF)
int sateen_function_of_nobody();
int sateen_nowhere() {
  return sateen_function_of_nobody();
}
#else
int sateen_nowhere() {
  return 1;
}
#endif
