#!/bin/sh
# An agent tries to join the others until one has answered, which may be itself, and then never again (Consul 1.8.7, 1.14.11):
# whoever was out of reach at that moment stays so. Without a leader, and with agents in reach that are not among those it knows,
# it is ended; systemd, or the kubelet, starts it again. Called each half minute; what it sees once may be an election.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
seen=/run/consul-rejoin/leaderless
conf=/etc/quorumgate/consul.d/agent.json
snapshot=/var/lib/consul/serf/local.snapshot

say() { # one line of visible characters, whatever it is given: it may come from the network
  line=$(printf %.900s "$1" | tr '\n' '|' | tr -c ' -~' '?')
  printf '%s\n' "$line"
  systemd-notify --status="$line" || :
}

api=TCP4:127.0.0.1:8500
[ ! -S /run/consul/http.sock ] || api=UNIX-CONNECT:/run/consul/http.sock
answer=$(printf 'GET /v1/status/leader HTTP/1.0\r\n\r\n' | socat -t10 -T10 - "$api" 2>/dev/null | head -c 9999 | tr -d '\0\r' | tail -n 1) || :
if [ "$answer" != '""' ]; then
  rm -f $seen
  exit 0
fi
if [ ! -e $seen ]; then
  : >$seen
  exit 0
fi

# Those that it knows to be there: the last that it wrote of each.
known=
[ ! -f $snapshot ] || known=$(awk '/^alive: / { at[$2] = $3 } /^not-alive: / { delete at[$2] } END { for (name in at) print at[name] }' $snapshot)
is_known() {
  printf '%s\n' "$known" | grep -qxF "$1"
}

apart=
cloud=
sed -n '/"retry_join"/,/]/s/^ *"\([^"]*\)",*$/\1/p' $conf >/run/consul-rejoin/join
while read -r one; do
  case $one in
    *=*)
      cloud=$one
      continue
      ;;
  esac
  host=${one%:*}
  port=8301
  [ "$host" = "$one" ] || port=${one##*:}
  address=$(getent ahostsv4 "$host" | awk '{ print $1; exit }') || :
  if [ -z "$address" ] || [ "$address" = "$QG_ADDRESS" ] || is_known "$address:$port"; then continue; fi
  if socat -u OPEN:/dev/null "TCP4:$address:$port,connect-timeout=3" 2>/dev/null; then apart="$apart $one"; fi
done </run/consul-rejoin/join

# Whom the cloud would name is not known here. An agent that knows nobody has nothing to lose but what hangs on a cluster that is up.
others=$(printf '%s\n' "$known" | grep -vF "$QG_ADDRESS:" | grep -c . || :)
if [ -z "$apart" ] && [ -n "$cloud" ] && [ "$others" = 0 ] && ! systemctl is-active -q etcd-cluster.target; then
  apart=" $cloud"
fi
[ -n "$apart" ] || exit 0
rm -f $seen
say "no leader, and agents in reach that this one has not joined:$apart: starting it again"
for comm in /proc/[0-9]*/comm; do
  pid=${comm#/proc/}
  # Of all users' processes only its own are seen, or can be ended.
  if [ "$(cat "$comm" 2>/dev/null)" = consul ]; then kill "${pid%/comm}" 2>/dev/null || :; fi
done
