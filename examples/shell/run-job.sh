#!/usr/bin/env bash
# Runs a job now and waits for its end: ./run-job.sh ExpiredInvitationCleanupJob
# Exits with 0 if it succeeded, with 1 if it was refused, failed or was interrupted.
set -euo pipefail
. "$(dirname "$0")/ask.sh"
job=${1:?which job? For example ExpiredInvitationCleanupJob}

# `wait` waits for up to 30 seconds; a longer run is then polled.
result=$(ask 'mutation ($job: String!) {
  runJobNow(input: {jobName: $job, wait: true}) {
    ... on RunJobNowPayload { run { runId status errorMessage counts { name value } } }
    ... on MutationError { code message } } }' "$(jq -n --arg job "$job" '{$job}')" | jq .runJobNow)
if refused "$result"; then exit 1; fi
run=$(jq .run <<<"$result")
while [ "$(jq -r .status <<<"$run")" = RUNNING ]; do
  sleep 2
  run=$(ask 'query ($id: UUID!) { jobRun(runId: $id) { runId status errorMessage counts { name value } } }' \
    "{\"id\": $(jq .runId <<<"$run")}" | jq .jobRun)
done
jq -r '[.status, .errorMessage // empty, (.counts[] | "\(.name)=\(.value)")] | join(" ")' <<<"$run"
[ "$(jq -r .status <<<"$run")" = SUCCEEDED ]
