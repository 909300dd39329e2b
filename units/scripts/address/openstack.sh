# docs.openstack.org, Nova, "Metadata": that in EC2's form, which knows no tokens.
metadata() { # PATH
  ask "http://169.254.169.254/latest/meta-data/$1"
}

addresses() { metadata local-ipv4; }
