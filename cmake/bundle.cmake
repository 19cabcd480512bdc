# What ./dev bundle packs: the programs that measure and test a card, and the scripts that drive them. They ask
# nothing of a machine but its C library and its driver.
set(calibram_bundled)
foreach(program calibram calibram-cuda cuda_tests cuda_benchmarks)
  if(TARGET ${program})  # all but the first need CUDA
    list(APPEND calibram_bundled ${program})
  endif()
endforeach()
foreach(program ${calibram_bundled})
  get_target_property(libraries ${program} LINK_LIBRARIES)
  # Debian has Google Benchmark as a shared library only. It brings the standard library along (into lib/), and
  # a program must not have that twice.
  if(NOT libraries MATCHES "benchmark::")
    target_link_options(${program} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-static-libgcc;-static-libstdc++>)
    target_sources(${program} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/portable_random.cpp)
  endif()
endforeach()
add_custom_target(calibram_bundle DEPENDS ${calibram_bundled} calibram-launch)

set_target_properties(${calibram_bundled} PROPERTIES INSTALL_RPATH "$ORIGIN/../lib")
set(c_library "^lib(c|m|dl|rt|pthread)\\.so" "^ld-linux")
# Debian has simdjson as a shared library only as well. Any libstdc++ since GCC 5 serves it, and machines have one;
# that of this machine would ask for a newer C library.
set(cpp_library "^lib(stdc\\+\\+|gcc_s)\\.so")
foreach(program ${calibram_bundled})
  set(excluded ${c_library})
  if(NOT program STREQUAL cuda_benchmarks)
    list(APPEND excluded ${cpp_library})
  endif()
  install(TARGETS ${program}
    RUNTIME_DEPENDENCIES PRE_EXCLUDE_REGEXES ${excluded}
    RUNTIME DESTINATION bin LIBRARY DESTINATION lib)
endforeach()
install(TARGETS calibram-launch RUNTIME DESTINATION bin)  # static: it needs nothing
install(PROGRAMS dev DESTINATION .)
install(PROGRAMS tests/gpu/run tests/gpu/transformers_witness.py DESTINATION tests/gpu)
install(FILES LICENSE DESTINATION .)
install(FILES cmake/bundle_readme.md DESTINATION . RENAME README.md)

set(CPACK_GENERATOR TGZ)
set(CPACK_PACKAGE_FILE_NAME calibram-${PROJECT_VERSION}-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_STRIP_FILES ON)
include(CPack)
