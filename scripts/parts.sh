# shellcheck shell=bash
# Sourced by the other scripts: goes to the project's folder, and runs a script's parts with the time that each takes.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null

part_times=()
part_begun=$SECONDS

# part TITLE COMMAND…: runs the command; a failure ends the script there, with the summary and the command's exit code.
part() {
  local title=$1 begun=$SECONDS code=0
  shift
  printf '\n== %s\n' "$title"
  # In a subshell of its own, so that set -e holds inside functions too.
  set +e
  (set -e; "$@")
  code=$?
  set -e
  local took=$((SECONDS - begun))
  if [ "$code" -eq 0 ]; then
    part_times+=("$(printf '%5d s  %s' "$took" "$title")")
    printf -- '-- %s: %d s\n' "$title" "$took"
  else
    part_times+=("$(printf '%5d s  %s: FAILED' "$took" "$title")")
    part_summary
    printf '%s: failed in: %s\n' "$0" "$title" >&2
    exit "$code"
  fi
}

part_summary() {
  printf '\n== How long it took\n'
  printf '%s\n' "${part_times[@]}"
  printf '%5d s  in all\n' $((SECONDS - part_begun))
}
