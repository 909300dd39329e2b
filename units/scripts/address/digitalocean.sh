# docs.digitalocean.com, "Droplet metadata".
metadata() { # PATH
  ask "http://169.254.169.254/metadata/v1/$1"
}

addresses() { metadata interfaces/private/0/ipv4/address; }
