# Everything comes from the distribution's packages; ./dev installs them.
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json 3 REQUIRED)
find_package(Boost 1.74 REQUIRED)  # headers: math, container
find_package(simdjson REQUIRED)
find_package(pugixml 1.11 REQUIRED)
find_package(Threads REQUIRED)

if(CALIBRAM_PORTABLE)
  find_path(FMT_INCLUDE_DIR fmt/format.h REQUIRED)
  add_library(fmt::fmt INTERFACE IMPORTED)  # headers only: not every distribution has a static library
  target_include_directories(fmt::fmt INTERFACE ${FMT_INCLUDE_DIR})
  target_compile_definitions(fmt::fmt INTERFACE FMT_HEADER_ONLY=1)
  find_library(RE2_LIBRARY libre2.a REQUIRED)
  set(Boost_USE_STATIC_LIBS ON)
  add_library(xml ALIAS pugixml::static)
else()
  add_library(xml ALIAS pugixml::pugixml)
  find_package(fmt REQUIRED)
  find_library(RE2_LIBRARY re2 REQUIRED)
endif()
find_path(RE2_INCLUDE_DIR re2/re2.h REQUIRED)
add_library(re2 UNKNOWN IMPORTED)
set_target_properties(re2 PROPERTIES IMPORTED_LOCATION ${RE2_LIBRARY}
  INTERFACE_INCLUDE_DIRECTORIES ${RE2_INCLUDE_DIR} INTERFACE_LINK_LIBRARIES Threads::Threads)

if(CALIBRAM_PROGRAMS)
  # The charts of a report's page: data for the program, which puts it into every page.
  find_file(CALIBRAM_CHART_JS NAMES chart.min.js Chart.min.js PATHS /usr/share/javascript/chart.js NO_DEFAULT_PATH)
  find_file(CALIBRAM_CHART_JS_LICENCE NAMES copyright PATHS /usr/share/doc/libjs-chart.js NO_DEFAULT_PATH)
  if(CALIBRAM_CHART_JS)
    file(READ ${CALIBRAM_CHART_JS} head LIMIT 200)
  endif()
  if(NOT CALIBRAM_CHART_JS_LICENCE OR NOT head MATCHES "Chart.js v[34]\\.")
    message(FATAL_ERROR "Chart.js 3 or 4 with its licence is needed for reports (package libjs-chart.js; "
      "elsewhere set CALIBRAM_CHART_JS and CALIBRAM_CHART_JS_LICENCE to chart.min.js and its licence)")
  endif()
endif()

if(CALIBRAM_TESTS)
  find_package(GTest REQUIRED)
  if(CALIBRAM_HAS_CUDA)
    find_package(Boost 1.74 REQUIRED COMPONENTS context)  # fibres, on which the tests run kernels without a card
  endif()
endif()
if(CALIBRAM_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()
