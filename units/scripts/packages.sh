#!/bin/sh
# Installs what /etc/quorumgate/programs wants from the distribution's packages and this host does not have yet.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive

wanted=
while read -r name from rest; do
  [ "$from" = package ] || continue
  command -v "$name" >/dev/null || wanted="$wanted $name"
done </etc/quorumgate/programs
[ -n "$wanted" ] || exit 0

names() { # the packages of each program, by the package manager $1
  for program in $wanted; do
    case $1:$program in
      apt:etcd) if apt-cache show etcd-server >/dev/null 2>&1; then echo etcd-server etcd-client; else echo etcd; fi ;;
      *:node) echo nodejs ;;
      *) echo "$program" ;;
    esac
  done
}

systemd-notify --status="installing packages for:$wanted" || :
echo "installing packages for:$wanted"
if command -v apt-get >/dev/null; then
  # Debian starts services when it installs them; ours start in their own order.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ] || grep -q quorumgate $policy; then
    trap 'rm -f $policy' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\n# quorumgate\nexit 101\n' >$policy
    chmod 0755 $policy
  fi
  apt-get -q -o DPkg::Lock::Timeout=600 update
  # shellcheck disable=SC2046 # one word a package
  apt-get -q -y -o DPkg::Lock::Timeout=600 install --no-install-recommends $(names apt)
elif command -v dnf >/dev/null; then
  # shellcheck disable=SC2046
  dnf -q -y install $(names dnf)
else
  systemd-notify --status="waiting: no package manager here; give url and sha256 for:$wanted" || :
  echo "no package manager here; give url and sha256 in the spec for:$wanted" >&2
  exit 1
fi
