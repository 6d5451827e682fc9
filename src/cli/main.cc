#include "cli/program.h"
#include "core/interrupt.h"
#include "core/memory.h"

int main(int count, char** arguments) {
  strop::fix_malloc();
  strop::catch_interrupts();
  return strop::run_program({arguments + 1, arguments + count});
}
