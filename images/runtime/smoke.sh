#!/bin/sh
# Starts a session inside the image and ends it: healthy within 20 s, gone with exit code 0 within 10.
set -eu
export HOME=/tmp/smoke-home STREAMSPACE_HOST=127.0.0.1 STREAMSPACE_PORT=18080 STREAMSPACE_LOG_LEVEL=warn
mkdir -p "$HOME"
streamspace-session &
agent=$!
tries=0
until streamspace-agent healthcheck; do
  tries=$((tries + 1))
  [ "$tries" -lt 40 ] || { kill "$agent"; exit 1; }
  sleep 0.5
done
kill -TERM "$agent"
timeout 10 tail --pid="$agent" -f /dev/null
wait "$agent"
rm -rf "$HOME"
