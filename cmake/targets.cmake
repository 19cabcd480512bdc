# How our targets are compiled: warnings, sanitizers, the processor. No global flags.
add_library(calibram_warnings INTERFACE)
target_compile_options(calibram_warnings INTERFACE $<$<COMPILE_LANGUAGE:CXX>:
  -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
  # False alarms on std::string in GCC 12 (GCC bug 105651), the second where headers are precompiled.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-stringop-overread>
  $<$<BOOL:${CALIBRAM_WERROR}>:-Werror>
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=
  $<$<BOOL:${CALIBRAM_NATIVE}>:-march=native>>)
if(CALIBRAM_SANITIZE)
  target_compile_options(calibram_warnings INTERFACE $<$<COMPILE_LANGUAGE:CXX>:
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
    # what reports need, and half the time to compile
    $<IF:$<BOOL:$<TARGET_PROPERTY:CALIBRAM_COMPILED_FAST>>,-O0,-O1> -g1
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>>)  # instrumented code raises false alarms (GCC manual, -fsanitize)
  target_link_options(calibram_warnings INTERFACE -fsanitize=address,undefined)
endif()
if(CALIBRAM_FUZZ)
  target_compile_options(calibram_warnings INTERFACE -fsanitize=fuzzer-no-link)
endif()

# GCC 12 sees uninitialised values inside its own AVX-512 intrinsics once Eigen inlines them (GCC bug 105593).
add_library(calibram_eigen_warnings INTERFACE)
target_compile_options(calibram_eigen_warnings INTERFACE
  $<$<CXX_COMPILER_ID:GNU>:-Wno-uninitialized;-Wno-maybe-uninitialized;-Wno-array-bounds>)

# Sources that are compiled more often than they run, words rather than numbers: hardly optimised, and with
# sanitizers not at all. That is half of the time of a build.
function(calibram_compile_fast name)
  set_target_properties(${name} PROPERTIES CALIBRAM_COMPILED_FAST ON)
  if(NOT CALIBRAM_SANITIZE)
    target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-O1>)
  endif()
endfunction()

# Where CMAKE_UNITY_BUILD is on, the sources of one room (a folder of the tree) are compiled as one, which halves the
# time of a whole build: no two of them use a name in two ways.
function(calibram_compile_rooms_together name)
  set_target_properties(${name} PROPERTIES UNITY_BUILD_MODE GROUP)
  foreach(source ${ARGN})
    get_filename_component(room ${source} DIRECTORY)
    string(MAKE_C_IDENTIFIER "${room}" room)
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP room_${room})
  endforeach()
endfunction()

include(cmake/precompiled.cmake)

# A library of one folder of the tree. Includes are written from the root: "src/core/bytes.hpp". FAST: compiled fast.
function(calibram_add_library name)
  cmake_parse_arguments(ARG "FAST" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  calibram_compile_rooms_together(${name} ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE calibram_warnings ${ARG_PRIVATE})
  if(ARG_FAST)
    calibram_compile_fast(${name})
  endif()
  if("fmt::fmt" IN_LIST ARG_PRIVATE AND NOT "calibram_nvcc" IN_LIST ARG_PRIVATE)
    calibram_reuse_headers(${name} calibram_headers)
  endif()
endfunction()
