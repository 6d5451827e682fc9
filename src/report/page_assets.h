// The page's style sheet and script, put into it as they are.
#pragma once

namespace strop {

extern const char* const kPageStyle;
extern const char* const kPageScript;  // light or dark, tooltips of the charts, the copy button; nothing else

}  // namespace strop
