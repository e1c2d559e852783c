#!/usr/bin/env bash
# Installs what is missing, builds, and starts a session: ./scripts/run.sh [options] [-- command …]
set -euo pipefail
# shellcheck source=scripts/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

folder=$PWD
set_up run
build
agent="$repository/dist/agent/cli/main.js"
cd "$folder"
exec node "$agent" run "$@"
