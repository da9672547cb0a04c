// The library that the fixture needs_library is linked to and that is not there when it is loaded.
int sateen_nowhere();
int sateen_nowhere() {
  return 1;
}
