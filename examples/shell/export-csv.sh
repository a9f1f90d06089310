#!/usr/bin/env bash
# Writes the entries as CSV, all or those of one status: ./export-csv.sh FILE [STATUS]
set -euo pipefail
. "$(dirname "$0")/ask.sh"
file=${1:?which file?}

filter=$(jq -nc --arg status "${2:-}" 'if $status == "" then {} else {status: [$status]} end')
# An answer that breaks off makes curl fail: the file is complete, or it is not there.
status=$(curl -sS --get "$FAMILY_HUB_URL/queue/export" -d format=csv --data-urlencode "filter=$filter" \
  -H @<(token) -o "$file.part" -w '%{http_code}') || { rm -f "$file.part"; exit 1; }
if [ "$status" != 200 ]; then
  problems <"$file.part" >&2 || echo "HTTP $status" >&2
  rm -f "$file.part"
  exit 1
fi
mv "$file.part" "$file"
