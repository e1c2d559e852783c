#!/usr/bin/env bash
# Installs what is missing and runs every check: ./scripts/test.sh [--all]. The last line is the sum: `N passed, N failed`.
# A check that cannot run has failed. All run even when one fails.
# Of the images, runtime, desktop and chromium are built and tested; every one with --all or STREAMSPACE_TEST_IMAGES=all,
# none with STREAMSPACE_TEST_IMAGES=0.
set -uo pipefail
# shellcheck source=scripts/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

passed=0
failed=0
# Printed before the sum.
remarks=()
chosen_images=${STREAMSPACE_TEST_IMAGES:-some}
case "${1:-}" in
  --all) chosen_images=all ;;
  '') ;;
  *)
    give_up "the one option is --all, not $1"
    exit 2
    ;;
esac

# check NAME SECONDS COMMAND…: one check, one test.
check() {
  local name=$1 seconds=$2
  shift 2
  say "$name"
  if timeout --kill-after=10 "$seconds" "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    remarks+=("FAILED: $name")
  fi
}

# tests PROJECT SECONDS: one vitest project, as many tests as it reports.
tests() {
  local project=$1 seconds=$2 exit_code=0 counts name
  local report="test-results/$project.json"
  say "$project tests"
  rm -f "$report"
  timeout --kill-after=10 "$seconds" npx --no-install vitest run --project "$project" \
    --reporter=default --reporter=json --outputFile.json="$report" || exit_code=$?
  { read -r counts && while read -r name; do remarks+=("FAILED: $project: $name"); done; } \
    < <(node scripts/count-tests.ts "$report" "$exit_code" || echo '0 1')
  passed=$((passed + ${counts% *}))
  failed=$((failed + ${counts#* }))
}

# images SECONDS [--all]: builds images of sessions and tests them in containers, as many tests as there are checks.
# Where this machine can have no containers, they are not tested, which the last lines say.
images() {
  local seconds=$1 exit_code=0 counts
  shift
  say "images"
  timeout --kill-after=30 "$seconds" scripts/test-images.sh "$@" || exit_code=$?
  if [ "$exit_code" -eq 3 ]; then
    remarks+=("images: NOT TESTED, this machine cannot run containers; the reason is above")
    return
  fi
  counts=$(node scripts/count-image-checks.ts test-results/images "$exit_code") || counts='0 1'
  passed=$((passed + ${counts% *}))
  failed=$((failed + ${counts#* }))
}

finish() {
  local remark
  for remark in "${remarks[@]}"; do say "$remark"; done
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
check shellcheck 60 shellcheck --external-sources scripts/*.sh .ci/run agent/supervisor/*.sh deploy/compose/prepare.sh deploy/compose/coturn/start-turn \
  images/*/*.sh images/*/*-session images/runtime/streamspace-agent images/runtime/streamspace-install
check types 300 npm run --silent types
check build 300 npm run --silent build
tests unit 400
tests integration 1500
tests e2e 2400
case "$chosen_images" in
  0) remarks+=("images: left out, as STREAMSPACE_TEST_IMAGES=0 asks") ;;
  all) images 6000 --all ;;
  *) images 1500 ;;
esac
finish
