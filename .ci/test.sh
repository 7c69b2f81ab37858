# shellcheck shell=bash
# `./ocp test`: format, web checks, build with warnings as errors, every test project. Sourced by ./ocp.
# The last line of its output is "N passed, N failed, N skipped"; any failure of any step makes the exit code 1.

RESULTS=TestResults
passed=0 failed=0 skipped=0

fail() {
  printf 'FAILED: %s\n' "$*"
  failed=$((failed + 1))
}

finish() {
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
  exit
}

# add_counts NAME PASSED FAILED SKIPPED: a suite that ran nothing is a failure, however green it looks.
add_counts() {
  printf '%-28s %5d passed %3d failed %3d skipped\n' "$1" "$2" "$3" "$4"
  passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
  [ $(($2 + $3)) -gt 0 ] || fail "$1 ran no test"
}

check_format() {
  say "Format"
  dotnet tool restore >/dev/null && dotnet csharpier check . || fail "format: run 'dotnet csharpier format .'"
}

test_web() {
  [ -f web/package.json ] || return 0
  say "Web"
  build_web || { fail "the web page does not build"; return; }
  (cd web && npm run --silent check) || fail "web: npm run check"
  (cd web && npm run --silent test -- --reporter=default --reporter=json --outputFile="../$RESULTS/web.json") ||
    [ -s "$RESULTS/web.json" ] || { fail "web: npm test"; return; }
  # shellcheck disable=SC2046
  add_counts web $(node -e '
    const r = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
    console.log(r.numPassedTests, r.numFailedTests + r.numFailedTestSuites - countOwn(r), r.numPendingTests);
    // A suite that could not even be loaded has no failed tests of its own: it counts as one.
    function countOwn(r) { return r.testResults.filter((s) => s.assertionResults.some((t) => t.status === "failed")).length; }
  ' "$RESULTS/web.json")
}

# JsSIP as one script, for the tests that register from a browser.
build_browser_phone() {
  local folder=tests/EndToEnd.Tests/BrowserPhone locked
  locked=$(hash_of $folder/package.json $folder/package-lock.json)
  if changed browser-phone "$locked" || [ ! -d $folder/node_modules ]; then
    (cd $folder && npm ci --no-audit --no-fund --loglevel=error) || return
    keep browser-phone "$locked"
  fi
  (cd $folder && npm run --silent build)
}

build_all() {
  say "Build"
  build_browser_phone || fail "the browser's phone does not build"
  dotnet build OCPlatform.sln -c Release -v quiet --nologo -warnaserror || { fail "the build"; finish; }
}

# test_project DIR: runs one test project and adds the counters of its report.
test_project() {
  local name report
  name=$(basename "$1")
  report="$RESULTS/$name/results.trx"
  say "$name"
  local status=0
  dotnet test "$1" -c Release --no-build --nologo -v quiet --results-directory "$RESULTS/$name" \
    --logger "console;verbosity=minimal" --logger "trx;LogFileName=results.trx" \
    --blame-hang --blame-hang-timeout 10m --blame-hang-dump-type none || status=$?
  [ -f "$report" ] || { fail "$name left no report"; return; }
  local total executed ok bad
  read -r total executed ok bad < <(
    sed -n 's/.*<Counters total="\([0-9]*\)" executed="\([0-9]*\)" passed="\([0-9]*\)" failed="\([0-9]*\)".*/\1 \2 \3 \4/p' "$report"
  )
  add_counts "$name" "$ok" "$bad" $((total - executed))
  if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then fail "$name ended with exit code $status"; fi
}

main() {
  set +e # every step is judged by itself, so that one run tells all there is to mend
  require_dotnet
  require_packages "${RUN_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
  rm -rf "$RESULTS" && mkdir -p "$RESULTS"
  check_format
  test_web
  build_all
  dotnet "$HOST" models fetch || fail "the models could not be fetched"
  local project
  for project in tests/*.Tests; do test_project "$project"; done
  finish
}

main
