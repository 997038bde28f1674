#!/bin/sh
# Asks three questions of the bundled sample: one of design, one of troubleshooting, one of security.
# Exit code 1 of netassist means that the answer is "no", which is an answer.
set -u
netassist=$1

ask() {
    printf '\n\033[1m$ netassist ask --model rules "%s"\033[0m\n' "$1"
    "$netassist" ask --model rules "$1"
    status=$?
    [ "$status" -le 1 ] || exit "$status"
}

ask "Which subnet do I need for 50 nodes with Azure CNI Overlay and with the legacy node subnet?"
ask "Why can't checkout reach payments in shop?"
ask "Who can reach the database on port 5432?"
