instance() { metadata id; }
