#!/bin/sh
# Makes the namespace and registers the search attributes of a booking's workflow. Safe to run again.
# Reads TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and RETENTION (how long closed workflows are kept).
set -eu

until_it_works() { # what it is for, command...
  what=$1
  shift
  tries=0
  until "$@" >/tmp/answer 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -ge 60 ]; then
      cat /tmp/answer >&2
      echo "$what: does not work within a minute." >&2
      exit 1
    fi
    sleep 1
  done
}

until_it_works "Temporal at $TEMPORAL_ADDRESS" temporal operator cluster health

if ! temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
fi

# Every part of the server knows a new namespace, and then its attributes, only after some seconds.
for attribute in AssignmentStatus BookingNumber VehicleType PilotId; do
  until_it_works "search attribute $attribute" \
    temporal operator search-attribute create --name "$attribute" --type Keyword
done
until_it_works 'search attribute TriedPilots' \
  temporal operator search-attribute create --name TriedPilots --type Int

until_it_works 'a search by our attributes' temporal workflow count \
  --query 'AssignmentStatus = "-" AND BookingNumber = "-" AND VehicleType = "-" AND PilotId = "-" AND TriedPilots < 0'
echo "Namespace $TEMPORAL_NAMESPACE and its search attributes are ready."
