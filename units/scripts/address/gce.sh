# cloud.google.com, "View and query VM metadata": refused without the header.
metadata() { # PATH
  ask -H 'Metadata-Flavor: Google' "http://169.254.169.254/computeMetadata/v1/instance/$1"
}

addresses() { metadata network-interfaces/0/ip; }
