// Ctrl-C and SIGTERM: ask the run to save and leave; a second Ctrl-C ends the process at once.
#pragma once

namespace strop {

// From now on SIGINT and SIGTERM set the flag instead of ending the process.
void catch_interrupts();
// True once a person or the system has asked to stop.
bool interrupted();
// Throws Error(interrupted) where interrupted(); for long loops that hold nothing worth saving.
void throw_if_interrupted();

}  // namespace strop
