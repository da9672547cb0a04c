// Built by nobody: a target to look at.
#include "sateen/sdk/adaptor.hpp"
