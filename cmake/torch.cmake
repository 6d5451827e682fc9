# libtorch 2.13: from CMAKE_PREFIX_PATH, else the installed Python package `torch` 2.13.x, else fetched into the build
# folder with pip. The headers are the ABI, so the version is pinned.
#
# STROP_TORCH_PACKAGE chooses what is fetched: the plain package is the CPU build where only that is served, and a CUDA
# build of several GB elsewhere. For the CPU build there, give its version, "torch==2.13.0+cpu", and with
# STROP_TORCH_INDEX the address of the package index that has it (PyTorch's own start page names it).
set(STROP_TORCH_VERSION 2.13)
set(STROP_TORCH_PACKAGE "torch==2.13.0" CACHE STRING "pip requirement to fetch where no libtorch is found")
set(STROP_TORCH_INDEX "" CACHE STRING "address of another package index to fetch it from")

# The libtorch inside a Python package. The package's own CMake files refuse a CUDA build where the CUDA toolkit is not
# installed; strop compiles no CUDA code, so its libraries are named directly then. Nothing of strop calls the CUDA half
# by name: it must be told to load.
macro(strop_torch_in_package folder)
  if(EXISTS "${folder}/lib/libtorch_cuda.so")
    set(Torch_FOUND ON)
    file(STRINGS "${folder}/version.py" Torch_VERSION REGEX "^__version__")
    string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" Torch_VERSION "${Torch_VERSION}")
    set(TORCH_INSTALL_PREFIX "${folder}")
    set(TORCH_INCLUDE_DIRS "${folder}/include" "${folder}/include/torch/csrc/api/include")
    set(TORCH_LIBRARIES "${folder}/lib/libtorch_cpu.so" "${folder}/lib/libc10.so" -Wl,--allow-shlib-undefined
        -Wl,--no-as-needed "${folder}/lib/libtorch_cuda.so" "${folder}/lib/libc10_cuda.so" -Wl,--as-needed)
  else()
    find_package(Torch QUIET PATHS "${folder}/share/cmake/Torch" NO_DEFAULT_PATH)
  endif()
endmacro()

set(torch_target "${CMAKE_SOURCE_DIR}/build/torch")
find_package(Torch QUIET)
foreach(place "$ENV{PYTHONPATH}" "${torch_target}")
  if(NOT Torch_FOUND)
    execute_process(
      COMMAND ${CMAKE_COMMAND} -E env "PYTHONPATH=${place}" ${Python3_EXECUTABLE} -c
        "import importlib.metadata as m, importlib.util as u, os; assert m.version('torch').startswith('${STROP_TORCH_VERSION}.'); print(os.path.dirname(u.find_spec('torch').origin))"
      OUTPUT_VARIABLE torch_folder OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE torch_missing)
    if(torch_missing EQUAL 0)
      strop_torch_in_package("${torch_folder}")
    endif()
  endif()
endforeach()
if(NOT Torch_FOUND)
  message(STATUS "Fetching ${STROP_TORCH_PACKAGE} into ${torch_target} (once)")
  set(torch_index)
  if(STROP_TORCH_INDEX)
    set(torch_index --index-url "${STROP_TORCH_INDEX}")
  endif()
  execute_process(
    COMMAND ${Python3_EXECUTABLE} -m pip install --quiet --disable-pip-version-check --upgrade
      --target "${torch_target}" ${torch_index} "${STROP_TORCH_PACKAGE}"
    RESULT_VARIABLE torch_failed)
  if(NOT torch_failed EQUAL 0)
    message(FATAL_ERROR "libtorch ${STROP_TORCH_VERSION} was found neither in CMAKE_PREFIX_PATH nor as a Python package, "
                        "and fetching ${STROP_TORCH_PACKAGE} failed. Install it (pip install torch==2.13.0) or give "
                        "-DCMAKE_PREFIX_PATH=/path/to/libtorch.")
  endif()
  strop_torch_in_package("${torch_target}/torch")
endif()
if(NOT Torch_VERSION MATCHES "^${STROP_TORCH_VERSION}([.]|$)")
  message(FATAL_ERROR "libtorch ${Torch_VERSION} was found at ${TORCH_INSTALL_PREFIX}; expected ${STROP_TORCH_VERSION}.x. "
                      "Give -DCMAKE_PREFIX_PATH=/path/to/libtorch of that version.")
endif()
message(STATUS "libtorch ${Torch_VERSION} at ${TORCH_INSTALL_PREFIX}")

find_package(OpenMP QUIET COMPONENTS CXX)
add_library(strop_torch INTERFACE)
# The wheel carries headers of another fmt, without its library: ours must be found first, in torch files too.
find_path(STROP_FMT_INCLUDE fmt/format.h PATHS /usr/include /usr/local/include NO_DEFAULT_PATH)
find_path(STROP_FMT_INCLUDE fmt/format.h)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/include-first)
file(CREATE_LINK ${STROP_FMT_INCLUDE}/fmt ${CMAKE_BINARY_DIR}/include-first/fmt SYMBOLIC)
target_include_directories(strop_torch BEFORE INTERFACE ${CMAKE_BINARY_DIR}/include-first)
target_include_directories(strop_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_link_libraries(strop_torch INTERFACE ${TORCH_LIBRARIES})
if(OpenMP_CXX_FOUND)
  # Only the flag: the wheel brings the runtime itself, and two of them in one process fight over the cores.
  target_compile_options(strop_torch INTERFACE -fopenmp)
  target_link_options(strop_torch INTERFACE -fopenmp)
endif()

add_library(strop_pch STATIC ${CMAKE_CURRENT_LIST_DIR}/pch.cc)
target_compile_options(strop_pch PRIVATE ${STROP_WARNINGS} ${STROP_SANITIZE_FLAGS})
target_link_libraries(strop_pch PUBLIC strop_torch)
target_precompile_headers(strop_pch PRIVATE <torch/types.h>)
