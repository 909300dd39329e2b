#!/bin/sh
# Hands each secret of /etc/quorumgate/secrets to the one program that needs it: to Consul as a file of its configuration, to the
# sidekicks as a file of their token. Waits, saying so, until each is there.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
umask 077

say() { # one line of visible characters
  line=$(printf %.900s "$1" | tr '\n' '|' | tr -c ' -~' '?')
  printf '%s\n' "$line"
  systemd-notify --status="$line" || :
}

cr=$(printf '\r')
learn() { # value: the one word of file $1; else why
  why="$1 is not there"
  [ -f "$1" ] || return 1
  # Nothing of it is ever said.
  why="what is in $1 is no key and no token"
  value=$(head -c 200 "$1" | tr '\0' '?')
  value=${value%"$cr"}
  case $value in *[!A-Za-z0-9+/=_-]*) return 1 ;; esac
  [ ${#value} -ge 16 ] && [ ${#value} -le 100 ]
}

hand() { # hand FILE USER FORMAT
  printf "$3" "$value" >"/run/quorumgate/$1.new"
  chmod 400 "/run/quorumgate/$1.new"
  chown "$2" "/run/quorumgate/$1.new"
  mv "/run/quorumgate/$1.new" "/run/quorumgate/$1"
}

while read -r what path; do
  said=
  until learn "$path"; do
    [ "$why" = "$said" ] || say "waiting: $why ($what)"
    said=$why
    sleep 1
  done
  case $what in
    gossip) hand consul.d/gossip.json consul '{"encrypt":"%s"}' ;;
    agent) hand consul.d/token-agent.json consul '{"acl":{"tokens":{"agent":"%s"}}}' ;;
    dns) hand consul.d/token-dns.json consul '{"acl":{"tokens":{"default":"%s"}}}' ;;
    sidekick) hand token etcd '%s' ;;
  esac
done </etc/quorumgate/secrets
say "secrets are where they are needed"
