called() { uname -n | tr . -; }
