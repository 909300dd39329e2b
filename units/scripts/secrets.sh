#!/bin/sh
# Hands each secret of /etc/quorumgate/secrets to the one program that needs it: to Consul as a file of its configuration, to the
# sidekicks as a file of their token, a key or a certificate as it is. Waits, saying so, until each is there.
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

pem() { # value: what is in file $1, a key or certificates; else why
  why="$1 is not there"
  [ -f "$1" ] || return 1
  why="what is in $1 is no PEM"
  value=$(head -c 65537 "$1" | tr '\0' '?')
  case $value in *'-----BEGIN '*'-----END '*) [ ${#value} -le 65536 ] ;; *) return 1 ;; esac
}

hand() { # hand FILE USER FORMAT: under its name once it is whole, and its reader's
  new=/run/quorumgate/$1.new
  # One that was left behind is another user's already.
  rm -f "$new" && printf "$3" "$value" >"$new" && chmod 400 "$new" && chown "$2" "$new" && mv "$new" "/run/quorumgate/$1" && return
  why="cannot write /run/quorumgate/$1"
  return 1
}

give() {
  case $what in
    */*)
      pem "$path" && mkdir -pm 755 "/run/quorumgate/${what%/*}" && hand "$what" "${what%/*}" '%s\n'
      return
      ;;
  esac
  learn "$path" || return 1
  case $what in
    gossip) hand consul.d/gossip.json consul '{"encrypt":"%s"}' ;;
    agent) hand consul.d/token-agent.json consul '{"acl":{"tokens":{"agent":"%s"}}}' ;;
    dns) hand consul.d/token-dns.json consul '{"acl":{"tokens":{"default":"%s"}}}' ;;
    sidekick) hand token etcd '%s' ;;
  esac
}

while read -r what path; do
  said=
  # Here and not by a start of its own: Consul starts when this ends, however it does.
  until give; do
    [ "$why" = "$said" ] || say "waiting: $why ($what)"
    said=$why
    sleep 1
    # systemd looks for a credential when it starts this.
    case $path in /run/credentials/*) exit 1 ;; esac
  done
done </etc/quorumgate/secrets
: >/run/quorumgate/secrets
say "secrets are where they are needed"
