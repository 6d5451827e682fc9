// The error type is public: see the header below.
#pragma once

#include "strop/error.h"
