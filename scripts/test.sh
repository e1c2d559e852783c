#!/usr/bin/env bash
# Installs what is missing and runs every check; the last line is the sum: `N passed, N failed`.
# A check that cannot run has failed. All run even when one fails.
set -uo pipefail
# shellcheck source=scripts/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

passed=0
failed=0

# check NAME SECONDS COMMAND…: one check, one test.
check() {
  local name=$1 seconds=$2
  shift 2
  say "$name"
  if timeout --kill-after=10 "$seconds" "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    say "$name FAILED"
  fi
}

# tests PROJECT SECONDS: one vitest project, as many tests as it reports.
tests() {
  local project=$1 seconds=$2 exit_code=0 counts
  local report="test-results/$project.json"
  say "$project tests"
  rm -f "$report"
  timeout --kill-after=10 "$seconds" npx --no-install vitest run --project "$project" \
    --reporter=default --reporter=json --outputFile.json="$report" || exit_code=$?
  counts=$(node scripts/count-tests.ts "$report" "$exit_code") || counts='0 1'
  passed=$((passed + ${counts% *}))
  failed=$((failed + ${counts#* }))
}

# images SECONDS: the images of a session, where this machine can have the engines.
images() {
  local exit_code=0
  say "images"
  timeout --kill-after=30 "$1" scripts/test-images.sh || exit_code=$?
  case "$exit_code" in
    0) passed=$((passed + 1)) ;;
    3) say "images: NOT TESTED, for the reason above" ;;
    *)
      failed=$((failed + 1))
      say "images FAILED"
      ;;
  esac
}

finish() {
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
  exit
}

if ! set_up test; then
  failed=1
  say "the set-up FAILED, so nothing could be tested"
  finish
fi
mkdir -p test-results
check format 120 npm run --silent format:check
check lint 400 npm run --silent lint
check shellcheck 60 shellcheck --external-sources scripts/*.sh .ci/run agent/supervisor/*.sh deploy/compose/prepare.sh deploy/compose/coturn/start-turn
check types 300 npm run --silent types
check build 300 npm run --silent build
tests unit 400
tests integration 1500
tests e2e 2400
# A quarter of an hour, so only where STREAMSPACE_TEST_IMAGES=1 asks for it.
[ "${STREAMSPACE_TEST_IMAGES:-}" != 1 ] || images 3000
finish
