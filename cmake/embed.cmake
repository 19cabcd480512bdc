# Puts a file into a library as it is: FUNCTION, in namespace calibram::web, then gives its bytes. The library is
# built again when the file changes, be it a package's.
function(calibram_embed target function file)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded_${function}.cpp)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/embedded.cpp.in ${source} @ONLY)
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${file})
  target_sources(${target} PRIVATE ${source})
endfunction()
