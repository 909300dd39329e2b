unpack() { # FILE URL DIRECTORY
  case ${2%%[?#]*} in
    *.tar.gz | *.tgz) tar --no-same-permissions -xzof "$1" -C "$3" ;;
    *.tar.xz) tar --no-same-permissions -xJof "$1" -C "$3" ;;
    # Fedora CoreOS has bsdtar alone of the three, Flatcar unzip.
    *.zip) unzip -q "$1" -d "$3" || bsdtar -xf "$1" -C "$3" || python3 -m zipfile -e "$1" "$3" ;;
    *) mv "$1" "$3/$name" ;;
  esac
}
