#!/bin/sh
# Installs what /etc/quorumgate/programs wants from the distribution's packages and this host does not have yet.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive

say() { # one line of visible characters, whatever it is given: it may come from the network
  line=$(printf %.900s "$1" | tr '\n' '|' | tr -c ' -~' '?')
  printf '%s\n' "$line"
  systemd-notify --status="$line" || :
}

names() { # PROGRAM MANAGER: its packages
  case $2:$1 in
    apt:etcd) if apt-cache show etcd-server >/dev/null 2>&1; then echo etcd-server etcd-client; else echo etcd; fi ;;
    *:node) echo nodejs ;;
    *) echo "$1" ;;
  esac
}

# Left by a run that was cut off: services would never start again, and programs may be there of packages that are not.
policy=/usr/sbin/policy-rc.d cut=
! grep -qs quorumgate $policy || { rm $policy; cut=$(command -v apt-get || :); }

wanted=
command -v curl >/dev/null || wanted=curl
while read -r name from rest; do
  [ "$from" = package ] || continue
  command -v "$name" >/dev/null || wanted="$wanted $name"
done </etc/quorumgate/programs
[ -n "$wanted$cut" ] || exit 0

# This may run before cloud-init's stage that says where packages come from.
while systemctl list-jobs 2>/dev/null | grep -q ' cloud-config\.service '; do
  say 'waiting: cloud-init has yet to say where packages come from'
  sleep 2
done

if command -v apt-get >/dev/null; then
  manager=apt
  # Debian starts services when it installs them; ours start in their own order.
  if [ ! -e $policy ]; then
    trap 'rm $policy' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\n# quorumgate\nexit 101\n' >$policy
    chmod 0755 $policy
  fi
  # A run that was cut off: apt refuses everything until this is done.
  dpkg --configure -a || :
  apt-get -q -o DPkg::Lock::Timeout=600 update
  install='apt-get -q -y -o DPkg::Lock::Timeout=600 install --no-install-recommends'
  # What was just being unpacked then has to be installed anew, or what it needs is missing.
  $install -f || :
elif command -v dnf >/dev/null; then
  manager=dnf
  install='dnf -q -y install'
else
  say "waiting: no package manager here: the spec has to give url and sha256 for:$wanted"
  exit 1
fi

# One by one: a package that is not to be had keeps no other away.
missing=
for name in $wanted; do
  say "installing $name"
  # shellcheck disable=SC2046,SC2086 # one word a package, one word an option
  $install $(names "$name" $manager) || missing="$missing $name"
done
if [ -n "$missing" ]; then
  say "waiting: $manager has no package or cannot install it:$missing; see the journal"
  exit 1
fi
