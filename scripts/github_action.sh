#!/usr/bin/env bash
# What the GitHub Action runs: annotations in the pull request, SARIF, and the summary of the step.
set -uo pipefail

# Line by line, and not by mapfile, which the bash of macOS does not have.
words=()
while IFS= read -r path; do
  if [ -n "$path" ]; then words+=("$path"); fi
done <<< "$DATASET"
# Options come as one text; xargs splits it as a shell would, and runs nothing in it.
options=()
while IFS= read -r option; do
  if [ -n "$option" ]; then options+=("$option"); fi
done < <(printf '%s' "$ARGS" | xargs -n 1 printf '%s\n')
if [ "$FAIL_ON" = never ]; then
  options+=(--exit-zero)
else
  options+=(--fail-on "$FAIL_ON")
fi
if [ -n "$SARIF" ]; then
  options+=(--output "sarif=$SARIF")
fi
if [ "$SUMMARY" = true ]; then
  summary=$(mktemp)
  options+=(--output "markdown=$summary")
fi

labelaudit scan "${words[@]}" "${options[@]}" --output-format github --quiet
code=$?
echo "exit-code=$code" >> "$GITHUB_OUTPUT"
if [ "$SUMMARY" = true ]; then
  cat "$summary" >> "$GITHUB_STEP_SUMMARY"
fi
exit "$code"
