called() { echo "$(uname -n | sed 's/[.].*//')-$found" | tr . -; }
