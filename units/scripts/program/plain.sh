unpack() { # FILE URL DIRECTORY
  mv "$1" "$3/$name"
}
