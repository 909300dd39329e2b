# More than 63 characters are no label of DNS.
called() { uname -n | sed 's/^localhost[.]localdomain$//' | tr . - | grep -xE '.{1,63}' || :; }
