#!/usr/bin/env bash
# Retries the failed entries, or those that failed with one code: ./retry-failed.sh [ERROR_CODE]
set -euo pipefail
. "$(dirname "$0")/ask.sh"

filter=$(jq -n --arg code "${1:-}" '{status: ["FAILED"]} + if $code == "" then {} else {errorCode: {equals: $code}} end')
plan=$(ask 'mutation ($filter: QueuedCreationFilter) {
  planBulkAction(input: {action: RETRY, filter: $filter, reason: "retry-failed.sh"}) {
    ... on PlanBulkActionPayload { planId count exclusions { code count message } }
    ... on MutationError { code message } } }' "{\"filter\": $filter}" | jq .planBulkAction)
if refused "$plan"; then exit 1; fi
jq -r '"\(.count) to retry", (.exclusions[] | "\(.count) left out: \(.message)")' <<<"$plan"
[ "$(jq .count <<<"$plan")" -gt 0 ] || exit 0

# The plan's id as the key: a repeat of this request starts nothing twice.
plan_id=$(jq .planId <<<"$plan")
result=$(ask 'mutation ($planId: UUID!, $key: String!) {
  applyBulkAction(input: {planId: $planId, idempotencyKey: $key}) {
    ... on ApplyBulkActionPayload { bulkAction { bulkActionId } }
    ... on MutationError { code message } } }' "{\"planId\": $plan_id, \"key\": $plan_id}" | jq .applyBulkAction)
if refused "$result"; then exit 1; fi

id=$(jq .bulkAction.bulkActionId <<<"$result")
while :; do
  action=$(ask 'query ($id: UUID!) { bulkAction(bulkActionId: $id) { status doneCount skippedCount } }' "{\"id\": $id}" |
    jq .bulkAction)
  [ "$(jq -r .status <<<"$action")" = RUNNING ] || break
  sleep 1
done
jq -r '"\(.status): \(.doneCount) retried, \(.skippedCount) skipped"' <<<"$action"
