// Changes of a JSON text that leave it JSON: what the parser lets through is where the checks begin.
#pragma once

#include <cstdint>
#include <string>

namespace sateen::fuzz {

/// Changes one value of the text anyhow; leaves a text that is no JSON as it is.
void change_json(std::string& text, uint32_t choice);

}  // namespace sateen::fuzz
