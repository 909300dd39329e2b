called() { id; }
