# `cmake --install`: bin/strop, include/strop, lib/libstrop.so (all folders of src/ in one) and lib/cmake/strop, so that
# another project needs find_package(strop) and strop::strop only (examples/CMakeLists.txt). The program and the library
# find libtorch where this build found it, by RPATH.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(strop_rpath "$ORIGIN/../${CMAKE_INSTALL_LIBDIR};${TORCH_INSTALL_PREFIX}/lib")

get_property(strop_parts GLOBAL PROPERTY STROP_LIBRARIES)
list(REMOVE_ITEM strop_parts strop_cli)
# Whole archives: the library is for callers that this build does not see.
set(strop_archives ${strop_parts})
list(TRANSFORM strop_archives REPLACE "(.+)" "$<TARGET_FILE:\\1>")
file(WRITE ${CMAKE_BINARY_DIR}/strop_library.cc "// libstrop.so is made of the archives of src/.\n")
add_library(strop_shared SHARED ${CMAKE_BINARY_DIR}/strop_library.cc)
add_dependencies(strop_shared ${strop_parts})
set_property(TARGET strop_shared APPEND PROPERTY LINK_DEPENDS ${strop_archives})
target_include_directories(strop_shared INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(strop_shared INTERFACE cxx_std_20)
target_link_options(strop_shared PRIVATE -Wl,--whole-archive ${strop_archives} -Wl,--no-whole-archive)
target_link_libraries(strop_shared PRIVATE $<BUILD_INTERFACE:${strop_parts}> PUBLIC fmt::fmt)
set_target_properties(strop_shared PROPERTIES OUTPUT_NAME strop EXPORT_NAME strop VERSION ${PROJECT_VERSION}
                      SOVERSION ${PROJECT_VERSION_MAJOR} INSTALL_RPATH "${strop_rpath}")

install(TARGETS strop_shared EXPORT strop_targets)
if(TARGET strop)
  set_target_properties(strop PROPERTIES INSTALL_RPATH "${strop_rpath}")
  install(TARGETS strop)
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/strop DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT strop_targets NAMESPACE strop:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/strop)
file(WRITE ${CMAKE_BINARY_DIR}/stropConfig.cmake
"include(CMakeFindDependencyMacro)
find_dependency(fmt)
include(\${CMAKE_CURRENT_LIST_DIR}/strop_targets.cmake)
")
write_basic_package_version_file(${CMAKE_BINARY_DIR}/stropConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/stropConfig.cmake ${CMAKE_BINARY_DIR}/stropConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/strop)
