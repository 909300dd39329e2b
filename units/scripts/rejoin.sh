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

namesakes() { # who has a name that another has too, by the log of the agent that runs; the agents themselves go on
  run=$(systemctl show -p InvocationID --value consul)
  journalctl -q -o cat "_SYSTEMD_INVOCATION_ID=$run" 2>/dev/null |
    sed -n 's/.*Conflicting address for \([^ ]*\)[.] Mine: \([^ ]*\):[0-9]* Theirs: \([^ ]*\):[0-9]*.*/two hosts are called \1, \2 and \3: see name in the spec/p' |
    sort -u
}

looks=0
enough=12
# How many looks names are looked at though there is a leader: of servers that exist.
young=60
said=
pause=5
while sleep $pause; do
  pause=5
  case $(leader) in
    '""') looks=$((looks + 1)) young=60 ;;
    '"'*) looks=0 enough=12 young=$((young - 1)) ;;
    *) looks=0 ;;
  esac
  if [ $young -lt 0 ] || systemctl is-active -q etcd-cluster.target; then
    pause=30
    continue
  fi
  found=$(namesakes)
  [ "$found" = "$said" ] || say "${found:-the agent has begun anew}"
  said=$found
  [ $looks -ge $enough ] || continue
  say "no leader for $((looks * 5)) s: starting the agent again, which then looks for the others"
  looks=0 said=
  enough=$((enough < 180 ? enough * 2 : 180))
  # Of other users' processes none is seen.
  kill $(pidof consul) || :
done
