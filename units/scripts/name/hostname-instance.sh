called() { echo "$(uname -n | sed 's/[.].*//')-$(id)"; }
