# What cmake --install puts into place: the program with its manual and completions, and the library.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(CALIBRAM_ZSH_COMPLETIONS ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING
  "Where zsh's completion is installed; Debian's packages have vendor-completions instead")

# The library is one archive of what the program is linked from, nothing of it compiled twice: consumers link one
# thing and find three packages (cmake/calibramConfig.cmake.in). No shared library: that would need all of it again
# as position-independent code (the packages are built so, for shared libraries of others).
set(calibram_layers calibram_core calibram_model calibram_engine calibram_fit)
list(TRANSFORM calibram_layers REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE calibram_objects)
add_library(calibram_library STATIC ${calibram_objects})
target_link_libraries(calibram_library PRIVATE
  fmt::fmt simdjson::simdjson Threads::Threads $<BUILD_INTERFACE:re2> $<INSTALL_INTERFACE:calibram::re2>)
if(CALIBRAM_SANITIZE)
  target_link_options(calibram_library INTERFACE -fsanitize=address,undefined)
endif()
target_compile_features(calibram_library INTERFACE cxx_std_20)
target_include_directories(calibram_library INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
set_target_properties(calibram_library PROPERTIES
  LINKER_LANGUAGE CXX OUTPUT_NAME calibram EXPORT_NAME calibram ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})

set(calibram_package ${CMAKE_INSTALL_LIBDIR}/cmake/calibram)
configure_package_config_file(cmake/calibramConfig.cmake.in ${PROJECT_BINARY_DIR}/calibramConfig.cmake
  INSTALL_DESTINATION ${calibram_package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/calibramConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(TARGETS calibram_library EXPORT calibramTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)
install(EXPORT calibramTargets NAMESPACE calibram:: DESTINATION ${calibram_package} COMPONENT library)
install(FILES fit/calibram.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
install(FILES ${PROJECT_BINARY_DIR}/calibramConfig.cmake ${PROJECT_BINARY_DIR}/calibramConfigVersion.cmake
  DESTINATION ${calibram_package} COMPONENT library)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libcalibram-dev RENAME copyright COMPONENT library)
if(NOT CALIBRAM_PROGRAMS)
  return()
endif()

# The programs stand side by side: calibram looks for the others there.
set(calibram_installed calibram calibram-launch)
if(TARGET calibram-cuda)
  list(APPEND calibram_installed calibram-cuda)
endif()
install(TARGETS ${calibram_installed} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)

# Manual and completions are what the program itself prints.
set(calibram_manual ${PROJECT_BINARY_DIR}/manual)
file(MAKE_DIRECTORY ${calibram_manual})
function(calibram_print file)
  add_custom_command(OUTPUT ${calibram_manual}/${file}
    # The texts name the user's folder; not that of whoever builds.
    COMMAND ${CMAKE_COMMAND} -E env XDG_DATA_HOME=/home $<TARGET_FILE:calibram> ${ARGN} > ${calibram_manual}/${file}
    DEPENDS calibram VERBATIM)
  set_property(GLOBAL APPEND PROPERTY calibram_printed ${calibram_manual}/${file})
endfunction()
calibram_print(calibram.1 man)
calibram_print(calibram.bash completion bash)
calibram_print(_calibram completion zsh)
calibram_print(calibram.fish completion fish)
get_property(calibram_printed GLOBAL PROPERTY calibram_printed)
add_custom_target(calibram_manual ALL DEPENDS ${calibram_printed})
install(FILES ${calibram_manual}/calibram.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
install(FILES ${calibram_manual}/calibram.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
  RENAME calibram COMPONENT program)
install(FILES ${calibram_manual}/_calibram DESTINATION ${CALIBRAM_ZSH_COMPLETIONS} COMPONENT program)
install(FILES ${calibram_manual}/calibram.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
  COMPONENT program)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/calibram RENAME copyright COMPONENT program)

include(cmake/package.cmake)
