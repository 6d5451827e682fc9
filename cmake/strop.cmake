# strop_library(NAME [TORCH] SOURCES a.cc ... DEPENDS other ...): the library of one folder of src/.
# strop_test(NAME [TORCH] [LABELS l ...] SOURCES a.cc ... DEPENDS ...): one test program, which is one ctest entry; a
# crash in one hides no other.

# -Wrestrict: false alarms of GCC 12 on string concatenation (its bug 105651).
set(STROP_WARNINGS -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
    -Werror)
if(STROP_SANITIZE)
  set(STROP_SANITIZE_FLAGS -fsanitize=${STROP_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  # GCC sees uninitialised values in code that the sanitizers put in.
  list(APPEND STROP_WARNINGS $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()

# One setting for libraries and programs, for the precompiled header serves both and libstrop.so holds all.
add_compile_options(-fPIC)

function(strop_target_defaults target)
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
  target_compile_options(${target} PRIVATE ${STROP_WARNINGS} ${STROP_SANITIZE_FLAGS})
  target_link_options(${target} PUBLIC ${STROP_SANITIZE_FLAGS})
endfunction()

# Torch's headers cost 25 s a file: every torch target shares one precompiled header. It is <torch/types.h> with no more
# than tensors, for what <torch/torch.h> adds makes the compiler work for 5 s more in every file, used or not.
function(strop_use_torch target)
  target_link_libraries(${target} PUBLIC strop_torch)
  if(TARGET strop_pch AND NOT target STREQUAL strop_pch)
    target_precompile_headers(${target} REUSE_FROM strop_pch)
  endif()
endfunction()

function(strop_library name)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  strop_target_defaults(${name})
  target_link_libraries(${name} PUBLIC ${ARG_DEPENDS})
  # Files that instantiate the same templates are compiled together, in half the time.
  set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  if(ARG_TORCH)
    strop_use_torch(${name})
  endif()
  set_property(GLOBAL APPEND PROPERTY STROP_LIBRARIES ${name})
endfunction()

function(strop_test name)
  cmake_parse_arguments(ARG "TORCH" "TIMEOUT" "SOURCES;DEPENDS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  strop_target_defaults(${name})
  # What is tested is built as it ships; the tests themselves need no more speed than this, and compile in less time.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE STROP_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                             STROP_BINARY_DIR="${CMAKE_BINARY_DIR}")
  if(ARG_TORCH)
    strop_use_torch(${name})
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
  if(ARG_TORCH)
    # ctest runs tests side by side: threads that wait must not spin on the others' cores.
    set_tests_properties(${name} PROPERTIES ENVIRONMENT OMP_WAIT_POLICY=passive)
  endif()
endfunction()

# strop_fuzzer(NAME SOURCES ... DEPENDS ...): with STROP_FUZZ a libFuzzer program; always a test that replays
# tests/fuzz/corpus/NAME through the same entry point.
function(strop_fuzzer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  if(STROP_FUZZ)
    add_executable(fuzz_${name} ${ARG_SOURCES})
    strop_target_defaults(fuzz_${name})
    target_compile_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(fuzz_${name} PRIVATE ${ARG_DEPENDS})
    if(NOT TARGET fuzzers)
      add_custom_target(fuzzers)
    endif()
    add_dependencies(fuzzers fuzz_${name})
  endif()
  add_executable(replay_${name} ${ARG_SOURCES} ${PROJECT_SOURCE_DIR}/tests/fuzz/replay.cc)
  strop_target_defaults(replay_${name})
  target_link_libraries(replay_${name} PRIVATE ${ARG_DEPENDS})
  add_test(NAME fuzz_corpus_${name} COMMAND replay_${name} ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
  set_tests_properties(fuzz_corpus_${name} PROPERTIES TIMEOUT 120)
endfunction()
