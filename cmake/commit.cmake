# Writes the header that says which commit a build is of. Run by the build, not by the configuration, so that
# it is never stale: cmake -D SOURCE=... -D HEADER=... -P commit.cmake
cmake_minimum_required(VERSION 3.22)
set(commit unknown)
find_package(Git QUIET)
if(GIT_FOUND)
  execute_process(COMMAND ${GIT_EXECUTABLE} describe --always --dirty --exclude=* WORKING_DIRECTORY ${SOURCE}
    OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(described)
    set(commit ${described})
  endif()
endif()
file(CONFIGURE OUTPUT ${HEADER} CONTENT "#define CALIBRAM_COMMIT \"@commit@\"\n" @ONLY)
