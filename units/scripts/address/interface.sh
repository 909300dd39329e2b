listed() { ip -4 -o addr show primary scope global dev "$QG_ADDRESS_ARGUMENT"; }
