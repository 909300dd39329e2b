listed() { ip -4 -o addr show primary scope global to "$QG_ADDRESS_ARGUMENT"; }
