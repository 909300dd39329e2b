instance() { metadata compute/vmId; }
