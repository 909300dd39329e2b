# docs.hetzner.cloud, "Server metadata". Private networks are a YAML list, a network an item: its first key is the address.
metadata() { # PATH
  ask "http://169.254.169.254/hetzner/v1/metadata/$1"
}

addresses() { metadata private-networks | sed -n 's/^- ip: //p'; }
