# One address of a host's own, of those in QG_ADDRESS_ARGUMENT. One that floats between hosts, as keepalived and kube-vip keep it, is /32, and none
# while there is another. Of several that which the host had when there was one: a host with data never waits for a choice.
hint=
chosen=/var/lib/quorumgate/address

addresses() {
  all=$(listed 2>/dev/null | awk '{ print $4 }')
  own=$(printf '%s\n' "$all" | grep -v '/32$') || own=$all
  own=$(printf '%s\n' "$own" | sed 's,/.*,,' | sort -u)
  if [ "$(printf '%s\n' "$own" | wc -l)" = 1 ]; then
    # A container keeps nothing, and has one.
    [ -z "$own" ] || [ ! -d ${chosen%/*} ] || printf '%s\n' "$own" >$chosen
  elif [ -s $chosen ] && printf '%s\n' "$own" | grep -xF -f $chosen; then
    return
  fi
  printf '%s\n' "$own"
}
