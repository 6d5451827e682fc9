// The program behind main: finds the verb, runs it, turns what it throws into one message and an exit code.
#pragma once

#include <string>
#include <vector>

namespace strop {

// `arguments` without the program's name. Results go to standard output, messages to standard error ("strop: ...").
int run_program(const std::vector<std::string>& arguments);

}  // namespace strop
