called() { uname -n | sed 's/[.].*//'; }
