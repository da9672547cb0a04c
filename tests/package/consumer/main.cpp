// Built by nobody: a target to look at.
int main() {}
