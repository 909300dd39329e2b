#!/bin/sh
# What systemd does with one unit on a host, in a container: $1 is the unit, as /opt/quorumgate/container/$1 has it.
# The containers of a host share its network and /run/quorumgate, where each leaves a mark when it starts. One that
# sees a unit that it is PartOf= start anew ends, and Docker starts it again: into the new network, if that was it.
set -u
unit=$1 run=/run/quorumgate
marks=$run/started host=quorumgate-host
export PATH=/opt/quorumgate/container/bin:/opt/quorumgate/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
. "/opt/quorumgate/container/$unit"

file() { # an EnvironmentFile=: variables, and no command
  while IFS= read -r line; do
    case ${line%%=*} in '' | *[!A-Z_]*) ;; *) export "$line" ;; esac
  done <"$1"
}

look() { # the marks of what this unit is part of, and of the host: it owns the network
  # shellcheck disable=SC2154 # by the unit
  for one in $host $part_of; do
    text=
    [ ! -f "$marks/$one" ] || read -r text <"$marks/$one"
    echo "$one $text"
  done
}

if [ "$unit" = $host ]; then
  # Containers have no machine ID, or all have the same: a host's own is in its volume, where /etc/machine-id leads.
  id=/var/lib/quorumgate/machine-id
  if [ ! -s $id ]; then
    tr -d - </proc/sys/kernel/random/uuid >$id.new
    mv $id.new $id
  fi
  install -d -m 1777 $marks $run/done $run/stop
fi
rm -f "$run/done/$unit" "$run/stop/$unit"
[ "$unit" = $host ] || until [ -e $run/done/$host ]; do sleep 0.2; done
# From here on: never through what another of this host's users has put there, for some of these are root's.
set -C
rm -f "$marks/$unit"
cat /proc/sys/kernel/random/uuid >"$marks/$unit"
seen=$(look)

# shellcheck disable=SC2154 # by the unit
job() {
  if [ -n "$runtime" ]; then
    export RUNTIME_DIRECTORY="/run/$runtime"
    rm -rf "/run/$runtime"/*
  fi
  cd "$directory" || exit
  environment
  before || exit
  environment
  [ -n "$remain" ] || main exec
  while main || exit; do
    rm -f "$run/done/$unit"
    : >"$run/done/$unit"
    sleep "$again"
  done
}

watch() {
  while sleep 1; do
    if [ "$(look)" = "$seen" ] && [ ! -e "$run/stop/$unit" ]; then continue; fi
    rm -f "$run/stop/$unit"
    kill -TERM "$child"
    sleep 5
    kill -KILL "$child"
  done
}

job &
child=$!
stopped=
trap 'stopped=1; kill -TERM $child 2>/dev/null' INT TERM
watch 2>/dev/null &
while :; do
  wait $child
  code=$?
  kill -0 $child 2>/dev/null || break
done
# Docker lets a container into the network of one that runs, and does not try twice.
while [ -z "$stopped" ] && [ "$(look)" = "$seen" ] && [ -z "$(ip -4 -o addr show scope global)" ]; do sleep 0.2; done
exit "$code"
