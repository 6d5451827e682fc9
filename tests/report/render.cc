// Renders run folders for the browser test: render_report_page OUT.html RUN...
#include <iostream>

#include "core/files.h"
#include "report/html.h"

int main(int count, char** arguments) {
  if (count < 3) {
    std::cerr << "usage: render_report_page OUT.html RUN...\n";
    return 2;
  }
  try {
    strop::write_file_atomic(arguments[1], strop::render_report({arguments + 2, arguments + count}));
  } catch (const strop::Error& error) {
    std::cerr << error.what() << "\n";
    return error.exit_code();
  }
  return 0;
}
