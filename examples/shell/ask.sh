# Sourced by the scripts beside it. FAMILY_HUB_URL: the server. FAMILY_HUB_TOKEN: an API token, where the server has
# access control.
: "${FAMILY_HUB_URL:=http://127.0.0.1:4000}"

# token: the header, for `curl -H @<(token)`. As an argument every user of the machine could read it in `ps`.
token() {
  [ -z "${FAMILY_HUB_TOKEN:-}" ] || printf 'authorization: Bearer %s\n' "$FAMILY_HUB_TOKEN"
}

# problems: prints each error of an answer on stdin as its code and the server's own sentence.
problems() {
  jq -r '.errors[] | "\(.extensions.code): \(.message)"' 2>/dev/null
}

# ask QUERY [VARIABLES]: prints the data of the answer. Fails with the errors on stderr.
ask() {
  local answer
  answer=$(jq -n --arg query "$1" --argjson variables "${2:-null}" '{$query, $variables}' |
    curl -sS "$FAMILY_HUB_URL/graphql" -H 'content-type: application/json' -H 'accept: application/json' -d @- \
      -H @<(token)) || return 1
  jq -e 'if .errors then error else .data end' <<<"$answer" 2>/dev/null && return 0
  problems <<<"$answer" >&2 || echo "Not GraphQL: $answer" >&2
  return 1
}

# refused RESULT: prints a mutation's expected error on stderr and succeeds; fails when there is none.
refused() {
  jq -er 'select(.code) | "\(.code): \(.message)"' <<<"$1" >&2
}
