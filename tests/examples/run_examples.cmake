# cmake -DBUILD=... -DSOURCE=... -DCXX=... -P run_examples.cmake
set(work ${BUILD}/examples-test)
file(REMOVE_RECURSE ${work})
file(MAKE_DIRECTORY ${work})

function(run expected_output)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${work} RESULT_VARIABLE status OUTPUT_VARIABLE output
                  ERROR_VARIABLE errors INPUT_FILE ${work}/lines.txt)
  if(NOT status EQUAL 0 OR NOT output MATCHES "${expected_output}")
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nended with ${status}, expected output like '${expected_output}'\n${output}\n${errors}")
  endif()
endfunction()

file(WRITE ${work}/lines.txt "a film of rare warmth\ndull from start to end\n")
run("" ${CMAKE_COMMAND} --install ${BUILD} --prefix ${work}/prefix)
run("" ${CMAKE_COMMAND} -S ${SOURCE}/examples -B ${work}/build -DCMAKE_BUILD_TYPE=Release
    -DCMAKE_PREFIX_PATH=${work}/prefix -DCMAKE_CXX_COMPILER=${CXX})
run("" ${CMAKE_COMMAND} --build ${work}/build)
run("^strop [0-9.]+ \\(libtorch [0-9][^,]*, .+, [0-9]+ cores: .*\\)\n$" ${work}/prefix/bin/strop --version)

if(NOT IS_DIRECTORY "$ENV{STROP_ASSETS}/all-MiniLM-L6-v2")
  message("SKIPPED: the programs were built; running them needs the model in STROP_ASSETS (scripts/fetch_assets.sh)")
  return()
endif()
set(model $ENV{STROP_ASSETS}/all-MiniLM-L6-v2)
set(rows "text\tlabel\n")
foreach(i RANGE 1 60)
  string(APPEND rows "a warm and funny film, number ${i}\tgood\na dull and empty film, number ${i}\tbad\n")
endforeach()
file(WRITE ${work}/data.tsv "${rows}")
run("the run lies in" ${work}/build/fine_tune_text ${model} ${work}/data.tsv ${work}/run 4)
run("written by hand.*the run lies in" ${work}/build/hand_written_plan ${model} ${work}/data.tsv ${work}/planned 2)
run("^0\t\"(good|bad)\"\t0\\.[0-9]+\n1\t\"(good|bad)\"\t0\\.[0-9]+\n$" ${work}/build/predict_lines ${work}/run)
