# Headers that most sources include, read once per set of flags. For speed only: a source includes what it uses, and
# -D CMAKE_DISABLE_PRECOMPILE_HEADERS=ON builds the same. Few on purpose: GCC instantiates again, in every source,
# what a header's inline functions use, which costs more than it saves with nlohmann/json.hpp and CLI/CLI.hpp.
set(calibram_common_headers <algorithm> <filesystem> <functional> <map> <memory> <optional> <set> <vector> <fmt/format.h>)

# A compiler cache keeps nothing of a source with precompiled headers unless it is told to be sloppy.
if(CMAKE_CXX_COMPILER_LAUNCHER AND NOT DEFINED CMAKE_DISABLE_PRECOMPILE_HEADERS)
  set(CMAKE_DISABLE_PRECOMPILE_HEADERS ON)
endif()

# Two targets that hold headers for others: NAME, with the flags of a library, and NAME_fast.
function(calibram_precompile name)
  cmake_parse_arguments(ARG "" "" "HEADERS;LIBRARIES" ${ARGN})
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp CONTENT "// CMake compiles headers for a target with sources only.\n")
  foreach(target ${name} ${name}_fast)
    add_library(${target} OBJECT EXCLUDE_FROM_ALL ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${target} PRIVATE calibram_warnings fmt::fmt ${ARG_LIBRARIES})
    target_precompile_headers(${target} PRIVATE ${calibram_common_headers} ${ARG_HEADERS})
  endforeach()
  calibram_compile_fast(${name}_fast)
endfunction()

# Gives a target, which links fmt, the headers of such a pair.
function(calibram_reuse_headers target name)
  get_target_property(fast ${target} CALIBRAM_COMPILED_FAST)
  if(fast)
    set(name ${name}_fast)
  endif()
  target_precompile_headers(${target} REUSE_FROM ${name})
endfunction()

calibram_precompile(calibram_headers)
