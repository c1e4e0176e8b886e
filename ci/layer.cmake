# ankiwire_layer(NAME [LINK target...]): the folder's *.cpp (without main.cpp and *_test.cpp) become the
# static library ankiwire_NAME; its *_test.cpp become NAME_test. LINK names the layers and libraries
# below it: the edges of the tree that ci/layers_test.py checks.
include(GoogleTest)

function(ankiwire_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 layer "" "" "LINK")
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  file(GLOB tests CONFIGURE_DEPENDS *_test.cpp)
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cpp$")
  list(LENGTH sources source_count)
  if(source_count EQUAL 0)
    set(kind INTERFACE)
    set(access INTERFACE)
    add_library(ankiwire_${name} INTERFACE)
  else()
    set(access PUBLIC)
    add_library(ankiwire_${name} STATIC ${sources})
  endif()
  target_include_directories(ankiwire_${name} ${access} ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(ankiwire_${name} ${access} ${layer_LINK})
  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ankiwire_${name} GTest::gmock_main rapidcheck)
    target_compile_definitions(${name}_test PRIVATE
      ANKIWIRE_FIXTURES="${PROJECT_SOURCE_DIR}/fixtures" ANKIWIRE_SOURCE="${PROJECT_SOURCE_DIR}")
    gtest_discover_tests(${name}_test TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST)
  endif()
endfunction()

# ankiwire_library(NAME TARGET): lib_NAME is the library of TARGET; in a program that has the
# property STANDALONE, its archive.
function(ankiwire_library name target)
  find_library(${name}_ARCHIVE lib${name}.a REQUIRED)
  add_library(lib_${name} INTERFACE)
  target_link_libraries(lib_${name} INTERFACE
    $<IF:$<BOOL:$<TARGET_PROPERTY:STANDALONE>>,${${name}_ARCHIVE},${target}>)
endfunction()
