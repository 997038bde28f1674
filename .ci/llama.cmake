# Included by CMake after each project() of llama-cpp-python (CMAKE_PROJECT_INCLUDE). The package
# forces a library on that only llama.cpp's own command lines need, and that takes half of the time.
if(PROJECT_NAME STREQUAL "llama.cpp")
  set(LLAMA_BUILD_COMMON OFF)
endif()
