# None: then it is that of its address.
called() { :; }
