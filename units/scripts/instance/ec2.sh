instance() { metadata instance-id; }
