# learn.microsoft.com, "Azure Instance Metadata Service": refused without the header.
metadata() { # PATH
  ask -H 'Metadata: true' "http://169.254.169.254/metadata/instance/$1?api-version=2021-02-01&format=text"
}

addresses() { metadata network/interface/0/ipv4/ipAddress/0/privateIpAddress; }
