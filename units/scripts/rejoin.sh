#!/bin/sh
# An agent tries to join the others until one has answered, which may be itself, and then never again (Consul 1.8.7, 1.14.11): whoever was
# out of reach at that moment stays so. Without a leader for a minute it is ended where no cluster is up that hangs on it; systemd, or the
# kubelet, starts it again, and it looks for them anew. Each time it gets twice as long, up to a quarter of an hour: they may be gone.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C

say() { # one line of visible characters, whatever it is given: it may come from the network
  line=$(printf %.900s "$1" | tr '\n' '|' | tr -c ' -~' '?')
  printf '%s\n' "$line"
  systemd-notify --status="$line" || :
}

leader() { # in quotes, by the agent's own word; nothing where it does not answer
  api=TCP4:127.0.0.1:8500
  [ ! -S /run/consul/http.sock ] || api=UNIX-CONNECT:/run/consul/http.sock
  printf 'GET /v1/status/leader HTTP/1.0\r\n\r\n' | socat -t10 -T10 - "$api" 2>/dev/null | head -c 9999 | tr -d '\0\r' | tail -n 1
}

looks=0
enough=12
said=
pause=5
while sleep $pause; do
  pause=5
  case $(leader) in
    '""') looks=$((looks + 1)) ;;
    '"'*) looks=0 enough=12 pause=30 ;;
    *) looks=0 ;;
  esac
  if [ $looks = 0 ] || systemctl is-active -q etcd-cluster.target; then continue; fi
  # Agents of one name do not find each other, and say so in their log alone.
  found=$(journalctl -qS -20min -o cat -u consul | grep -o 'Conflicting address for .* Theirs: [^ ]*' | sort -u || :)
  [ -z "$found" ] || [ "$found" = "$said" ] || say "two hosts are called alike, see name in the spec: $found"
  said=$found
  [ $looks -ge $enough ] || continue
  say "no leader for $((looks * 5)) s: starting the agent again"
  looks=0 said=
  enough=$((enough < 180 ? enough * 2 : 180))
  # Of other users' processes none is seen.
  kill $(pidof consul) || :
done
