# Waits: a host has no other name because the service is late.
id() {
  until id=$(instance) && [ -n "$id" ]; do
    say "waiting: no instance ID from $QG_ADDRESS_FROM $QG_ADDRESS_ARGUMENT yet" >&2
    sleep 5
  done
  printf '%s\n' "$id"
}
