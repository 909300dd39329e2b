#!/bin/sh
# `static-pod clear|place|watch|reload etcd|consul`: the program $2 as a static pod of the kubelet, which lives as long as
# the unit of that name. What may run is decided here and by the gate: the pod mounts a folder that is made for one
# start of the unit, so the kubelet runs nothing from a manifest of another start, or a copy of one.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
home=/etc/kubernetes/manifests
manifest=$home/quorumgate-$2.json
draft=$home/.quorumgate-$2.new # the kubelet reads every file but those with a dot
folder=/run/quorumgate/pods/$2
id=$INVOCATION_ID

say() { # one line of visible characters, whatever it is given: it may come from the network
  line=$(printf %.900s "$1" | tr '\n' '|' | tr -c ' -~' '?')
  printf '%s\n' "$line"
  systemd-notify --status="$line" || :
}

case $2 in
  etcd) name=--name=$QG_NAME data=--data-dir=$QG_DATA_DIR ;;
  consul) name=-node=$QG_NAME data=-data-dir=/var/lib/consul ;;
esac

running() { # the processes of the program on this host's data, in whatever pod or unit
  user=$(id -u "$1")
  grep -lxs "$1" /proc/[0-9]*/comm | while read -r file; do
    file=${file%/comm}
    # Another's may be called so too: he would decide what is waited for, and what is ended.
    grep -qs "^Uid:[[:blank:]]*$user[[:blank:]]" "$file/status" || continue
    line=$(tr '\0' '\n' <"$file/cmdline" 2>/dev/null) || continue
    for word in "$name" "$data"; do
      printf '%s\n' "$line" | grep -qxFe "$word" || continue 2
    done
    echo "${file##*/}"
  done
}

clear() {
  # The last words of one that ended by itself; the kubelet deletes them with the pod.
  tail -qn 5 /var/log/pods/*_"$id"/"$1"/*.log 2>/dev/null || :
  rm -f "$draft" "$manifest"
  rm -rf "$folder"
  # Not left to the kubelet, which may be away.
  signal=TERM left=300
  while pids=$(running "$1") && [ -n "$pids" ]; do
    if [ -n "$signal" ]; then
      say "stopping $1 ($(echo $pids))"
      # shellcheck disable=SC2086 # one word a process
      kill -s $signal $pids 2>/dev/null || :
      signal=
    fi
    sleep 0.1
    left=$((left - 1))
    [ $left -gt 0 ] || signal=KILL left=50
  done
}

# The text that the gate has written, and with it whoever is user etcd: data to root, of which only lines in the form of a decision
# count. No link is followed, nothing waited for, no more read than any list is long.
decided() { # VARIABLE: its value
  dd if=/run/etcd/decision.env iflag=nofollow,nonblock bs=65536 count=1 2>/dev/null |
    sed -n "s|^$1=\([A-Za-z0-9=:/.,_-]*\)\$|\1|p" | head -n 1
}

place() {
  for value in "$QG_NAME" "$QG_ADDRESS"; do
    case $value in
      '' | *[!A-Za-z0-9.-]*)
        say "refusing: no name or address is like this: $value"
        exit 1
        ;;
    esac
  done
  state='' list='' token=''
  if [ "$1" = etcd ]; then
    state=$(decided ETCD_INITIAL_CLUSTER_STATE)
    list=$(decided ETCD_INITIAL_CLUSTER)
    token=$(decided ETCD_INITIAL_CLUSTER_TOKEN)
    # Without one, etcd would make a cluster of its own.
    if [ "$state" != existing ] && { [ "$state" != new ] || [ -z "$list" ] || [ -z "$token" ]; }; then
      say 'refusing: the gate has left no decision in /run/etcd/decision.env'
      exit 1
    fi
  fi
  umask 022
  mkdir -p "$folder/$id"
  sed -e "s|@{id}|$id|g" -e "s|\"@{uid}\"|$(id -u "$1")|g" -e "s|\"@{gid}\"|$(id -g "$1")|g" \
    -e "s|@{name}|$QG_NAME|g" -e "s|@{address}|$QG_ADDRESS|g" \
    -e "s|@{ETCD_INITIAL_CLUSTER_STATE}|$state|g" \
    -e "s|@{ETCD_INITIAL_CLUSTER}|$list|g" \
    -e "s|@{ETCD_INITIAL_CLUSTER_TOKEN}|$token|g" "/etc/quorumgate/pods/$1.json" >"$draft"
  mv -f "$draft" "$manifest"
}

serves() { # as etcd itself says READY: once it is a member that can read and write
  printf 'GET /health HTTP/1.0\r\n\r\n' | /opt/quorumgate/bin/socat -t 3 - 'UNIX-CONNECT:/run/etcd/client\:0,shut-none' 2>/dev/null |
    grep -q '"health":"true"'
}

watch() {
  say "waiting for the kubelet to start the pod of $1 (systemctl status kubelet)"
  left=10
  until pid=$(running "$1" | head -n 1) && [ -n "$pid" ]; do
    # Its log is there and it is not: it has ended as soon as it began.
    for log in /var/log/pods/*_"$id"/"$1"/*.log; do [ ! -e "$log" ] || left=$((left - 1)); done
    if [ $left -le 0 ]; then
      say "$1 ended at once; its log is in the journal"
      exit 1
    fi
    sleep 0.5
  done
  say "$1 runs in its pod (process $pid)"
  if [ "$1" = etcd ]; then
    until serves; do
      [ -e "/proc/$pid" ] || exit 1
      sleep 0.5
    done
    systemd-notify --ready --status="etcd serves, in its pod (process $pid)"
  fi
  exec tail --pid="$pid" -f /dev/null
}

case $1 in
  reload) kill -s HUP "$(running "$2")" ;;
  *) "$1" "$2" ;;
esac
